//! Everything that a run recorded.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Buffered, Course, Customs, FailureGroups, GoodIf, Grouped, Lateness, Series, Slowest, Window};
use crate::sample::{Origin, Outcome, Sample};

/// More cells than this are not told apart any more: a path that holds an id would fill the memory, at up to 190 KiB a cell.
pub(super) const MAX_CELLS: usize = 500;

/// Turns of conversations leave the other half to names.
const MAX_CELLS_BEFORE_A_TURN: usize = MAX_CELLS / 2;

/// The name that requests have beyond [`MAX_CELLS`].
pub(super) const OTHER_NAMES: &str = "(other names)";

/// Requests that every scope of a report holds either all or none of: what the figures of each are merged from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// The request name.
    pub name: Arc<str>,
    /// The task that sent them.
    pub origin: Origin,
    /// Which turn of a conversation they are, from 1, if they are one.
    pub turn: Option<u32>,
}

impl Cell {
    fn of(sample: &Sample) -> Self {
        Self { name: Arc::clone(&sample.name), origin: sample.origin, turn: sample.turn }
    }
}

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
/// let origin = Origin { user: "ChatUser", task: "joke", file: "tests/chat.rs", line: 14, tags: &[] };
/// let stamps = Stamps { generated: vec![start + ms(50)], ..Stamps::starting(start) };
/// let tokens = Tokens::default();
/// let sample = |outcome| Sample { name: "chat".into(), origin, stamps: stamps.clone(), tokens, outcome, malformed: 0, body_bytes: 0, resent: false, retry: false, turn: None, details: None };
///
/// let mut recording = Recording::default();
/// recording.record(sample(Outcome::Success), Window::default());
/// recording.record(sample(Outcome::Failed(Failure::new(FailureClass::Empty, "no output"))), Window::default());
///
/// assert_eq!(recording.finished(), (1, 1));
/// let (_, series) = recording.series().next().expect("one cell");
/// assert_eq!(series.metric(Metric::Ttft).len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recording {
    series: HashMap<Cell, Series>,
    good_if: GoodIf,
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
    /// What tasks recorded beside their requests.
    pub customs: Customs,
    /// How late the measuring threads were.
    pub lateness: Lateness,
    /// How long events lay in the sockets' buffers.
    pub buffered: Buffered,
    /// What went on when.
    pub course: Course,
    /// The slowest requests.
    pub slowest: Slowest,
    /// Events that could not be read: the request name and the start of the event.
    pub malformed: Grouped<Arc<str>>,
}

impl Recording {
    /// One that counts good requests.
    #[must_use]
    pub fn counting_good(good_if: GoodIf) -> Self {
        Self { good_if, ..Self::default() }
    }

    /// What makes a request a good one.
    #[must_use]
    pub fn good_if(&self) -> &GoodIf {
        &self.good_if
    }

    /// Adds one request of a run with this window.
    pub fn record(&mut self, sample: Sample, window: Window) {
        let is_good = self.good_if.admits(&sample);
        self.course.record(&sample, window);
        let series = self.series_of(Cell::of(&sample), 1);
        series.record(&sample, window);
        if is_good {
            series.record_good(&sample, window);
        }
        if !window.contains(sample.stamps.intended()) {
            return;
        }
        self.buffered.record_all(&sample.stamps);
        self.slowest.offer(&sample);
        if let Outcome::Failed(failure) = sample.outcome {
            self.failures.add_failure(sample.name, sample.origin, failure, sample.stamps.start);
        }
    }

    /// The series of a cell, to which so many requests are added. Where there is no room a turn is not told from the other
    /// requests of its name, and then not the name from others.
    fn series_of(&mut self, cell: Cell, requests: u64) -> &mut Series {
        let cell = if self.has_room_for(&cell) {
            cell
        } else {
            let of_name = Cell { turn: None, ..cell };
            if self.has_room_for(&of_name) {
                of_name
            } else {
                self.unnamed += if *of_name.name == *OTHER_NAMES { 0 } else { requests };
                Cell { name: OTHER_NAMES.into(), ..of_name }
            }
        };
        self.series.entry(cell).or_default()
    }

    fn has_room_for(&self, cell: &Cell) -> bool {
        let most = if cell.turn.is_some() { MAX_CELLS_BEFORE_A_TURN } else { MAX_CELLS };
        self.series.len() < most || self.series.contains_key(cell)
    }

    /// Notes that a tokenizer counted this success.
    pub fn note_tokenizer(&mut self, sample: &Sample, tokenizer: &str) {
        let tokenizers = &mut self.series_of(Cell::of(sample), 0).tokenizers;
        match tokenizers.get_mut(tokenizer) {
            Some(requests) => *requests += 1,
            None => drop(tokenizers.insert(tokenizer.to_owned(), 1)),
        }
    }

    /// How many requests stand under a name that is not theirs, since there were too many distinct ones.
    #[must_use]
    pub fn unnamed(&self) -> u64 {
        self.unnamed
    }

    /// Each cell with its figures, in no order.
    pub fn series(&self) -> impl Iterator<Item = (&Cell, &Series)> {
        self.series.iter()
    }

    /// Requests that succeeded and that failed, over all names.
    #[must_use]
    pub fn finished(&self) -> (u64, u64) {
        self.series
            .values()
            .fold((0, 0), |(ok, failed), series| (ok + series.counts.succeeded, failed + series.counts.failed))
    }

    /// An empty one with room for as much in the same cells.
    pub(super) fn emptied(&self) -> Self {
        let series = self.series.iter().map(|(cell, series)| (cell.clone(), series.emptied())).collect();
        Self { series, good_if: self.good_if.clone(), ..Self::default() }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: Self) {
        if self.good_if.limits().is_none() {
            self.good_if = other.good_if;
        }
        for (cell, series) in other.series {
            self.series_of(cell, series.counts.started()).merge(&series);
        }
        self.unnamed += other.unnamed;
        self.arrivals.begun += other.arrivals.begun;
        self.arrivals.missed += other.arrivals.missed;
        self.arrivals.without_user += other.arrivals.without_user;
        self.lateness.merge(&other.lateness);
        self.buffered.merge(&other.buffered);
        self.course.merge(&other.course);
        self.slowest.merge(other.slowest);
        self.failures.merge(other.failures);
        self.customs.merge(other.customs);
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
        recorded(names.map(|name| (format!("/items/{name}"), None)))
    }

    fn recorded(requests: impl Iterator<Item = (String, Option<u32>)>) -> Recording {
        let mut recording = Recording::default();
        for (name, turn) in requests {
            let origin = Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] };
            let (stamps, tokens) = (Stamps::default(), Tokens::default());
            let (name, outcome) = (name.into(), Outcome::Success);
            recording.record(
                Sample {
                    name,
                    origin,
                    stamps,
                    tokens,
                    outcome,
                    malformed: 0,
                    body_bytes: 0,
                    resent: false,
                    retry: false,
                    turn,
                    details: None,
                },
                Window::default(),
            );
        }
        recording
    }

    #[test]
    fn more_names_than_the_bound_are_counted_but_not_told_apart() {
        let mut merged = recording(0..MAX_CELLS + 3);
        assert_eq!((merged.series().count(), merged.unnamed()), (MAX_CELLS + 1, 3));
        merged.merge(recording(MAX_CELLS + 3..2 * MAX_CELLS + 10));
        assert_eq!(merged.series().count(), MAX_CELLS + 1);
        assert_eq!(merged.unnamed(), MAX_CELLS as u64 + 10);
        assert_eq!(merged.finished(), (2 * MAX_CELLS as u64 + 10, 0));
    }

    #[test]
    fn a_conversation_without_end_leaves_room_for_names() {
        let turns = (1..=400).map(|turn| ("chat".to_owned(), Some(turn)));
        let mut recording = recorded(turns.chain([("search".to_owned(), None)]));
        let of_no_turn = |recording: &Recording| {
            let mut names: Vec<_> = recording.series().filter(|(cell, _)| cell.turn.is_none()).collect();
            names.sort_by_key(|(cell, _)| *cell);
            names.into_iter().map(|(cell, series)| (cell.name.to_string(), series.counts.succeeded)).collect::<Vec<_>>()
        };
        assert_eq!(of_no_turn(&recording), [("chat".to_owned(), 150), ("search".to_owned(), 1)]);
        recording.merge(recorded((1..=400).map(|turn| ("chat".to_owned(), Some(turn)))));
        assert_eq!((of_no_turn(&recording)[0].1, recording.unnamed(), recording.finished()), (300, 0, (801, 0)));
    }
}
