//! The sink of one measuring thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{GoodIf, PanicKey, Recorded, Recording, Tap, TaskErrorKey, Window};
use crate::clock::Timestamp;
use crate::sample::Sample;

/// Where one measuring thread records. The lock is only ever contended by the progress line, once a second, and is taken
/// once a request, never per event.
#[derive(Debug, Default)]
pub struct Recorder {
    recording: Mutex<Recording>,
    handed_over: AtomicU64,
    tap: Tap,
}

impl Recorder {
    /// One that tells `tap` what it records, and counts good requests.
    #[must_use]
    pub fn new(tap: Tap, good_if: GoodIf) -> Self {
        Self { tap, recording: Mutex::new(Recording::counting_good(good_if)), ..Self::default() }
    }

    /// Records a request of a run with this window.
    pub fn record(&self, sample: Sample, window: Window) {
        self.tap.tell(Recorded::Sample(&sample));
        self.with(|recording| recording.record(sample, window));
    }

    /// Records an error that a task returned and that is no failed request.
    pub fn record_task_error(&self, error: TaskErrorKey) {
        self.tap.tell(Recorded::Error(&error));
        self.with(|recording| recording.task_errors.add(error, Timestamp::now(), ""));
    }

    /// Records a panic of a task.
    pub fn record_panic(&self, panic: PanicKey) {
        self.tap.tell(Recorded::Panic(&panic));
        self.with(|recording| recording.panics.add(panic, Timestamp::now(), ""));
    }

    /// Lets `write` add to the recording.
    pub fn with<R>(&self, write: impl FnOnce(&mut Recording) -> R) -> R {
        write(&mut self.recording.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that a success went to the token counter, whose recording has it from then on.
    pub fn hand_over(&self) {
        self.handed_over.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests of this thread that succeeded and that failed so far, those with the token counter included.
    #[must_use]
    pub fn finished(&self) -> (u64, u64) {
        let (succeeded, failed) = self.with(|recording| recording.finished());
        (succeeded + self.handed_over.load(Ordering::Relaxed), failed)
    }

    /// Takes what was recorded so far and leaves nothing.
    #[must_use]
    pub fn take(&self) -> Recording {
        self.with(std::mem::take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_to_the_token_counter_counts_as_finished() {
        let recorder = Recorder::default();
        recorder.hand_over();
        recorder.hand_over();
        assert_eq!(recorder.finished(), (2, 0));
        assert_eq!(recorder.take().finished(), (0, 0), "its recording is the counter's to give");
    }
}
