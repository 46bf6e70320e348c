//! How users learn that the run ends.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

use crate::clock::Timestamp;
use crate::record::Window;

/// The measured window, and the end of a run, in two steps: first no request begins any more and those in flight finish; then what is left is cut off.
#[derive(Debug, Default)]
pub struct Stop {
    draining: CancellationToken,
    cutting_off: CancellationToken,
    window_begin: OnceLock<Timestamp>,
    window_end: OnceLock<Timestamp>,
}

impl Stop {
    /// Sets when the measured window begins; without a call it begins with the clock. A second call changes nothing.
    pub fn measure_from(&self, begin: Timestamp) {
        self.window_begin.get_or_init(|| begin);
    }

    /// Ends the measured window: no request begins any more. A second call changes nothing.
    pub fn drain(&self) {
        self.window_end.get_or_init(Timestamp::now);
        self.draining.cancel();
    }

    /// Ends everything: requests dropped from now on are cut off by the run and not by their task.
    pub fn cut_off(&self) {
        self.drain();
        self.cutting_off.cancel();
    }

    /// Whether the measured window has ended.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
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

#[cfg(test)]
mod tests {
    use super::*;

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
