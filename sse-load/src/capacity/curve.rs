//! How a server fares at each level.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::SCHEMA_VERSION;
use super::levels::{Trial, Tried};
use crate::report::{Report, Times};
use crate::sample::Metric;
use crate::slo::{Objective, Verdict, Verdicts};
use crate::stats::{Rate, Ratio, Unit as _};

/// How a server fares at each level. `Display` prints the table.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # use sse_load::capacity::Curve;
/// # fn look(curve: &Curve) {
/// let idle = curve.point(1.0).ttft().p95();
/// assert!(curve.point(50.0).ttft().p95() < 2 * idle, "{curve}");
/// for point in curve.points() {
///     println!("{}: {:?}", point.level(), point.verdict());
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "levels whose figures nobody looks at gate nothing"]
pub struct Curve {
    name: String,
    objectives: Vec<Objective>,
    points: Vec<Point>,
    cut_short: Option<String>,
    folder: Option<PathBuf>,
}

/// What one level showed.
#[derive(Clone, Debug)]
pub struct Point {
    trial: Trial,
    verdict: Verdict,
    reasons: Vec<String>,
    report: Report,
}

impl Curve {
    /// A curve without a point.
    pub fn new(name: String, objectives: Vec<Objective>) -> Self {
        Self { name, objectives, points: Vec::new(), cut_short: None, folder: None }
    }

    /// Adds what a trial showed; a longer trial takes the place of a shorter one of its level.
    pub fn push(&mut self, point: Point) {
        self.points.retain(|other| other.level().total_cmp(&point.level()).is_ne());
        self.points.push(point);
    }

    /// Says why levels are missing.
    pub fn cut_short(&mut self, reason: String) {
        self.cut_short = Some(reason);
    }

    /// Says where the files are.
    pub fn set_folder(&mut self, folder: Option<PathBuf>) {
        self.folder = folder;
    }

    /// What was found out, in the order of the trials.
    #[must_use]
    pub fn tried(&self) -> Vec<Tried> {
        self.points.iter().map(|point| Tried { trial: point.trial, answer: point.verdict.into() }).collect()
    }

    /// The points in the order of their levels.
    pub(crate) fn sorted(mut self) -> Self {
        self.points.sort_by(|a, b| a.level().total_cmp(&b.level()));
        self
    }

    /// The name of the search or sweep.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What each level was judged by.
    pub fn objectives(&self) -> &[Objective] {
        &self.objectives
    }

    /// One point for each level, the lowest level first.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The point of a level.
    ///
    /// # Panics
    /// When this level was not tried; the message lists those that were.
    #[must_use]
    #[track_caller]
    pub fn point(&self, level: f64) -> &Point {
        let found = self.points.iter().find(|point| point.level().total_cmp(&level).is_eq());
        found.unwrap_or_else(|| {
            let tried: Vec<_> = self.points.iter().map(|point| point.level().to_string()).collect();
            let cut_short = self.cut_short.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            panic!("level {level} was not tried, but {}{cut_short}", tried.join(", "))
        })
    }

    /// Why levels are missing: Ctrl-C, or a load test that could not be run.
    #[must_use]
    pub fn why_cut_short(&self) -> Option<&str> {
        self.cut_short.as_deref()
    }

    /// The folder of the files, with one folder in it for each level; `None` if it could not be written.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Whether every level was tried and kept every objective.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.cut_short.is_none() && self.points.iter().all(|point| point.verdict == Verdict::Pass)
    }
}

impl Point {
    /// What a trial showed, judged.
    pub fn new(trial: Trial, report: Report, verdicts: &Verdicts) -> Self {
        let judged = verdicts.judged();
        let not_passed = || judged.iter().filter(|judged| !judged.is_accepted());
        // A limit that was not kept is proven, whatever could not be had beside it.
        let worst = |verdict| not_passed().map(|judged| judged.verdict).find(|found| *found == verdict);
        let other = not_passed().map(|judged| judged.verdict).next();
        let verdict = worst(Verdict::Miss).or_else(|| worst(Verdict::Invalid)).or(other).unwrap_or(Verdict::Pass);
        let reasons = not_passed().map(ToString::to_string).collect();
        Self { trial, verdict, reasons, report }
    }

    /// The level.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.trial.level
    }

    /// What the objectives say of the level: [`Verdict::Miss`] if one was missed, else [`Verdict::Invalid`] if the figure of one
    /// can't be had, and [`Verdict::Pass`] if all were kept.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// What did not pass, each objective in a line.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }

    /// The report of the level's load test.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The time to first token of all requests: `ttft_sched` where there were arrivals, `ttft` where there were only users.
    #[must_use]
    pub fn ttft(&self) -> Times<'_> {
        self.report.total().distribution(self.ttft_metric())
    }

    /// Which of the two it is.
    #[must_use]
    pub fn ttft_metric(&self) -> Metric {
        if self.report.plan().arrivals.is_empty() { Metric::Ttft } else { Metric::TtftSched }
    }

    /// Finished requests a second.
    #[must_use]
    pub fn request_rate(&self) -> Rate {
        self.report.total().request_rate()
    }

    /// Tokens a second; `None` if nobody counted them.
    #[must_use]
    pub fn tok_s(&self) -> Option<Rate> {
        let total = self.report.total();
        (!total.completion_sources().is_empty()).then(|| total.tok_s())
    }

    /// The failed share of the requests; `None` if none ended by itself.
    #[must_use]
    pub fn error_rate(&self) -> Option<Ratio> {
        let total = self.report.total();
        (total.count() > 0).then(|| total.error_rate())
    }
}

impl Serialize for Curve {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let objectives: Vec<_> = self.objectives.iter().map(ToString::to_string).collect();
        let mut curve = serializer.serialize_struct("Curve", 5)?;
        curve.serialize_field("schema_version", &SCHEMA_VERSION)?;
        curve.serialize_field("name", &self.name)?;
        curve.serialize_field("objectives", &objectives)?;
        curve.serialize_field("cut_short", &self.cut_short)?;
        curve.serialize_field("points", &self.points)?;
        curve.end()
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let total = self.report.total();
        // A failure is +∞, which JSON has no number for.
        let seconds =
            |q| self.ttft().try_p(q).ok().filter(|time| *time != Duration::UNBOUNDED).map(|t| t.as_secs_f64());
        let figures = PointFigures {
            level: self.level(),
            verdict: self.verdict,
            reasons: &self.reasons,
            window: self.report.window().as_secs_f64(),
            seed: self.report.seed(),
            requests: total.count(),
            request_rate: self.request_rate(),
            tok_s: self.tok_s(),
            error_rate: self.error_rate(),
            ttft: Percentiles {
                metric: self.ttft_metric().name(),
                p50: seconds(0.5),
                p95: seconds(0.95),
                p99: seconds(0.99),
            },
            warnings: self.report.warnings(),
        };
        figures.serialize(serializer)
    }
}

#[derive(Serialize)]
struct PointFigures<'a> {
    level: f64,
    verdict: Verdict,
    reasons: &'a [String],
    window: f64,
    seed: u64,
    requests: u64,
    request_rate: Rate,
    tok_s: Option<Rate>,
    error_rate: Option<Ratio>,
    ttft: Percentiles,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Percentiles {
    metric: &'static str,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}
