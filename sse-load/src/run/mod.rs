//! Runs a load test: the builder, the checked plan, the threads and the users on them.

mod artifacts;
mod class;
pub mod env;
mod error;
mod exclusive;
mod execute;
mod interrupt;
mod life;
mod load_test;
mod open_files;
mod panics;
mod plan;
mod progress;
mod thread;

pub use env::env_or;
pub use error::{PlanError, RunError};
pub use load_test::{LoadTest, LoadTestExt};
