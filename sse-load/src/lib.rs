//! Load tests of streaming endpoints, written and run as Rust tests.
//!
//! An `impl` block of async functions under [`#[sse_user]`](macro@sse_user) is a user, each function under
//! [`#[task]`](macro@task) is one of its tasks, and a [`LoadTest`] runs many such users and gives a [`Report`](report::Report).
//!
//! ```
//! use sse_load::mock::MockServer;
//! use sse_load::prelude::*;
//!
//! #[sse_user(wait_time = ms(10))]
//! impl ChatUser {
//!     #[task]
//!     async fn joke(ctx: &mut Context) -> TaskResult {
//!         ctx.sse_request("/v1/chat/completions").body("{}").name("chat").send().await?;
//!         Ok(())
//!     }
//! }
//!
//! let server = MockServer::builder().ttft(ms(5)).tokens(3).start();
//! let report = ChatUser::load_test("chat").host(server.url()).users(2).run_time(ms(100)).run();
//! report.assert([ttft("chat").max().at_most(secs(5)), error_rate().at_most(0.0)]);
//! ```
//!
//! # Where to look
//! - [`prelude`]: everything that a load test names.
//! - [`LoadTest`]: users, rates, times. [`Context`] and [`SseRequest`](client::SseRequest): what a task sends and gets.
//! - [`Report`](report::Report), [`RequestReport`](report::RequestReport), [`Distribution`](report::Distribution): the figures;
//!   [`Metric`](sample::Metric) defines them.
//! - [`CapacitySearch`](run::CapacitySearch), [`Sweep`](run::Sweep): the highest load that keeps the objectives, and the figures
//!   at several levels; [`Capacity`](capacity::Capacity) and [`Curve`](capacity::Curve) are what they find.
//! - [`LoadTest::compare_hosts`]: the same load test against two hosts in turn; [`ComparedHosts`](comparison::ComparedHosts) has what they differ by.
//! - [`data`]: prompts of an exact length, and feeders of your own data.
//! - [`baseline`]: `report.compare("main")`, a run beside an earlier one.
//! - [`slo`]: objectives for `report.assert([..])` and `report.check([..])`.
//! - [`LoadTest::request_log`]: a file with a row for every request; [`RequestLog`](run::RequestLog) has its columns.
//! - [`progress`]: what is shown while a test runs.
//! - `mock`: the embedded server (feature `mock`). [`run::env`]: the `SSE_LOAD_` variables.
//! - The other modules are the layers underneath, for those who extend or embed the harness.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod baseline;
pub mod capacity;
pub mod client;
pub mod clock;
pub mod comparison;
pub mod data;
pub mod load;
#[cfg(feature = "mock")]
pub mod mock;
mod objective;
pub mod prelude;
pub mod progress;
pub mod protocol;
pub mod record;
pub mod render;
pub mod report;
pub mod run;
pub mod sample;
pub mod scrape;
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
