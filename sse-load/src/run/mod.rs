//! Runs a load test: the builder, the checked plan, the threads and the users on them.

mod alarm;
mod artifacts;
mod audience;
mod capacity;
mod class;
mod crowd;
#[cfg(feature = "dashboard")]
mod dashboard;
#[cfg(not(feature = "dashboard"))]
#[path = "no_dashboard.rs"]
mod dashboard;
mod decisions;
pub mod env;
mod error;
mod exclusive;
mod execute;
mod expectations;
mod fixture;
mod health;
mod host_comparison;
mod interrupt;
mod lane;
mod level_tests;
mod life;
mod listener;
mod load_test;
mod log_writer;
mod machine;
mod open_files;
mod otlp;
mod panics;
mod plan;
mod planned_load;
mod pool;
mod presence;
mod progress;
mod recruiter;
mod refusals;
mod request_log;
mod scraping;
mod sources;
mod start;
mod step;
mod sweep;
mod tenure;
mod terminal;
mod thread;
mod wait;
mod watch;

pub use capacity::CapacitySearch;
pub use env::env_or;
pub use error::{FixtureError, PlanError, RunError};
pub use host_comparison::HostComparison;
pub use listener::Listener;
pub use load_test::{LoadTest, LoadTestExt};
pub use request_log::RequestLog;
pub use sweep::Sweep;
