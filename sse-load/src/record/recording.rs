//! Everything that a run recorded.

use std::collections::HashMap;
use std::sync::Arc;

use super::failures::Grouped;
use super::{FailureGroups, Series};
use crate::clock::Timestamp;
use crate::sample::{Origin, Outcome, Sample};

/// What errors of tasks are grouped by: those that are no failed request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TaskErrorKey {
    /// The task that returned it.
    pub origin: Origin,
    /// Its text.
    pub message: String,
}

/// What panics are grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PanicKey {
    /// The task that panicked.
    pub origin: Origin,
    /// The panic's message.
    pub message: String,
    /// `file:line` of the panic, where it is known.
    pub location: String,
}

/// Everything that was recorded: of one thread, or merged.
///
/// ```
/// use sse_load::clock::{Timestamp, ms};
/// use sse_load::record::Recording;
/// use sse_load::sample::{Failure, FailureClass, Metric, Origin, Outcome, Sample, Stamps, Tokens};
///
/// let start = Timestamp::from_nanos(0);
/// let origin = Origin { user: "ChatUser", task: "joke", file: "tests/chat.rs", line: 14 };
/// let stamps = Stamps { generated: vec![start + ms(50)], ..Stamps::starting(start) };
/// let tokens = Tokens::default();
/// let sample = |outcome| Sample { name: "chat".into(), origin, stamps: stamps.clone(), tokens, outcome, malformed: 0, resent: false };
///
/// let mut recording = Recording::default();
/// recording.record(sample(Outcome::Success), None);
/// recording.record(sample(Outcome::Failed(Failure::new(FailureClass::Empty, "no output"))), None);
///
/// assert_eq!(recording.finished(), (1, 1));
/// let (_, series) = recording.series().next().expect("one name");
/// assert_eq!(series.metric(Metric::Ttft).len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recording {
    series: HashMap<Arc<str>, Series>,
    /// Failed requests.
    pub failures: FailureGroups,
    /// Errors that tasks returned and that are no failed request.
    pub task_errors: Grouped<TaskErrorKey>,
    /// Panics of tasks.
    pub panics: Grouped<PanicKey>,
    /// How often each task ran to its end.
    pub tasks: HashMap<Origin, u64>,
    /// Events that could not be read: the request name and the start of the event.
    pub malformed: Grouped<Arc<str>>,
}

impl Recording {
    /// Adds one request; `window_end` is when the measured window ended, if it has.
    pub fn record(&mut self, sample: Sample, window_end: Option<Timestamp>) {
        self.series.entry(Arc::clone(&sample.name)).or_default().record(&sample, window_end);
        if let Outcome::Failed(failure) = sample.outcome {
            self.failures.add_failure(sample.name, sample.origin, failure, sample.stamps.start);
        }
    }

    /// Each request name with its figures, in no order.
    pub fn series(&self) -> impl Iterator<Item = (&Arc<str>, &Series)> {
        self.series.iter()
    }

    /// Requests that succeeded and that failed, over all names.
    #[must_use]
    pub fn finished(&self) -> (u64, u64) {
        self.series
            .values()
            .fold((0, 0), |(ok, failed), series| (ok + series.counts.succeeded, failed + series.counts.failed))
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: Self) {
        for (name, series) in other.series {
            self.series.entry(name).or_default().merge(&series);
        }
        self.failures.merge(other.failures);
        self.task_errors.merge(other.task_errors);
        self.panics.merge(other.panics);
        self.malformed.merge(other.malformed);
        for (origin, count) in other.tasks {
            *self.tasks.entry(origin).or_default() += count;
        }
    }
}
