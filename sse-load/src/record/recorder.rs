//! The sink of one measuring thread.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{GoodIf, PanicKey, Pulse, Recorded, Recording, Stalls, Tap, TaskErrorKey, Window};
use crate::clock::Timestamp;
use crate::sample::Sample;

/// Where one measuring thread records. The lock is taken twice a request, never per event; it is only ever contended by what is shown
/// of the run and by a look at it, a few times a second and no longer than it takes to swap two recordings.
#[derive(Debug, Default)]
pub struct Recorder {
    parts: Mutex<Parts>,
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
    /// Of all, since it was last taken.
    pulse: Pulse,
}

#[derive(Debug, Default)]
struct Part {
    recording: Recording,
    /// Requests that began and were not recorded yet. Those that the token counter has begin here and end there: only the sum over all
    /// recorders is a number of requests.
    in_flight: i64,
}

impl Parts {
    /// An empty recording that counts what these count as good.
    pub(super) fn emptied(&self) -> Recording {
        self.since.recording.emptied()
    }

    /// The part of a request that began at this moment.
    fn of(&mut self, start: Timestamp) -> &mut Part {
        if start < self.cut { &mut self.before } else { &mut self.since }
    }

    /// Takes what was recorded of requests that began before the cut and leaves `empty` in its place; tells how many of them are in
    /// flight.
    pub(super) fn take_before(&mut self, empty: Recording) -> (Recording, i64) {
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
        Self { parts: Mutex::new(parts), tap }
    }

    /// Whether requests go to a request log, which wants their [`Details`](crate::sample::Details).
    #[must_use]
    pub fn is_logged(&self) -> bool {
        self.tap.has_log()
    }

    /// Notes that a request begins; it is in flight until it is recorded.
    pub fn depart(&self, start: Timestamp) {
        self.parts().of(start).in_flight += 1;
    }

    /// Records a request of a run with this window.
    pub fn record(&self, mut sample: Sample, window: Window) {
        self.tap.tell_sample(&mut sample, window);
        let mut parts = self.parts();
        parts.pulse.record(&sample, window);
        let part = parts.of(sample.stamps.start);
        part.in_flight -= 1;
        part.recording.record(sample, window);
    }

    /// Records an error that a task returned and that is no failed request.
    pub fn record_task_error(&self, error: TaskErrorKey) {
        self.tap.tell(Recorded::Error(&error));
        let mut parts = self.parts();
        parts.pulse.troubles.add(error.message.clone().into(), Timestamp::now(), "");
        parts.since.recording.task_errors.add(error, Timestamp::now(), "");
    }

    /// Records a panic of a task.
    pub fn record_panic(&self, panic: PanicKey) {
        self.tap.tell(Recorded::Panic(&panic));
        let mut parts = self.parts();
        parts.pulse.troubles.add(panic.message.clone().into(), Timestamp::now(), "");
        parts.since.recording.panics.add(panic, Timestamp::now(), "");
    }

    /// Records how late the thread was at each of some moments of the window, and that it stalled meanwhile, if it did.
    pub fn record_lateness(
        &self,
        moments: impl Iterator<Item = (Timestamp, Duration)>,
        stall: Option<Stalls>,
        window: Window,
    ) {
        let mut parts = self.parts();
        let Parts { since: Part { recording, .. }, pulse, .. } = &mut *parts;
        for (due, late) in moments {
            recording.lateness.record(late);
            recording.course.record_lateness(due, late, window);
            pulse.lateness.record(late);
        }
        if let Some(stall) = stall {
            recording.lateness.record_stall(stall);
            pulse.lateness.record_stall(stall);
        }
    }

    /// Lets `write` add to the recording.
    pub fn with<R>(&self, write: impl FnOnce(&mut Recording) -> R) -> R {
        write(&mut self.parts().since.recording)
    }

    /// Notes that a success went to the token counter, whose recording has it from then on.
    pub fn hand_over(&self) {
        self.parts().pulse.handed_over += 1;
    }

    /// Takes what happened since this was last called, and leaves `pulse` to go on with, which must be empty.
    pub(super) fn swap_pulse(&self, pulse: &mut Pulse) {
        let mut parts = self.parts();
        parts.pulse.in_flight = parts.before.in_flight + parts.since.in_flight;
        std::mem::swap(&mut parts.pulse, pulse);
    }

    /// Takes what was recorded so far and leaves nothing but the pulse, which is taken by itself.
    #[must_use]
    pub fn take(&self) -> Recording {
        let mut parts = self.parts();
        let pulse = std::mem::take(&mut parts.pulse);
        let Parts { before, since, .. } = std::mem::replace(&mut *parts, Parts { pulse, ..Parts::default() });
        drop(parts);
        let mut recording = before.recording;
        recording.merge(since.recording);
        recording
    }

    pub(super) fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
