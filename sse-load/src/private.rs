//! What generated code calls. No part of the public interface: it changes without notice.

use std::future::poll_fn;

pub use crate::load::{TaskOrder, WaitTime};
pub use crate::user::{BoxFuture, DefaultUser, Definition, Location, StartOutput, TaskDefinition, TaskOutput};
use crate::user::{TaskError, TaskResult};

/// Boxes the future of a task or of an `#[on_stop]`. It is boxed once more: an `async` block that awaits it would hold it twice.
pub fn task<'a, F>(future: F) -> BoxFuture<'a, TaskResult>
where
    F: Future + Send + 'a,
    F::Output: TaskOutput,
{
    let mut future = Box::pin(future);
    Box::pin(poll_fn(move |context| future.as_mut().poll(context).map(TaskOutput::into_result)))
}

/// Boxes the future of an `#[on_start]`.
pub fn start<'a, U, F>(future: F) -> BoxFuture<'a, Result<U, TaskError>>
where
    F: Future + Send + 'a,
    F::Output: StartOutput<U>,
{
    let mut future = Box::pin(future);
    Box::pin(poll_fn(move |context| future.as_mut().poll(context).map(StartOutput::into_user)))
}

/// The start of a user that has no `#[on_start]`.
#[must_use]
pub fn default_start<'a, U: DefaultUser>() -> BoxFuture<'a, Result<U, TaskError>> {
    Box::pin(async { Ok(U::default_user()) })
}

/// The value of `host = ..`.
pub fn host(host: impl Into<String>) -> String {
    host.into()
}

/// The value of `wait_time = ..`.
pub fn wait_time(wait: impl Into<WaitTime>) -> WaitTime {
    wait.into()
}

/// The value of `tasks = by_weight`.
#[must_use]
pub fn by_weight() -> TaskOrder {
    TaskOrder::ByWeight
}

/// The value of `tasks = in_order`.
#[must_use]
pub fn in_order() -> TaskOrder {
    TaskOrder::InOrder
}
