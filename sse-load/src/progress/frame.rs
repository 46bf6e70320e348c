//! What is shown of a run at one moment.

use std::time::Duration;

use crate::record::{Lateness, STALL};
use crate::slo::Judged;
use crate::stats::{Rate, Ratio};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Users come.
    Ramp,
    /// All are there, and nothing is measured yet.
    WarmUp,
    /// The measured window.
    Measure,
    /// No request begins any more; those in flight finish.
    Drain,
}

/// The load at one moment, as it is planned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Users of the closed loop.
    pub users: Option<u64>,
    /// Arrivals of the open loop.
    pub arrivals: Option<Rate>,
}

/// What comes out of the server, over the last seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Throughput {
    /// Tokens of the requests that ended.
    Tokens(Rate),
    /// Their generated events, as long as no tokens are counted.
    Events(Rate),
}

/// How the generator itself is, over the last seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Generator {
    /// How late events are read at p99; `None` before the measured window.
    pub late: Option<Duration>,
    /// The share of the time in which its threads stalled.
    pub stalled: Ratio,
    /// The share of the processors that it may use.
    pub used: Option<Ratio>,
    /// How many these are.
    pub cores: f64,
}

impl Generator {
    /// A processor that is used to this share has none left.
    const FULL: f64 = 0.9;

    /// Threads that stall for more than this share of their time don't deliver the load.
    const STALLED: f64 = 0.1;

    /// One that was so late.
    #[must_use]
    pub fn new(lateness: &Lateness, used: Option<Ratio>, cores: f64) -> Self {
        let late = lateness.histogram().quantile(0.99).map(Duration::from_micros);
        Self { late, stalled: Ratio::from(lateness.stalled_share()), used, cores }
    }

    /// In a word: `ok`, `late`, `busy` or `overloaded`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        if self.stalled.get() > Self::STALLED {
            "overloaded"
        } else if self.used.is_some_and(|used| used.get() > Self::FULL) {
            "busy"
        } else if self.late.is_some_and(|late| late > STALL) {
            "late"
        } else {
            "ok"
        }
    }
}

/// What is shown of a run at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The load test.
    pub name: String,
    /// Where it stands.
    pub phase: Phase,
    /// How long this phase has lasted.
    pub elapsed: Duration,
    /// How long it lasts, at the longest.
    pub of: Duration,
    /// The load.
    pub load: Load,
    /// Requests that have begun and not ended.
    pub in_flight: u64,
    /// Requests that ended: of ramp and warm-up until these are over, of the measured window from then on.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// What failed most often, and how often: why a request failed, or what a task returned or panicked with.
    pub trouble: Option<(String, u64)>,
    /// Time to the first token over the last seconds: p50 and p95.
    pub ttft: Option<(Duration, Duration)>,
    /// Its p95 over the time of the run, from the begin.
    pub ttft_p95: Vec<Option<Duration>>,
    /// What comes out of the server.
    pub throughput: Option<Throughput>,
    /// What is expected, judged by the requests so far.
    pub expected: Vec<Judged>,
    /// How the generator is.
    pub generator: Generator,
}
