//! What came of a check.

use std::time::Duration;

use super::{Objective, Value};
use crate::report::{Artifacts, FailureSummary, PlanSummary, Profile, WorstSample};
use crate::sample::Metric;

/// What a check says of one objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The limit was kept.
    Pass,
    /// The limit was not kept.
    Miss,
    /// The figure can't be had, so nothing is proven: no sample, an unknown name, tokens counted in two ways.
    Invalid,
}

/// One objective with what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The objective.
    pub objective: Objective,
    /// The verdict on it.
    pub verdict: Verdict,
    /// What was measured; `None` when the verdict is [`Verdict::Invalid`].
    pub value: Option<Value>,
    /// Of how many samples.
    pub n: u64,
    /// Of those, failed requests.
    pub failed: u64,
    /// Why the figure can't be had.
    pub reason: String,
}

/// All verdicts of one check. `Display` prints the block.
#[derive(Clone, Debug)]
#[must_use = "a check that nobody looks at gates nothing: use `report.assert(..)`, or look at `passed()`"]
pub struct Verdicts {
    pub(super) name: String,
    pub(super) judged: Vec<Judged>,
    pub(super) plan: PlanSummary,
    pub(super) window: Duration,
    pub(super) interrupted: bool,
    pub(super) requests: u64,
    pub(super) profile: Profile,
    pub(super) failures: Vec<FailureSummary>,
    pub(super) worst: Vec<(Metric, WorstSample)>,
    pub(super) artifacts: Artifacts,
}

impl Verdicts {
    /// Whether every objective passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.judged.iter().all(|judged| judged.verdict == Verdict::Pass)
    }

    /// Each objective with what was measured: those that did not pass first.
    #[must_use]
    pub fn judged(&self) -> &[Judged] {
        &self.judged
    }

    /// How many have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.judged.iter().filter(|judged| judged.verdict == verdict).count()
    }

    /// The name of the load test.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was asked for.
    #[must_use]
    pub fn plan(&self) -> &PlanSummary {
        &self.plan
    }

    /// The measured window.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }

    /// Whether Ctrl-C ended the window early.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        self.interrupted
    }

    /// Finished requests of the run.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// How the test was built.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Failed requests by cause, most first.
    #[must_use]
    pub fn failures(&self) -> &[FailureSummary] {
        &self.failures
    }

    /// For each metric whose objective missed, the request with the largest value.
    #[must_use]
    pub fn worst(&self) -> &[(Metric, WorstSample)] {
        &self.worst
    }

    /// Where the files of the run are.
    #[must_use]
    pub fn artifacts(&self) -> &Artifacts {
        &self.artifacts
    }
}
