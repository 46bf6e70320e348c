//! How users learn that the run ends.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio_util::sync::CancellationToken;

use crate::clock::Timestamp;
use crate::record::Window;

/// The measured window, and the end of a run, in two steps: first no request begins any more and those in flight finish; then what is left is cut off.
#[derive(Debug, Default)]
pub struct Stop {
    /// Set before the end of the window is read from the clock: a request that was stamped before it saw this began in the window.
    closed: AtomicBool,
    draining: CancellationToken,
    cutting_off: CancellationToken,
    window_begin: OnceLock<Timestamp>,
    window_end: OnceLock<Timestamp>,
    /// When a task last ended, in nanoseconds of the clock.
    last_work: AtomicU64,
    /// Those who still have tasks to run.
    working: AtomicU64,
}

impl Stop {
    /// Sets when the measured window begins; without a call it begins with the clock. A second call changes nothing.
    pub fn measure_from(&self, begin: Timestamp) {
        self.window_begin.get_or_init(|| begin);
    }

    /// Ends the measured window: no request begins any more. A second call changes nothing.
    pub fn drain(&self) {
        self.close(Timestamp::now);
    }

    fn close(&self, end: impl FnOnce() -> Timestamp) {
        self.closed.store(true, Ordering::SeqCst);
        self.window_end.get_or_init(end);
        self.draining.cancel();
    }

    /// A task has ended.
    pub fn note_work(&self) {
        let now = Timestamp::now() - Timestamp::from_nanos(0);
        self.last_work.fetch_max(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Takes part in the work of the run, until what this gives is dropped.
    #[must_use]
    pub fn work(self: &Arc<Self>) -> Working {
        self.working.fetch_add(1, Ordering::Relaxed);
        Working(Arc::clone(self))
    }

    /// Ends the window of a run in which nothing is left to do: when its last task ended.
    fn drain_after_work(&self) {
        let last = self.last_work.load(Ordering::Relaxed);
        self.close(|| if last == 0 { Timestamp::now() } else { Timestamp::from_nanos(last) });
    }

    /// Ends everything: requests dropped from now on are cut off by the run and not by their task.
    pub fn cut_off(&self) {
        self.drain();
        self.cutting_off.cancel();
    }

    /// Whether the measured window has ended.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Whether the measured window had ended at this moment, which is not in the future.
    #[must_use]
    pub fn has_ended_by(&self, at: Timestamp) -> bool {
        self.is_draining() && at >= *self.window_end.wait()
    }

    /// Whether what is left is being cut off.
    #[must_use]
    pub fn is_cutting_off(&self) -> bool {
        self.cutting_off.is_cancelled()
    }

    /// The measured window.
    #[must_use]
    pub fn window(&self) -> Window {
        let begin = self.window_begin.get().copied().unwrap_or_default();
        Window { begin, end: self.window_end.get().copied() }
    }

    /// Waits for the end of the measured window.
    pub async fn draining(&self) {
        self.draining.cancelled().await;
    }

    /// Waits until what is left is cut off.
    pub async fn cutting_off(&self) {
        self.cutting_off.cancelled().await;
    }
}

/// Somebody who still has tasks to run. When the last one is dropped, the measured window ends.
#[derive(Debug)]
pub struct Working(Arc<Stop>);

impl Clone for Working {
    fn clone(&self) -> Self {
        self.0.work()
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if self.0.working.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.drain_after_work();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_ends_when_the_last_has_no_more_work() {
        let stop = Arc::new(Stop::default());
        let one = stop.work();
        let other = one.clone();
        drop(one);
        assert!(!stop.is_draining());
        stop.note_work();
        let noted = Timestamp::now();
        drop(other);
        assert!(stop.is_draining() && stop.window().end.is_some_and(|end| end <= noted));
    }

    #[test]
    fn what_was_stamped_before_the_end_began_in_the_window() {
        let stop = Stop::default();
        assert!(!stop.has_ended_by(Timestamp::now()));
        stop.drain();
        let end = stop.window().end.expect("it has ended");
        assert!(!stop.has_ended_by(Timestamp::from_nanos(0)) && stop.has_ended_by(end));
    }

    #[test]
    fn the_window_ends_once() {
        let stop = Stop::default();
        assert!(!stop.is_draining() && stop.window().end.is_none());
        stop.drain();
        let end = stop.window().end;
        assert!(!stop.is_cutting_off());
        stop.cut_off();
        assert!(stop.is_draining() && stop.is_cutting_off());
        assert_eq!(stop.window().end, end);
    }
}
