//! What has happened in a run since its begin.

use crate::record::{Ended, Lateness, Pulse};
use crate::stats::Histogram;

/// What has happened in a run since its begin: only ever more.
///
/// ```
/// use sse_load::progress::Totals;
/// use sse_load::record::{Ended, Pulse};
///
/// let mut totals = Totals::default();
/// totals.add(&Pulse { within: Ended { succeeded: 2, failed: 1 }, tokens: 40, ..Pulse::default() });
/// totals.add(&Pulse { within: Ended { succeeded: 1, failed: 0 }, ..Pulse::default() });
/// assert_eq!((totals.within.succeeded, totals.within.failed, totals.tokens), (3, 1, 40));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Requests of the measured window that ended.
    pub within: Ended,
    /// Requests of ramp and warm-up that ended.
    pub outside: Ended,
    /// Tokens of those that succeeded, as far as they are counted.
    pub tokens: u64,
    /// Their generated events.
    pub events: u64,
    /// Their times to the first token, in microseconds.
    pub ttft: Histogram,
    /// How late the measuring threads were.
    pub lateness: Lateness,
}

impl Totals {
    /// Adds what has happened since.
    pub fn add(&mut self, pulse: &Pulse) {
        for (all, more) in [(&mut self.within, pulse.within), (&mut self.outside, pulse.outside)] {
            all.succeeded += more.succeeded;
            all.failed += more.failed;
        }
        self.tokens += pulse.tokens;
        self.events += pulse.events;
        self.ttft.merge(&pulse.ttft);
        self.lateness.merge(&pulse.lateness);
    }
}
