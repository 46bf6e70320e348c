//! A thread that sleeps on a condition variable, for systems without `timerfd`.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::super::clock;

/// The thread stops and joins when this is dropped.
#[derive(Debug)]
pub(in super::super) struct Timer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// `None` once it has rung; a deadline beyond the clock's range is none either.
    next: Option<(Instant, Waker)>,
    stopped: bool,
}

impl Timer {
    pub(in super::super) fn new() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new().name("mock-timer".into()).spawn(move || of_thread.ring())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Wakes the task after this time, and forgets what it was set to before.
    pub(in super::super) fn wake_after(&mut self, wait: Duration, cx: &mut Context<'_>) {
        let deadline = clock::now().checked_add(wait);
        self.shared.lock().next = deadline.map(|deadline| (deadline, cx.waker().clone()));
        self.shared.changed.notify_one();
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // The thread only fails if a waker panics, and that has been printed then.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// The work of the thread.
    fn ring(&self) {
        let mut state = self.lock();
        while !state.stopped {
            let now = clock::now();
            if let Some((_, waker)) = state.next.take_if(|(deadline, _)| *deadline <= now) {
                drop(state);
                waker.wake();
                state = self.lock();
            } else {
                let wait = state.next.as_ref().map(|(deadline, _)| deadline.saturating_duration_since(now));
                state = self.sleep(state, wait);
            }
        }
    }

    fn sleep<'a>(&self, state: MutexGuard<'a, State>, wait: Option<Duration>) -> MutexGuard<'a, State> {
        match wait {
            Some(wait) => self
                .changed
                .wait_timeout(state, wait)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state),
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::task::Wake;

    struct Report(mpsc::Sender<Instant>);

    impl Wake for Report {
        fn wake(self: Arc<Self>) {
            let _ = self.0.send(clock::now());
        }
    }

    #[test]
    fn the_last_setting_counts_and_does_not_ring_early() {
        let (rung, heard) = mpsc::channel();
        let waker = Waker::from(Arc::new(Report(rung)));
        let mut timer = Timer::new().expect("a thread");
        let start = clock::now();
        for wait in [Duration::MAX, Duration::from_secs(3_600), Duration::from_millis(20)] {
            timer.wake_after(wait, &mut Context::from_waker(&waker));
        }
        assert!(heard.recv().expect("a ring") >= start + Duration::from_millis(20));
        timer.wake_after(Duration::from_secs(3_600), &mut Context::from_waker(&waker));
        drop((timer, waker));
        assert!(heard.recv().is_err(), "a stopped timer rings no more");
    }
}
