//! What happened in each second of a run.

use std::time::Duration;

use super::Window;
use crate::sample::{Metric, Outcome, Sample};

/// One second of the measured window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Requests that should have begun in it and succeeded.
    pub succeeded: u64,
    /// The sum of the times to first token of its successes.
    pub ttft: Duration,
}

impl Second {
    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.ttft += other.ttft;
    }
}

/// The seconds of the measured window, by when requests began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline(Vec<Second>);

/// More seconds than this, a day, are the last one.
const MOST_SECONDS: usize = 24 * 3600;

impl Timeline {
    /// Adds one request that began in the window, if it succeeded.
    pub(super) fn record(&mut self, sample: &Sample, window: Window) {
        if sample.outcome != Outcome::Success {
            return;
        }
        let at = (sample.stamps.intended() - window.begin).as_secs();
        let place = usize::try_from(at).unwrap_or(MOST_SECONDS).min(MOST_SECONDS - 1);
        if self.0.len() <= place {
            self.0.resize(place + 1, Second::default());
        }
        let second = &mut self.0[place];
        second.succeeded += 1;
        second.ttft += sample.stamps.duration(Metric::Ttft, None).unwrap_or_default();
    }

    /// The seconds, from the begin of the window up to the last in which a success began.
    #[must_use]
    pub fn seconds(&self) -> &[Second] {
        &self.0
    }

    /// Adds all of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), Second::default());
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            mine.merge(theirs);
        }
    }
}
