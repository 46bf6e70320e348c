//! Load tests of streaming endpoints, written and run as Rust tests.

pub mod client;
pub mod clock;
pub mod load;
pub mod protocol;
pub mod record;
pub mod render;
pub mod report;
pub mod sample;
pub mod slo;
pub mod sse;
pub mod stats;
pub mod tokenize;
pub mod transport;
pub mod user;

pub use client::Context;
pub use user::{TaskError, TaskResult, User};
