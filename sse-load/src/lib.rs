//! Load tests of streaming endpoints, written and run as Rust tests.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod client;
pub mod clock;
pub mod load;
#[cfg(feature = "mock")]
pub mod mock;
pub mod prelude;
pub mod protocol;
pub mod record;
pub mod render;
pub mod report;
pub mod run;
pub mod sample;
pub mod slo;
pub mod sse;
pub mod stats;
pub mod tokenize;
pub mod transport;
pub mod user;

pub use client::Context;
pub use run::LoadTest;
#[doc = include_str!("../docs/on_start.md")]
pub use sse_load_macros::on_start;
#[doc = include_str!("../docs/on_stop.md")]
pub use sse_load_macros::on_stop;
#[doc = include_str!("../docs/sse_user.md")]
pub use sse_load_macros::sse_user;
#[doc = include_str!("../docs/task.md")]
pub use sse_load_macros::task;
pub use user::{TaskError, TaskResult, User};

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
