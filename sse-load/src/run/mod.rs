//! Runs a load test: the builder, the checked plan, the threads and the users on them.

mod alarm;
mod artifacts;
mod capacity;
mod class;
mod crowd;
pub mod env;
mod error;
mod exclusive;
mod execute;
mod fixture;
mod interrupt;
mod lane;
mod level_tests;
mod life;
mod listener;
mod load_test;
mod open_files;
mod panics;
mod plan;
mod pool;
mod progress;
mod recruiter;
mod refusals;
mod sources;
mod start;
mod step;
mod sweep;
mod tenure;
mod thread;
mod wait;

pub use capacity::CapacitySearch;
pub use env::env_or;
pub use error::{FixtureError, PlanError, RunError};
pub use listener::Listener;
pub use load_test::{LoadTest, LoadTestExt};
pub use sweep::Sweep;
