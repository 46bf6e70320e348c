//! What went on when, over the whole run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Window;
use crate::clock::Timestamp;
use crate::sample::{Outcome, Sample, Stamps};
use crate::stats::{Slices, Tally};

/// What went on when, from the first user to the last stream, ramp and drain among it: not by when requests began, as figures
/// are, but by when each thing happened.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Course {
    /// Seconds of users: of each from its start to its stop; of one who serves arrivals, those at work.
    pub users: Tally,
    /// Seconds of requests in flight.
    pub in_flight: Tally,
    /// Requests by when they began.
    pub started: Tally,
    /// Successes by when they ended.
    pub succeeded: Tally,
    /// Failures by when they came.
    pub failed: Tally,
    /// Tokens of successes by when their events came.
    pub tokens: Tally,
    /// How late the measuring threads were in the measured window.
    pub lateness: Slices,
}

/// One slice of the time of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// When the slice begins, in seconds from the begin of the measured window; negative before it.
    pub at: f64,
    /// How many users there were, on average.
    pub users: f64,
    /// How many requests were in flight, on average.
    pub in_flight: f64,
    /// Requests that began, a second.
    pub started: f64,
    /// Requests that succeeded, a second.
    pub succeeded: f64,
    /// Requests that failed, a second.
    pub failed: f64,
    /// Tokens that came, a second.
    pub tokens: f64,
}

impl Course {
    /// Adds one request of a run with this window.
    pub fn record(&mut self, sample: &Sample, window: Window) {
        if window.begin == Window::NEVER.begin {
            return;
        }
        let at = |moment| since(window.begin, moment);
        let stamps = &sample.stamps;
        self.started.add(at(stamps.start), 1.0);
        self.in_flight.add_span(at(stamps.start), at(stamps.end));
        match sample.outcome {
            Outcome::Success => {
                self.succeeded.add(at(stamps.end), 1.0);
                let tokens = sample.tokens.completion.map_or(0.0, |counted| as_f64(counted.tokens));
                self.tokens.add_in_order(tokens_by_event(stamps, tokens).map(|(moment, tokens)| (at(moment), tokens)));
            }
            Outcome::Failed(_) => self.failed.add(at(stamps.end), 1.0),
            Outcome::CutOff | Outcome::HungUp => {}
        }
    }

    /// Adds a user who was there from one moment to another.
    pub fn record_user(&mut self, from: Timestamp, to: Timestamp, window: Window) {
        if window.begin != Window::NEVER.begin {
            self.users.add_span(since(window.begin, from), since(window.begin, to));
        }
    }

    /// Adds a moment at which a measuring thread was so late.
    pub fn record_lateness(&mut self, due: Timestamp, late: Duration, window: Window) {
        if window.contains(due) {
            self.lateness.record(due - window.begin, u64::try_from(late.as_micros()).unwrap_or(u64::MAX), 1);
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.tallies_mut().into_iter().zip(other.tallies()) {
            mine.merge(theirs);
        }
        self.lateness.merge(&other.lateness);
    }

    /// How long each slice is of which [`moments`](Self::moments) tells.
    #[must_use]
    pub fn width(&self) -> Duration {
        self.tallies().into_iter().filter(|tally| !tally.sums().is_empty()).map(Tally::width).max().unwrap_or_default()
    }

    /// The run in slices of equal time, first to last.
    pub fn moments(&self) -> impl Iterator<Item = Moment> + use<> {
        let width = self.width();
        let tallies = self.tallies().map(|tally| tally.in_slices_of(width));
        let filled = || tallies.iter().filter(|tally| !tally.sums().is_empty());
        let first = filled().map(Tally::first).min().unwrap_or(0);
        let end =
            filled().map(|tally| tally.first() + i64::try_from(tally.sums().len()).unwrap_or(0)).max().unwrap_or(0);
        let width = width.as_secs_f64();
        (first..end).map(move |number| {
            let [users, in_flight, started, succeeded, failed, tokens] =
                tallies.each_ref().map(|tally| tally.sum(number) / width);
            Moment { at: begin(number, width), users, in_flight, started, succeeded, failed, tokens }
        })
    }

    fn tallies(&self) -> [&Tally; 6] {
        [&self.users, &self.in_flight, &self.started, &self.succeeded, &self.failed, &self.tokens]
    }

    fn tallies_mut(&mut self) -> [&mut Tally; 6] {
        [
            &mut self.users,
            &mut self.in_flight,
            &mut self.started,
            &mut self.succeeded,
            &mut self.failed,
            &mut self.tokens,
        ]
    }
}

/// The tokens of a reply as its events brought them: as the stream tells, and else the same in each.
fn tokens_by_event(stamps: &Stamps, tokens: f64) -> impl Iterator<Item = (Timestamp, f64)> + '_ {
    let told = stamps.all_tokens().filter(|told| *told > 0);
    let each = tokens / as_f64(told.unwrap_or(stamps.generated.len() as u64));
    stamps.generated.iter().enumerate().map(move |(event, at)| {
        let weight = if told.is_some() { f64::from(stamps.tokens[event]) } else { 1.0 };
        (*at, weight * each)
    })
}

/// Nanoseconds from one moment to another that may be before it.
pub(super) fn since(begin: Timestamp, at: Timestamp) -> i64 {
    let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    if at >= begin { nanos(at - begin) } else { -nanos(begin - at) }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of slices are small")]
fn begin(number: i64, width: f64) -> f64 {
    number as f64 * width
}

#[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
fn as_f64(tokens: u64) -> f64 {
    tokens as f64
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::sample::{Counted, Failure, FailureClass, Origin, TokenSource, Tokens};

    const BEGIN: Timestamp = Timestamp::from_nanos(1_000_000_000);

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    fn sample(start: u64, generated: &[u64], outcome: Outcome) -> Sample {
        let counted = Counted { tokens: 6, source: TokenSource::Usage };
        Sample {
            name: "chat".into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            stamps: Stamps {
                generated: generated.iter().map(|ms| at(*ms)).collect(),
                end: at(1_040),
                ..Stamps::starting(at(start))
            },
            tokens: Tokens { prompt: None, completion: Some(counted) },
            outcome,
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: None,
        }
    }

    fn course(samples: &[Sample]) -> Course {
        let mut course = Course::default();
        for sample in samples {
            course.record(sample, Window { begin: BEGIN, end: None });
        }
        course
    }

    #[test]
    fn each_thing_stands_where_it_happened_whenever_its_request_began() {
        let failed = Outcome::Failed(Failure::new(FailureClass::Empty, "nothing"));
        let mut course = course(&[
            sample(995, &[1_001, 1_012, 1_013], Outcome::Success),
            sample(1_030, &[], failed),
            sample(1_035, &[], Outcome::CutOff),
        ]);
        course.record_user(at(990), at(1_020), Window { begin: BEGIN, end: None });
        let moments: Vec<_> = course.moments().collect();
        let column = |of: fn(&Moment) -> f64| {
            moments.iter().map(|moment| (of(moment) * 10.0).round() / 10.0).collect::<Vec<_>>()
        };
        assert_eq!(course.width(), Duration::from_millis(10));
        assert_eq!(column(|moment| moment.at * 1e3), [-10.0, 0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(column(|moment| moment.users), [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(column(|moment| moment.in_flight), [0.5, 1.0, 1.0, 1.0, 2.5, 0.0]);
        assert_eq!(column(|moment| moment.started), [100.0, 0.0, 0.0, 0.0, 200.0, 0.0]);
        assert_eq!(column(|moment| moment.succeeded + moment.failed), [0.0, 0.0, 0.0, 0.0, 0.0, 200.0]);
        assert_eq!(column(|moment| moment.tokens), [0.0, 200.0, 400.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn an_event_weighs_as_much_as_the_stream_tells() {
        let mut told = sample(1_000, &[1_001, 1_012], Outcome::Success);
        told.stamps.tokens = vec![1, 2];
        assert_eq!(course(&[told]).tokens.sums(), [2.0, 4.0]);
    }

    #[test]
    fn what_is_of_no_load_is_not_in_it() {
        let mut course = Course::default();
        course.record(&sample(1_000, &[], Outcome::CutOff), Window::NEVER);
        course.record_user(at(1), at(2), Window::NEVER);
        assert_eq!(course.moments().count(), 0);
    }

    #[test]
    fn merged_threads_are_one_run() {
        let (one, other) = (sample(995, &[1_001], Outcome::Success), sample(1_005, &[1_031], Outcome::Success));
        let (mut merged, whole) = (course(from_ref(&one)), course(&[one.clone(), other.clone()]));
        merged.merge(&course(&[other]));
        assert_eq!(merged.moments().collect::<Vec<_>>(), whole.moments().collect::<Vec<_>>());
    }
}
