//! The report.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::summaries::{FailureSummary, MalformedSummary, PanicSummary, TaskErrorSummary, TaskSummary};
use super::{Baselines, CustomReport, Health, Machine, PlanSummary, RequestReport, SlowestRequests};
use crate::client::Spent;
use crate::objective::{Expected, Objective};
use crate::record::{Arrived, Course, RequestLimit, ServerCourse};
use crate::stats::seconds;

/// The number of the report's form. It changes when a field changes its meaning or goes; new fields keep it.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run found. `Display` prints the table; [`render::json`](crate::render::json) writes all of it.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn gate(report: &Report) {
/// assert!(report.request("chat").ttft().p95() < ms(250), "{report}");
/// assert!(report.total().request_rate() >= Rate::per_sec(30.0), "{report}");
/// for failure in report.failures() {
///     println!("{} × {} in {}", failure.count, failure.summary, failure.origin);
/// }
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[must_use = "a load test whose report nobody looks at gates nothing"]
pub struct Report {
    pub(super) schema_version: u32,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) profile: Profile,
    pub(super) started_unix: f64,
    #[serde(with = "seconds")]
    pub(super) window: Duration,
    #[serde(with = "seconds")]
    pub(super) drained: Duration,
    pub(super) ending: Ending,
    pub(super) machine: Machine,
    pub(super) plan: PlanSummary,
    pub(super) total: RequestReport,
    pub(super) requests: Vec<RequestReport>,
    pub(super) turns: Vec<RequestReport>,
    pub(super) user_classes: Vec<RequestReport>,
    pub(super) tags: Vec<RequestReport>,
    pub(super) customs: Vec<CustomReport>,
    pub(super) good_if: Option<Vec<RequestLimit>>,
    pub(super) failures: Vec<FailureSummary>,
    pub(super) task_error_count: u64,
    pub(super) task_errors: Vec<TaskErrorSummary>,
    pub(super) panic_count: u64,
    pub(super) panics: Vec<PanicSummary>,
    pub(super) malformed: Vec<MalformedSummary>,
    pub(super) tasks: Vec<TaskSummary>,
    pub(super) arrivals: Arrived,
    pub(super) spent: Option<Spent>,
    pub(super) health: Health,
    pub(super) course: Course,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) server: Option<ServerCourse>,
    pub(super) slowest: SlowestRequests,
    pub(super) warnings: Vec<String>,
    #[serde(default, skip_serializing_if = "Expected::is_empty")]
    pub(super) expected: Expected,
    /// Requests that began among those of this report and had not ended when it was made.
    #[serde(skip)]
    pub(super) in_flight: Option<u64>,
    #[serde(default)]
    pub(super) on_inconclusive: OnInconclusive,
    #[serde(skip)]
    pub(super) artifacts: Artifacts,
    #[serde(skip)]
    pub(super) baselines: Baselines,
}

/// How the test was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// With optimisations.
    Release,
    /// Without: the harness itself is slow, so its figures are too large.
    Debug,
}

/// What a verdict means for the test that the samples do not prove, where no objective says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInconclusive {
    /// The check fails: what is not proven does not pass.
    #[default]
    Fail,
    /// The check passes.
    Pass,
    /// The check passes, and says on stderr that it was skipped: a test can't skip itself.
    Skip,
}

/// How the measured window ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// The run time was over.
    Complete,
    /// Ctrl-C.
    Interrupted,
    /// A further request would not have fitted into the budget.
    BudgetSpent,
    /// Every expected objective was decided, or one of them missed.
    Decided,
}

/// Where files of the run go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// The folder of this test's files; `None` if it could not be written.
    pub folder: Option<PathBuf>,
    /// The file with a row for each request, if the run wrote one.
    pub request_log: Option<PathBuf>,
    /// Where a Markdown summary is appended, such as GitHub's step summary.
    pub step_summary: Option<PathBuf>,
    /// Whether a failed assertion prints an annotation for GitHub Actions.
    pub annotations: bool,
}

impl Artifacts {
    /// The page with the plots, which people look at.
    #[must_use]
    pub fn page(&self) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join("report.html"))
    }

    /// The verdicts as `JUnit` XML, which CI systems show as tests.
    #[must_use]
    pub fn junit(&self) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join("junit.xml"))
    }
}

impl Report {
    /// The name of the load test.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of sse-load that wrote it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The figures of each request name, in alphabetical order.
    #[must_use]
    pub fn requests(&self) -> &[RequestReport] {
        &self.requests
    }

    /// The figures of each turn of conversations, as `{name} turn {n}`, in order; their requests are among those of the name too.
    #[must_use]
    pub fn turns(&self) -> &[RequestReport] {
        &self.turns
    }

    /// The figures of each user class that made requests, in alphabetical order.
    #[must_use]
    pub fn user_classes(&self) -> &[RequestReport] {
        &self.user_classes
    }

    /// The figures of each label of the tasks that made requests, in alphabetical order; a request is among those of each label
    /// of its task.
    #[must_use]
    pub fn tags(&self) -> &[RequestReport] {
        &self.tags
    }

    /// The limits that a good request keeps, as `.good_if(..)` gave them; `None` where nothing says what a good request is.
    #[must_use]
    pub fn good_if(&self) -> Option<&[RequestLimit]> {
        self.good_if.as_deref()
    }

    /// The figures of all requests together.
    #[must_use]
    pub fn total(&self) -> &RequestReport {
        &self.total
    }

    /// The measured window.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }

    /// From the end of the window until the last user stopped.
    #[must_use]
    pub fn drained(&self) -> Duration {
        self.drained
    }

    /// How the window ended.
    #[must_use]
    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// How the test was built.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// When the run began, in seconds since 1970.
    #[must_use]
    pub fn started_unix(&self) -> f64 {
        self.started_unix
    }

    /// What was asked for.
    #[must_use]
    pub fn plan(&self) -> &PlanSummary {
        &self.plan
    }

    /// The seed of every random choice; `SSE_LOAD_SEED` replays it.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.plan.seed
    }

    /// Failed requests by cause, most first.
    #[must_use]
    pub fn failures(&self) -> &[FailureSummary] {
        &self.failures
    }

    /// What was spent, of a run with a budget.
    #[must_use]
    pub fn spent(&self) -> Option<Spent> {
        self.spent
    }

    /// How well the generator itself was.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// What went on when, ramp and drain among it.
    #[must_use]
    pub fn course(&self) -> &Course {
        &self.course
    }

    /// What the server told of itself, where [`server_metrics`](crate::LoadTest::server_metrics) asked for it.
    ///
    /// ```no_run
    /// # use sse_load::prelude::*;
    /// use sse_load::record::ServerFigure;
    ///
    /// # fn look(report: &Report) {
    /// let waiting = report.server().and_then(|server| server.metric(ServerFigure::RequestsWaiting)?.window);
    /// if let Some(waiting) = waiting {
    ///     println!("at most {} requests waited", waiting.most);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn server(&self) -> Option<&ServerCourse> {
        self.server.as_ref()
    }

    /// Says what the server told of itself, and what makes that doubtful.
    pub fn set_server(&mut self, server: ServerCourse, warnings: impl IntoIterator<Item = String>) {
        self.server = Some(server);
        self.warnings.extend(warnings);
    }

    /// The slowest requests, with what was seen of each when.
    #[must_use]
    pub fn slowest(&self) -> &SlowestRequests {
        &self.slowest
    }

    /// What became of the arrivals of the open loop; all 0 in the closed one.
    #[must_use]
    pub fn arrivals(&self) -> Arrived {
        self.arrivals
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

    /// How often a task returned an error that is no failed request.
    #[must_use]
    pub fn task_error_count(&self) -> u64 {
        self.task_error_count
    }

    /// How often a task panicked.
    #[must_use]
    pub fn panic_count(&self) -> u64 {
        self.panic_count
    }

    /// Requests with events that could not be read.
    #[must_use]
    pub fn malformed(&self) -> &[MalformedSummary] {
        &self.malformed
    }

    /// How often each task ran to its end without an error, in the order of their names.
    #[must_use]
    pub fn tasks(&self) -> &[TaskSummary] {
        &self.tasks
    }

    /// What makes the figures doubtful.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Adds to what makes the figures doubtful, or what was lost beside them.
    pub fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// The objectives that the load test expects itself to keep.
    pub fn objectives(&self) -> &[Objective] {
        &self.expected.objectives
    }

    /// The objectives that the load test expects itself to keep, with what was decided of them while it ran.
    #[must_use]
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Says what the load test expects of itself.
    pub fn set_expected(&mut self, expected: Expected) {
        self.expected = expected;
    }

    /// Requests that began among those of this report and had not ended when it was made: none at the end of a run.
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.unwrap_or(0)
    }

    /// Whether it was made while the run went on: of what is told when a user or the run ends it has nothing.
    pub(crate) fn is_look(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Says how many requests had not ended.
    pub(crate) fn set_in_flight(&mut self, in_flight: u64) {
        self.in_flight = Some(in_flight);
    }

    /// The figures of every scope.
    pub(super) fn scopes_mut(&mut self) -> impl Iterator<Item = &mut RequestReport> {
        let parts = [&mut self.requests, &mut self.turns, &mut self.user_classes, &mut self.tags];
        std::iter::once(&mut self.total).chain(parts.into_iter().flatten())
    }

    /// What an inconclusive verdict means for a check.
    #[must_use]
    pub fn on_inconclusive(&self) -> OnInconclusive {
        self.on_inconclusive
    }

    /// Where the files of the run are.
    #[must_use]
    pub fn artifacts(&self) -> &Artifacts {
        &self.artifacts
    }

    /// Says where the files of the run are, so that the printed blocks can.
    pub fn set_artifacts(&mut self, artifacts: Artifacts) {
        self.artifacts = artifacts;
    }
}
