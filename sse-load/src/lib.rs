//! Load tests of streaming endpoints, written and run as Rust tests.

pub mod clock;
pub mod protocol;
pub mod sse;
pub mod stats;
pub mod tokenize;

