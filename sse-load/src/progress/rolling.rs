//! Figures of the last seconds, and their course.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use super::{Throughput, Totals};
use crate::clock::Timestamp;
use crate::record::{ByName, Grouped, Lateness, Pulse};
use crate::stats::{Histogram, Rate};

/// Figures are of this long.
const SPAN: Duration = Duration::from_secs(10);

/// What is kept apart of it, and forgotten whole.
const PART: Duration = Duration::from_secs(1);

/// The most points of a course; with more, each two become one.
const MOST_POINTS: usize = 40;

/// What has happened in a run so far, and over the last ten seconds.
#[derive(Debug)]
pub struct Rolling {
    /// The last seconds, each with its begin.
    parts: VecDeque<(Timestamp, Pulse)>,
    /// When something was last added.
    until: Timestamp,
    totals: Totals,
    in_flight: i64,
    troubles: Grouped<Cow<'static, str>>,
    p95: Course,
}

/// The figures of the last ten seconds.
#[derive(Debug, Default)]
pub struct Recent {
    /// Times to the first token, in microseconds.
    pub ttft: Histogram,
    /// How late the measuring threads were.
    pub lateness: Lateness,
    /// What came out of the server; `None` before anything did.
    pub throughput: Option<Throughput>,
}

impl Rolling {
    /// Of a run that begins at this moment.
    #[must_use]
    pub fn starting(at: Timestamp) -> Self {
        Self {
            parts: VecDeque::from([(at, Pulse::default())]),
            until: at,
            totals: Totals::default(),
            in_flight: 0,
            troubles: Grouped::default(),
            p95: Course { points: Vec::new(), width: PART, begin: at },
        }
    }

    /// Adds what has happened since the last call.
    pub fn add(&mut self, mut pulse: Pulse, now: Timestamp) {
        self.in_flight = pulse.in_flight;
        self.troubles.merge(std::mem::take(&mut pulse.troubles));
        self.totals.add(&pulse);
        // No figure here is of a name.
        pulse.names = ByName::default();
        match self.parts.back_mut() {
            Some((begin, part)) if now - *begin < PART => part.merge(&pulse),
            _ => self.parts.push_back((self.until, pulse)),
        }
        self.until = now;
        while self.parts.len() > 1 && self.parts.front().is_some_and(|(begin, _)| now - *begin > SPAN) {
            self.parts.pop_front();
        }
    }

    /// The figures of the last ten seconds.
    pub fn recent(&mut self, now: Timestamp) -> Recent {
        let mut all = Pulse::default();
        self.parts.iter().for_each(|(_, part)| all.merge(part));
        let time = self.parts.front().map_or(Duration::ZERO, |(begin, _)| now - *begin);
        self.p95.note(now, all.ttft.quantile(0.95).map(Duration::from_micros));
        let throughput = match (all.tokens, all.events) {
            (0, 0) => None,
            (0, events) => Some(Throughput::Events(Rate::over(as_f64(events), time))),
            (tokens, _) => Some(Throughput::Tokens(Rate::over(as_f64(tokens), time))),
        };
        Recent { ttft: all.ttft, lateness: all.lateness, throughput }
    }

    /// The p95 of the time to the first token, of ten seconds each, over the time of the run: what is drawn as a curve. A point that
    /// stands for several is the highest of them, so that no peak is hidden.
    #[must_use]
    pub fn p95(&self) -> &[Option<Duration>] {
        &self.p95.points
    }

    /// What has happened since the begin.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Requests that have begun and not ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        u64::try_from(self.in_flight).unwrap_or_default()
    }

    /// What failed most often, and how often.
    #[must_use]
    pub fn trouble(&self) -> Option<(String, u64)> {
        let most = self.troubles.iter().max_by(|(a, of_a), (b, of_b)| of_a.count.cmp(&of_b.count).then(b.cmp(a)));
        most.map(|(text, occurrences)| (text.to_string(), occurrences.count))
    }
}

/// A figure over the time of the run, in a bounded number of points.
#[derive(Debug)]
struct Course {
    points: Vec<Option<Duration>>,
    width: Duration,
    begin: Timestamp,
}

impl Course {
    fn note(&mut self, now: Timestamp, value: Option<Duration>) {
        let place = loop {
            let place = usize::try_from((now - self.begin).as_nanos() / self.width.as_nanos()).unwrap_or(usize::MAX);
            if place < MOST_POINTS {
                break place;
            }
            self.points = self.points.chunks(2).map(|pair| pair.iter().copied().flatten().max()).collect();
            self.width *= 2;
        };
        if self.points.len() <= place {
            self.points.resize(place + 1, None);
        }
        self.points[place] = self.points[place].max(value);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ms, secs};
    use crate::record::Ended;

    const BEGIN: Timestamp = Timestamp::from_nanos(0);

    fn pulse(ttft: Duration, tokens: u64) -> Pulse {
        let mut pulse = Pulse { within: Ended { succeeded: 1, failed: 0 }, tokens, events: 3, ..Pulse::default() };
        pulse.ttft.record_duration(ttft);
        pulse
    }

    #[test]
    fn figures_are_of_the_last_ten_seconds_and_counts_of_all() {
        let mut rolling = Rolling::starting(BEGIN);
        rolling.add(pulse(ms(900), 1_000), BEGIN + ms(250));
        (1..=60).for_each(|quarter| rolling.add(pulse(ms(100), 10), BEGIN + ms(1_000) + ms(250) * quarter));
        let recent = rolling.recent(BEGIN + secs(16));
        assert_eq!((recent.ttft.max(), rolling.totals().within.succeeded), (Some(100_000), 61));
        let Some(Throughput::Tokens(rate)) = recent.throughput else { panic!("{recent:?}") };
        assert!((rate.get() - 40.0).abs() < 4.0, "{rate}");
    }

    #[test]
    fn events_stand_for_tokens_that_nobody_counted() {
        let mut rolling = Rolling::starting(BEGIN);
        assert_eq!(rolling.recent(BEGIN + ms(10)).throughput, None);
        rolling.add(pulse(ms(100), 0), BEGIN + ms(500));
        assert_eq!(rolling.recent(BEGIN + secs(1)).throughput, Some(Throughput::Events(Rate::per_sec(3.0))));
    }

    #[test]
    fn a_course_keeps_its_peaks_however_long() {
        let mut course = Course { points: Vec::new(), width: PART, begin: BEGIN };
        for second in 0..3_000 {
            let value = if second == 1_234 { ms(70) } else { ms(5) };
            course.note(BEGIN + secs(second), (second >= 200).then_some(value));
        }
        assert!((20..=MOST_POINTS).contains(&course.points.len()), "{}", course.points.len());
        assert_eq!(course.points.iter().flatten().max(), Some(&ms(70)));
        assert_eq!(course.points[0], None);
    }

    #[test]
    fn what_failed_most_often_is_told() {
        let mut rolling = Rolling::starting(BEGIN);
        assert_eq!(rolling.trouble(), None);
        let mut pulse = Pulse::default();
        for text in ["refused", "HTTP 503", "HTTP 503", "a panic", "a panic"] {
            pulse.troubles.add(text.into(), BEGIN, "");
        }
        rolling.add(pulse, BEGIN + ms(1));
        assert_eq!(rolling.trouble(), Some(("HTTP 503".to_owned(), 2)), "of equals the first by its text");
    }
}
