//! Waits on the caller's own thread for what runs on others.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Handle, RuntimeFlavor};

/// Blocks until the future is done. A runtime of several threads goes on meanwhile; one of a single thread can't.
pub(super) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(|| parked(future)),
        Ok(_) => {
            eprintln!(
                "sse-load: run() blocks this single-threaded runtime, so a server that lives on it stands still; \
                 use run_async().await"
            );
            parked(future)
        }
        Err(_) => parked(future),
    }
}

/// Polls the future when it asks for it and sleeps in between. A runtime's `block_on` would refuse a thread that has a runtime.
fn parked<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => return outcome,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_wakes_up_for_what_another_thread_sends() {
        let (send, receive) = tokio::sync::oneshot::channel();
        let sender = thread::spawn(move || send.send(7));
        assert_eq!(wait_for(receive), Ok(7));
        assert_eq!(sender.join().expect("no panic"), Ok(()));
    }

    #[test]
    fn a_future_that_wakes_itself_is_polled_again() {
        let mut polls = 0;
        let future = std::future::poll_fn(|context| {
            polls += 1;
            context.waker().wake_by_ref();
            if polls < 3 { Poll::Pending } else { Poll::Ready(polls) }
        });
        assert_eq!(wait_for(future), 3);
    }
}
