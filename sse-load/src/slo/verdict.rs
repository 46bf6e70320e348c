//! What came of a check.

use std::time::Duration;

use super::{Objective, Value, Verdict};
use crate::report::{
    Artifacts, Ending, FailureSummary, OnInconclusive, PanicSummary, PlanSummary, Profile, TaskErrorSummary,
    WorstSample,
};
use crate::sample::Metric;

/// One objective with what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The objective.
    pub objective: Objective,
    /// The verdict on it.
    pub verdict: Verdict,
    /// What was measured; `None` when the figure can't be had.
    pub value: Option<Value>,
    /// Between which values the figure lies at 95 %, where that can be said; +∞ where the samples do not reach that far.
    pub interval: Option<(Value, Value)>,
    /// Of how many samples.
    pub n: u64,
    /// Of those, failed requests.
    pub failed: u64,
    /// How many independent samples they are worth, since samples of one run hang together.
    pub effective: u64,
    /// Why the figure can't be had, or why it proves nothing: too few samples, or the generator's own fault with its cause.
    pub reason: String,
    /// How many more requests prove a pass, if none of them breaks the limit; only where samples are too few to prove anything.
    pub needs: Option<u64>,
    /// How long the run had been measured when that was decided, if it was before its end.
    pub decided_after: Option<Duration>,
}

impl Judged {
    /// One of which nothing is known yet.
    pub(crate) fn open(objective: Objective) -> Self {
        Self {
            objective,
            verdict: Verdict::Inconclusive,
            value: None,
            interval: None,
            n: 0,
            failed: 0,
            effective: 0,
            reason: String::new(),
            needs: None,
            decided_after: None,
        }
    }

    /// Whether the check passes as far as this objective goes.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        match self.verdict {
            Verdict::Pass => true,
            Verdict::Inconclusive => self.objective.accepts_inconclusive,
            Verdict::Miss | Verdict::Invalid => false,
        }
    }
}

/// The request with the largest value of a metric that was above its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstOfMissed {
    /// The metric.
    pub metric: Metric,
    /// The request, which succeeded.
    pub sample: WorstSample,
    /// Whether requests failed beside it, which are worse still.
    pub beside_failures: bool,
}

/// All verdicts of one check. `Display` prints the block.
///
/// [`Report::assert`](crate::report::Report::assert) panics with this block; [`Report::check`](crate::report::Report::check) hands it out:
///
/// ```
/// # use sse_load::prelude::*;
/// # fn judge(report: &Report) {
/// let verdicts = report.check([ttft("chat").p95().at_most(ms(250)), error_rate().at_most(0.01)]);
/// if !verdicts.passed() {
///     eprintln!("{verdicts}");
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a check that nobody looks at gates nothing: use `report.assert(..)`, or look at `passed()`"]
pub struct Verdicts {
    pub(super) name: String,
    pub(super) judged: Vec<Judged>,
    pub(super) plan: PlanSummary,
    pub(super) window: Duration,
    pub(super) ending: Ending,
    pub(super) requests: u64,
    pub(super) request_names: usize,
    pub(super) profile: Profile,
    pub(super) failures: Vec<FailureSummary>,
    pub(super) task_errors: Vec<TaskErrorSummary>,
    pub(super) panics: Vec<PanicSummary>,
    pub(super) warnings: Vec<String>,
    pub(super) worst: Vec<WorstOfMissed>,
    pub(super) on_inconclusive: OnInconclusive,
    pub(super) artifacts: Artifacts,
}

impl Verdicts {
    /// Whether every objective passed, or may be inconclusive and is.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.judged.iter().all(Judged::is_accepted)
    }

    /// Whether the check passes only because what is inconclusive is skipped.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        self.on_inconclusive == OnInconclusive::Skip && self.passed() && self.count(Verdict::Inconclusive) > 0
    }

    /// What an inconclusive verdict means, where no objective says so.
    #[must_use]
    pub fn on_inconclusive(&self) -> OnInconclusive {
        self.on_inconclusive
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

    /// How the window ended.
    #[must_use]
    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// Finished requests of the run.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// How many names the requests have.
    #[must_use]
    pub fn request_names(&self) -> usize {
        self.request_names
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

    /// Errors that tasks returned and that are no failed request, most first.
    #[must_use]
    pub fn task_errors(&self) -> &[TaskErrorSummary] {
        &self.task_errors
    }

    /// Panics of tasks by place, most first.
    #[must_use]
    pub fn panics(&self) -> &[PanicSummary] {
        &self.panics
    }

    /// What makes the figures doubtful.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// For each metric that was above its limit, the request with the largest value.
    #[must_use]
    pub fn worst(&self) -> &[WorstOfMissed] {
        &self.worst
    }

    /// Where the files of the run are.
    #[must_use]
    pub fn artifacts(&self) -> &Artifacts {
        &self.artifacts
    }
}
