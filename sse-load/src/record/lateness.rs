//! How late the measuring threads were.

use std::time::Duration;

use crate::stats::Histogram;

/// A thread that reads nothing for longer than this stalls.
pub const STALL: Duration = Duration::from_millis(10);

/// How late an event would have been read that came at a random moment of the measured window, on a random measuring thread.
///
/// Each thread has one moment in each [`PERIOD`](Self::PERIOD). Those that pass while it stalls are all in here, each with its own lateness, so
/// a stall of 50 ms counts as ten moments that were up to 50 ms late: what is left out otherwise is known as coordinated
/// omission (Tene, "How NOT to Measure Latency", 2013).
///
/// ```
/// use sse_load::clock::ms;
/// use sse_load::record::Lateness;
///
/// let mut lateness = Lateness::default();
/// (0..97).for_each(|_| lateness.record(ms(0)));
/// [ms(12), ms(7), ms(2)].into_iter().for_each(|late| lateness.record(late));
/// assert_eq!(lateness.share_later_than(ms(5)), 0.02);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lateness {
    late: Histogram,
    stalls: Stalls,
}

/// The times in which a thread read nothing for more than [`STALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stalls {
    /// All of them together.
    pub time: Duration,
    /// The part in which the thread itself computed.
    pub computing: Duration,
    /// The part in which it waited for a processor.
    pub waiting: Duration,
}

impl Lateness {
    /// Each thread looks once in this time.
    pub const PERIOD: Duration = Duration::from_millis(5);

    /// What was kept elsewhere.
    pub(crate) fn of(late: Histogram, stalls: Stalls) -> Self {
        Self { late, stalls }
    }

    /// Adds a moment that was so late.
    pub fn record(&mut self, late: Duration) {
        self.late.record_duration(late);
    }

    /// Adds a stall.
    pub fn record_stall(&mut self, stall: Stalls) {
        self.stalls.add(stall);
    }

    /// The lateness of all moments, in microseconds.
    #[must_use]
    pub fn histogram(&self) -> &Histogram {
        &self.late
    }

    /// The stalls of all threads.
    #[must_use]
    pub fn stalls(&self) -> Stalls {
        self.stalls
    }

    /// The share of all moments, 0 to 1, that were later than this; 0 if nothing was measured.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn share_later_than(&self, late: Duration) -> f64 {
        if self.late.is_empty() {
            return 0.0;
        }
        let limit = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        self.late.above(limit) as f64 / self.late.len() as f64
    }

    /// The longest lateness.
    #[must_use]
    pub fn longest(&self) -> Duration {
        Duration::from_micros(self.late.max().unwrap_or(0))
    }

    /// The mean lateness.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_secs_f64(self.late.mean().unwrap_or(0.0) / 1e6)
    }

    /// The share of the threads' time, 0 to 1, that went into stalls.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn stalled_share(&self) -> f64 {
        let time = Self::PERIOD.as_secs_f64() * self.late.len() as f64;
        if time > 0.0 { (self.stalls.time.as_secs_f64() / time).min(1.0) } else { 0.0 }
    }

    /// Forgets all, and keeps the room for as many values.
    pub(super) fn clear(&mut self) {
        self.late.clear();
        self.stalls = Stalls::default();
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.late.merge(&other.late);
        self.stalls.add(other.stalls);
    }
}

impl Stalls {
    fn add(&mut self, other: Self) {
        self.time += other.time;
        self.computing += other.computing;
        self.waiting += other.waiting;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ms;

    #[test]
    fn nothing_measured_is_not_late() {
        let none = Lateness::default();
        assert_eq!((none.share_later_than(Duration::ZERO), none.longest(), none.stalled_share()), (0.0, ms(0), 0.0));
    }

    #[test]
    fn merged_threads_share_their_time() {
        let mut one = Lateness::default();
        (0..10).for_each(|_| one.record(ms(0)));
        let mut other = Lateness::default();
        (0..10).for_each(|tick| other.record(ms(5) * (10 - tick)));
        other.record_stall(Stalls { time: ms(50), computing: ms(45), waiting: ms(3) });
        one.merge(&other);
        assert_eq!((one.longest(), one.share_later_than(ms(10))), (ms(50), 0.4));
        assert_eq!(one.stalls(), Stalls { time: ms(50), computing: ms(45), waiting: ms(3) });
        assert!((one.stalled_share() - 0.5).abs() < 1e-9, "50 ms of 2 · 50 ms");
    }
}
