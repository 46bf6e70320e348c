//! Panics of tasks: caught, located, counted, and kept off the console.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::Pin;
use std::sync::Once;

thread_local! {
    static IN_TASK: Cell<bool> = const { Cell::new(false) };
    static LOCATION: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What a panic said, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Panicked {
    pub(super) message: String,
    /// `file:line`; empty where another hook took ours out.
    pub(super) location: String,
}

/// Installs the hook that notes where a task panics. Every other panic goes to the hook that was there before.
pub(super) fn install_hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| if IN_TASK.get() { note(info) } else { previous(info) }));
    });
}

/// Whether the code that calls runs within a task.
pub(super) fn in_task() -> bool {
    IN_TASK.get()
}

/// Runs a task's future; a panic is an error and not the end of the thread.
pub(super) async fn catch<F: Future + ?Sized>(mut future: Pin<Box<F>>) -> Result<F::Output, Panicked> {
    std::future::poll_fn(|context| match catch_call(|| future.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panicked) => std::task::Poll::Ready(Err(panicked)),
    })
    .await
}

/// Drops a user; a panic of its destructor is an error and not the end of the thread.
pub(super) fn catch_drop<T>(value: T) -> Result<(), Panicked> {
    catch_call(|| drop(value))
}

/// Calls a function of the user's; a panic is an error and not the end of the thread. It may be called while another panic
/// unwinds: a request in flight is recorded then, and a listener hears of it.
pub(super) fn catch_call<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    let _within = Within::enter();
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| panicked(payload.as_ref()))
}

fn note(info: &PanicHookInfo<'_>) {
    let location = info.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    LOCATION.set(location);
}

fn panicked(payload: &(dyn Any + Send)) -> Panicked {
    Panicked { message: message(payload), location: LOCATION.take() }
}

/// The message of a panic.
pub(super) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Marks this thread as within a task until dropped, and then restores what was before: one may begin within another.
struct Within {
    was_within: bool,
    location: String,
}

impl Within {
    fn enter() -> Self {
        Self { was_within: IN_TASK.replace(true), location: LOCATION.take() }
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        IN_TASK.set(self.was_within);
        LOCATION.set(std::mem::take(&mut self.location));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::BoxFuture;

    fn poll_once<T>(future: BoxFuture<'_, T>) -> Result<T, Panicked> {
        let mut caught = Box::pin(catch(future));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match caught.as_mut().poll(&mut context) {
            std::task::Poll::Ready(outcome) => outcome,
            std::task::Poll::Pending => panic!("the future of this test never waits"),
        }
    }

    const EXPLOSION: u32 = line!() + 2;
    fn explode(number: u32) {
        panic!("broken {number}");
    }

    #[test]
    fn a_panic_is_caught_with_its_message_and_line() {
        install_hook();
        let panicked = poll_once::<()>(Box::pin(async { explode(7) })).expect_err("it panics");
        assert_eq!(panicked, Panicked { message: "broken 7".into(), location: format!("{}:{}", file!(), EXPLOSION) });
        assert!(!in_task());
    }

    #[test]
    fn one_within_another_does_not_end_it() {
        install_hook();
        let outer = catch_call(|| (catch_call(|| explode(1)).is_err(), in_task()));
        assert_eq!((outer, in_task()), (Ok((true, true)), false));
    }

    #[test]
    fn what_does_not_panic_passes() {
        assert_eq!(poll_once(Box::pin(async { in_task() })), Ok(true));
        assert!(!in_task());
    }
}
