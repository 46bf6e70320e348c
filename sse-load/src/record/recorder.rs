//! The sink of one measuring thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{GoodIf, PanicKey, Recorded, Recording, Tap, TaskErrorKey, Window};
use crate::clock::Timestamp;
use crate::sample::Sample;

/// Where one measuring thread records. The lock is taken twice a request, never per event; it is only ever contended by the progress
/// line and by a look at the run, each about once a second and no longer than it takes to add a few numbers or to swap two recordings.
#[derive(Debug, Default)]
pub struct Recorder {
    parts: Mutex<Parts>,
    handed_over: AtomicU64,
    tap: Tap,
}

/// What was recorded, by when the requests began.
#[derive(Debug, Default)]
pub(super) struct Parts {
    cut: Timestamp,
    /// Of requests that began before the cut.
    before: Part,
    /// Of those that began since, and all that is of no request.
    since: Part,
    /// Requests that succeeded and that failed in what was taken away.
    taken: (u64, u64),
}

#[derive(Debug, Default)]
struct Part {
    recording: Recording,
    /// Requests that began and were not recorded yet. Those that the token counter has begin here and end there: only the sum over all
    /// recorders is a number of requests.
    in_flight: i64,
}

impl Parts {
    /// The part of a request that began at this moment.
    /// An empty recording that counts what these count as good.
    pub(super) fn emptied(&self) -> Recording {
        self.since.recording.emptied()
    }

    fn of(&mut self, start: Timestamp) -> &mut Part {
        if start < self.cut { &mut self.before } else { &mut self.since }
    }

    /// Takes what was recorded of requests that began before the cut and leaves `empty` in its place; tells how many of them are in
    /// flight.
    pub(super) fn take_before(&mut self, empty: Recording) -> (Recording, i64) {
        let (succeeded, failed) = self.before.recording.finished();
        self.taken = (self.taken.0 + succeeded, self.taken.1 + failed);
        (std::mem::replace(&mut self.before.recording, empty), self.before.in_flight)
    }

    /// Cuts anew: all that began so far did so before the cut. What began before the one so far must have been taken.
    pub(super) fn cut_at(&mut self, now: Timestamp) {
        self.cut = now;
        self.before.in_flight += std::mem::take(&mut self.since.in_flight);
        std::mem::swap(&mut self.before.recording, &mut self.since.recording);
    }
}

impl Recorder {
    /// One that tells `tap` what it records, and counts good requests.
    #[must_use]
    pub fn new(tap: Tap, good_if: &GoodIf) -> Self {
        let part = || Part { recording: Recording::counting_good(good_if.clone()), in_flight: 0 };
        let parts = Parts { before: part(), since: part(), ..Parts::default() };
        Self { parts: Mutex::new(parts), tap, ..Self::default() }
    }

    /// Notes that a request begins; it is in flight until it is recorded.
    pub fn depart(&self, start: Timestamp) {
        self.parts().of(start).in_flight += 1;
    }

    /// Records a request of a run with this window.
    pub fn record(&self, sample: Sample, window: Window) {
        self.tap.tell(Recorded::Sample(&sample));
        let mut parts = self.parts();
        let part = parts.of(sample.stamps.start);
        part.in_flight -= 1;
        part.recording.record(sample, window);
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
        write(&mut self.parts().since.recording)
    }

    /// Notes that a success went to the token counter, whose recording has it from then on.
    pub fn hand_over(&self) {
        self.handed_over.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests of this thread that succeeded and that failed so far, those with the token counter included.
    #[must_use]
    pub fn finished(&self) -> (u64, u64) {
        let parts = self.parts();
        let counts = [parts.taken, parts.before.recording.finished(), parts.since.recording.finished()];
        let (succeeded, failed) = counts.iter().fold((0, 0), |all, part| (all.0 + part.0, all.1 + part.1));
        (succeeded + self.handed_over.load(Ordering::Relaxed), failed)
    }

    /// Takes what was recorded so far and leaves nothing.
    #[must_use]
    pub fn take(&self) -> Recording {
        let Parts { before, since, .. } = std::mem::take(&mut *self.parts());
        let mut recording = before.recording;
        recording.merge(since.recording);
        recording
    }

    pub(super) fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
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
