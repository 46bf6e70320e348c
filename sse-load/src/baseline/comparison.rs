//! A run beside its baseline.

use std::panic::Location;
use std::path::{Path, PathBuf};

use super::doubts::Doubts;
use super::figures::compared;
use super::obstacles::obstacles;
use super::{Baseline, BaselineError, Compared, RequestBaseline, Tolerance};
use crate::report::Artifacts;
use crate::slo::{InSuite as _, OnPage as _, Verdict, publish};

/// A run beside its baseline. `Display` prints the block.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn gate(report: &Report) {
/// report.compare("main").assert();
///
/// let comparison = report.compare("main").tolerance(0.1).of("chat");
/// println!("{comparison}");
/// assert!(comparison.passed());
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a comparison that nobody looks at gates nothing: use `.assert()`, or look at `passed()`"]
pub struct Comparison {
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) before: Result<Baseline, BaselineError>,
    pub(super) after: Baseline,
    pub(super) doubts: Doubts,
    pub(super) outcome: Outcome,
    pub(super) candidate: Option<PathBuf>,
    pub(super) artifacts: Artifacts,
    pub(super) tolerance: Tolerance,
    pub(super) only: Vec<String>,
    pub(super) across_machines: bool,
}

/// What became of the wish to write the baseline anew.
#[derive(Debug)]
pub(super) enum Outcome {
    /// There was none.
    Compared,
    Updated,
    /// In CI each run would pass.
    Refused,
    Failed(BaselineError),
}

impl Comparison {
    /// By which share a time may grow, from 0. Default: 0.05, which is 5 %. The interval knows of the samples of two runs and not of what
    /// else differs between them, such as a neighbour on the machine; this is the room for it.
    ///
    /// # Panics
    /// When it is negative or no number.
    #[track_caller]
    pub fn tolerance(mut self, share: f64) -> Self {
        assert!(share >= 0.0, "a tolerance is a share from 0 (5 % is 0.05), but this one is {share}");
        self.tolerance.share = share;
        self
    }

    /// Compares the requests of this name only; several calls add up. Default: all.
    pub fn of(mut self, request: impl Into<String>) -> Self {
        self.only.push(request.into());
        self
    }

    /// Compares with a baseline of another machine all the same.
    pub fn across_machines(mut self) -> Self {
        self.across_machines = true;
        self
    }

    /// Each figure, those that did not pass first; none where the runs can't be compared at all.
    #[must_use]
    pub fn figures(&self) -> Vec<Compared> {
        let (Ok(before), true) = (&self.before, self.obstacles().is_empty()) else { return Vec::new() };
        let mut figures = compared(before, &self.after, &self.doubts, self.tolerance, |name| self.is_wanted(name));
        figures.sort_by_key(|figure| match figure.verdict {
            Verdict::Miss => 0,
            Verdict::Invalid => 1,
            Verdict::Inconclusive => 2,
            Verdict::Pass => 3,
        });
        figures
    }

    /// The compared request names that both runs have, with their figures before and after.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, [&RequestBaseline; 2])> {
        let before = self.before.as_ref().ok().into_iter().flat_map(|before| &before.requests);
        let wanted = before.filter(|(name, _)| self.is_wanted(name));
        wanted.filter_map(|(name, was)| Some((name.as_str(), [was, self.after.requests.get(name)?])))
    }

    fn is_wanted(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    /// Why the runs can't be compared at all: what differs, and what to do.
    #[must_use]
    pub fn obstacles(&self) -> Vec<String> {
        let mut found = match &self.before {
            Ok(before) => {
                let known =
                    |name: &&String| before.requests.contains_key(*name) || self.after.requests.contains_key(*name);
                let names: Vec<_> = before.requests.keys().map(|name| format!("`{name}`")).collect();
                let unknown = self.only.iter().filter(|name| !known(name));
                let unknown =
                    unknown.map(|name| format!("no request is named `{name}`: known names are {}", names.join(", ")));
                obstacles(before, &self.after, self.across_machines).into_iter().chain(unknown).collect()
            }
            // It is there now.
            Err(_) if self.is_updated() => Vec::new(),
            Err(error) => vec![error.to_string()],
        };
        if self.before.as_ref().is_ok_and(|before| before.requests.is_empty()) {
            found.push("the baseline has no request: save it anew".to_owned());
        }
        found.extend(self.doubts.overload.clone());
        found
    }

    /// What is wrong with the wish to write the baseline anew.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Compared | Outcome::Updated => None,
            Outcome::Refused => Some(
                "SSE_LOAD_UPDATE_BASELINE=1 is refused in CI, where every run would pass; a job made for it sets SSE_LOAD_UPDATE_BASELINE=force"
                    .to_owned(),
            ),
            Outcome::Failed(error) => Some(error.to_string()),
        }
    }

    /// What came of it: that of the worst figure. A baseline that was written anew passes.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.is_updated() {
            return Verdict::Pass;
        }
        let figures = self.figures();
        let has = |verdict: Verdict| figures.iter().any(|figure| figure.verdict == verdict);
        match () {
            () if self.refusal().is_some() || has(Verdict::Invalid) || figures.is_empty() => Verdict::Invalid,
            () if has(Verdict::Miss) => Verdict::Miss,
            () if has(Verdict::Inconclusive) => Verdict::Inconclusive,
            () => Verdict::Pass,
        }
    }

    /// Whether nothing is proven to be worse, and all could be compared.
    #[must_use]
    pub fn passed(&self) -> bool {
        matches!(self.verdict(), Verdict::Pass | Verdict::Inconclusive)
    }

    /// Whether there was no baseline to compare with.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.before.is_err()
    }

    /// Whether the baseline was written anew.
    #[must_use]
    pub fn is_updated(&self) -> bool {
        matches!(self.outcome, Outcome::Updated)
    }

    /// Panics with the printed block if a figure is proven to be worse, or something can't be compared. The block is added to the
    /// page of the run, with the distributions of both runs over each other.
    ///
    /// # Panics
    /// When it did not pass. The panic names the caller's line.
    #[track_caller]
    pub fn assert(&self) {
        publish::append_to_step_summary(&self.artifacts, self);
        publish::add(self.artifacts.page(), &self.on_page());
        publish::add(self.artifacts.junit(), &self.suite());
        if !self.passed() {
            publish::annotate(&self.artifacts, self, Location::caller());
            panic!("{self}");
        }
    }

    /// The load test.
    #[must_use]
    pub fn test(&self) -> &str {
        &self.after.test
    }

    /// The name of the baseline.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The later run.
    pub(crate) fn after(&self) -> &Baseline {
        &self.after
    }

    /// The baseline's file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// This run as a baseline, beside its report: to be reviewed and copied to [`file`](Self::file).
    #[must_use]
    pub fn candidate(&self) -> Option<&Path> {
        self.candidate.as_deref()
    }

    /// By which share a time may grow.
    #[must_use]
    pub fn get_tolerance(&self) -> f64 {
        self.tolerance.share
    }

    /// Where the files of the run are.
    #[must_use]
    pub fn artifacts(&self) -> &Artifacts {
        &self.artifacts
    }
}
