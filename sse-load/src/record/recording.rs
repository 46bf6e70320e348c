//! Everything that a run recorded.

use std::collections::HashMap;
use std::sync::Arc;

use super::failures::Grouped;
use super::{FailureGroups, Series, Window};
use crate::sample::{Origin, Outcome, Sample};

/// More distinct request names than this are not told apart any more: a path that holds an id would fill the memory, at up to
/// 190 KiB a name.
const MAX_NAMES: usize = 500;

/// The name that requests have beyond [`MAX_NAMES`].
const OTHER_NAMES: &str = "(other names)";

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

/// What became of the arrivals of the open loop that were due in the measured window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Arrived {
    /// A user began its task.
    pub begun: u64,
    /// No user was free for it before the window ended.
    pub missed: u64,
    /// Its user could not be made: `#[on_start]` failed, panicked or was cut off.
    pub without_user: u64,
}

impl Arrived {
    /// All that were due.
    #[must_use]
    pub fn due(self) -> u64 {
        self.begun + self.missed + self.without_user
    }
}

/// Everything that was recorded: of one thread, or merged.
///
/// ```
/// use sse_load::clock::{Timestamp, ms};
/// use sse_load::record::{Recording, Window};
/// use sse_load::sample::{Failure, FailureClass, Metric, Origin, Outcome, Sample, Stamps, Tokens};
///
/// let start = Timestamp::from_nanos(0);
/// let origin = Origin { user: "ChatUser", task: "joke", file: "tests/chat.rs", line: 14 };
/// let stamps = Stamps { generated: vec![start + ms(50)], ..Stamps::starting(start) };
/// let tokens = Tokens::default();
/// let sample = |outcome| Sample { name: "chat".into(), origin, stamps: stamps.clone(), tokens, outcome, malformed: 0, resent: false, retry: false, turn: None };
///
/// let mut recording = Recording::default();
/// recording.record(sample(Outcome::Success), Window::default());
/// recording.record(sample(Outcome::Failed(Failure::new(FailureClass::Empty, "no output"))), Window::default());
///
/// assert_eq!(recording.finished(), (1, 1));
/// let (_, series) = recording.series().next().expect("one name");
/// assert_eq!(series.metric(Metric::Ttft).len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recording {
    series: HashMap<Arc<str>, Series>,
    /// The figures of each turn of conversations, beside those of their request names.
    turns: HashMap<Arc<str>, Series>,
    /// Requests under [`OTHER_NAMES`].
    unnamed: u64,
    /// Failed requests.
    pub failures: FailureGroups,
    /// Errors that tasks returned and that are no failed request.
    pub task_errors: Grouped<TaskErrorKey>,
    /// Panics of tasks.
    pub panics: Grouped<PanicKey>,
    /// How often each task ran to its end.
    pub tasks: HashMap<Origin, u64>,
    /// The arrivals of the open loop.
    pub arrivals: Arrived,
    /// Events that could not be read: the request name and the start of the event.
    pub malformed: Grouped<Arc<str>>,
}

impl Recording {
    /// Adds one request of a run with this window.
    pub fn record(&mut self, sample: Sample, window: Window) {
        if !self.has_room_for(&sample.name) {
            self.unnamed += 1;
        }
        self.series_of(&sample.name).record(&sample, window);
        if let Some(turns) = self.turn_of(&sample) {
            turns.record(&sample, window);
        }
        if !window.contains(sample.stamps.intended()) {
            return;
        }
        if let Outcome::Failed(failure) = sample.outcome {
            self.failures.add_failure(sample.name, sample.origin, failure, sample.stamps.start);
        }
    }

    fn has_room_for(&self, name: &str) -> bool {
        self.series.len() < MAX_NAMES || self.series.contains_key(name)
    }

    fn series_of(&mut self, name: &Arc<str>) -> &mut Series {
        let name = if self.has_room_for(name) { Arc::clone(name) } else { OTHER_NAMES.into() };
        self.series.entry(name).or_default()
    }

    /// Notes that a tokenizer counted a success of this name.
    pub fn note_tokenizer(&mut self, request: &Arc<str>, tokenizer: &str) {
        let tokenizers = &mut self.series_of(request).tokenizers;
        match tokenizers.get_mut(tokenizer) {
            Some(requests) => *requests += 1,
            None => drop(tokenizers.insert(tokenizer.to_owned(), 1)),
        }
    }

    /// The figures of the sample's turn, if it is one and there are not too many.
    fn turn_of(&mut self, sample: &Sample) -> Option<&mut Series> {
        let name: Arc<str> = format!("{} turn {}", sample.name, sample.turn?).into();
        if self.turns.len() >= MAX_NAMES && !self.turns.contains_key(&name) {
            return None;
        }
        Some(self.turns.entry(name).or_default())
    }

    /// Each turn of conversations with its figures, in no order.
    pub fn turns(&self) -> impl Iterator<Item = (&Arc<str>, &Series)> {
        self.turns.iter()
    }

    /// How many requests stand under a name that is not theirs, since there were too many distinct ones.
    #[must_use]
    pub fn unnamed(&self) -> u64 {
        self.unnamed
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
            if !self.has_room_for(&name) && *name != *OTHER_NAMES {
                self.unnamed += series.counts.started();
            }
            self.series_of(&name).merge(&series);
        }
        for (name, series) in other.turns {
            if self.turns.len() < MAX_NAMES || self.turns.contains_key(&name) {
                self.turns.entry(name).or_default().merge(&series);
            }
        }
        self.unnamed += other.unnamed;
        self.arrivals.begun += other.arrivals.begun;
        self.arrivals.missed += other.arrivals.missed;
        self.arrivals.without_user += other.arrivals.without_user;
        self.failures.merge(other.failures);
        self.task_errors.merge(other.task_errors);
        self.panics.merge(other.panics);
        self.malformed.merge(other.malformed);
        for (origin, count) in other.tasks {
            *self.tasks.entry(origin).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Stamps, Tokens};

    fn recording(names: std::ops::Range<usize>) -> Recording {
        let mut recording = Recording::default();
        for name in names {
            let origin = Origin { user: "U", task: "t", file: "f", line: 1 };
            let (stamps, tokens) = (Stamps::default(), Tokens::default());
            let name = format!("/items/{name}").into();
            let outcome = Outcome::Success;
            recording.record(
                Sample { name, origin, stamps, tokens, outcome, malformed: 0, resent: false, retry: false, turn: None },
                Window::default(),
            );
        }
        recording
    }

    #[test]
    fn more_names_than_the_bound_are_counted_but_not_told_apart() {
        let mut merged = recording(0..MAX_NAMES + 3);
        assert_eq!((merged.series().count(), merged.unnamed()), (MAX_NAMES + 1, 3));
        merged.merge(recording(MAX_NAMES + 3..2 * MAX_NAMES + 10));
        assert_eq!(merged.series().count(), MAX_NAMES + 1);
        assert_eq!(merged.unnamed(), MAX_NAMES as u64 + 10);
        assert_eq!(merged.finished(), (2 * MAX_NAMES as u64 + 10, 0));
    }
}
