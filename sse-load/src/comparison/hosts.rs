//! All figures of two hosts.

use std::path::{Path, PathBuf};

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::SCHEMA_VERSION;
use super::compared::{Rule, compared};
use crate::baseline::Compared;
use crate::report::Report;
use crate::slo::{ALL, Figure, Verdict, e2e, error_rate, icl, ttft};

/// What the two hosts are called, and what the folders of their blocks begin with.
pub const SIDES: [&str; 2] = ["before", "after"];

/// The probability that any of the figures is called worse though it is not, by more than the tolerance.
const ALPHA: f64 = 0.05;

/// Two hosts under the same load, block by block. `Display` prints the table.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # #[sse_user(host = "http://127.0.0.1:1")]
/// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
/// let test = ChatUser::load_test("candidate").users(20).run_time(secs(6));
/// let comparison = test.compare_hosts("http://stable:8080", "http://candidate:8080").run();
/// for compared in comparison.compared() {
///     println!("{}: {:?}", compared.figure.quantity, compared.verdict);
/// }
/// comparison.assert();
/// ```
#[derive(Clone, Debug)]
#[must_use = "a comparison that nobody looks at gates nothing"]
pub struct ComparedHosts {
    name: String,
    tolerance: f64,
    figures: Vec<Figure>,
    blocks: Vec<[Report; 2]>,
    compared: Vec<Compared>,
    cut_short: Option<String>,
    folder: Option<PathBuf>,
}

impl ComparedHosts {
    /// One without a block. Without figures it compares the default ones.
    pub fn new(name: String, figures: Vec<Figure>, tolerance: f64) -> Self {
        let (blocks, compared) = (Vec::new(), Vec::new());
        Self { name, tolerance, figures, blocks, compared, cut_short: None, folder: None }
    }

    /// Says why blocks are missing.
    pub fn cut_short(&mut self, reason: String) {
        self.cut_short = Some(reason);
    }

    /// Says where the files are.
    pub fn set_folder(&mut self, folder: Option<PathBuf>) {
        self.folder = folder;
    }

    /// Adds a pair of blocks.
    pub fn push(&mut self, pair: [Report; 2]) {
        self.blocks.push(pair);
    }

    /// Compares what the blocks have.
    pub fn conclude(&mut self) {
        let figures = if self.figures.is_empty() { default_figures(&self.blocks) } else { self.figures.clone() };
        #[expect(clippy::cast_precision_loss, reason = "figures are few")]
        let rule = Rule { tolerance: self.tolerance, alpha: ALPHA / figures.len().max(1) as f64 };
        self.compared = figures.into_iter().map(|figure| compared(figure, &self.blocks, rule)).collect();
    }

    /// The name of the load test.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hosts, before and after, without user name and password; none if no pair of blocks ran.
    #[must_use]
    pub fn hosts(&self) -> Option<[&str; 2]> {
        let [before, after] = self.blocks.first()?.each_ref().map(|report| report.plan().classes.first());
        Some([before?.host.as_str(), after?.host.as_str()])
    }

    /// How much worse a figure may be.
    #[must_use]
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// The reports of the blocks, in pairs of before and after.
    pub fn blocks(&self) -> &[[Report; 2]] {
        &self.blocks
    }

    /// The figures, each with its verdict.
    #[must_use]
    pub fn compared(&self) -> &[Compared] {
        &self.compared
    }

    /// How many figures have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.compared.iter().filter(|compared| compared.verdict == verdict).count()
    }

    /// Why blocks are missing: Ctrl-C, or a load test that could not be run.
    #[must_use]
    pub fn why_cut_short(&self) -> Option<&str> {
        self.cut_short.as_deref()
    }

    /// The folder of the files, with one folder in it for each block; `None` if it could not be written.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Whether all blocks ran, all figures can be compared, and none is proven to be worse by more than the tolerance. What is not
    /// proven passes: blocks of a few seconds prove that two hosts are equal only within wide limits.
    #[must_use]
    pub fn passed(&self) -> bool {
        let failed = |compared: &Compared| matches!(compared.verdict, Verdict::Miss | Verdict::Invalid);
        self.cut_short.is_none() && !self.compared.is_empty() && !self.compared.iter().any(failed)
    }

    /// Panics with the table unless it [`passed`](Self::passed).
    ///
    /// # Panics
    /// When a figure is worse, or the hosts can't be compared. The panic names the caller's line.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.passed(), "{self}");
    }
}

/// Of each request name that any block has; a name that another lacks can't be compared, and is to be seen.
fn default_figures(blocks: &[[Report; 2]]) -> Vec<Figure> {
    let mut names: Vec<&str> = Vec::new();
    for request in blocks.iter().flatten().flat_map(Report::requests) {
        if !names.contains(&request.name()) {
            names.push(request.name());
        }
    }
    names.sort_unstable();
    let of_name = |name: &str| {
        let has_gaps = |report: &Report| report.try_request(name).is_some_and(|request| request.icl().count() > 0);
        let gaps = blocks.iter().flatten().any(has_gaps).then(|| icl(name).p95());
        let figures = [ttft(name).p50(), ttft(name).p95()].into_iter().chain(gaps).chain([e2e(name).p50()]);
        figures.map(Figure::from).collect::<Vec<_>>()
    };
    names.into_iter().flat_map(of_name).chain([Figure::from(error_rate().of(ALL))]).collect()
}

impl Serialize for ComparedHosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut comparison = serializer.serialize_struct("ComparedHosts", 8)?;
        comparison.serialize_field("schema_version", &SCHEMA_VERSION)?;
        comparison.serialize_field("name", &self.name)?;
        comparison.serialize_field("hosts", &self.hosts())?;
        comparison.serialize_field("pairs", &self.blocks.len())?;
        comparison.serialize_field("tolerance", &self.tolerance)?;
        comparison.serialize_field("passed", &self.passed())?;
        comparison.serialize_field("cut_short", &self.cut_short)?;
        comparison.serialize_field("figures", &self.compared.iter().map(Row::of).collect::<Vec<_>>())?;
        comparison.end()
    }
}

/// A figure as JSON has it.
#[derive(Serialize)]
struct Row {
    figure: String,
    verdict: Verdict,
    improved: bool,
    /// `ratio` or `difference`.
    kind: &'static str,
    change: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    reason: String,
}

impl Row {
    fn of(compared: &Compared) -> Self {
        let number = |number: f64| number.is_finite().then_some(number);
        Self {
            figure: compared.figure.to_string(),
            verdict: compared.verdict,
            improved: compared.is_improved(),
            kind: if compared.figure.is_share() { "difference" } else { "ratio" },
            change: number(compared.change),
            low: number(compared.interval.0),
            high: number(compared.interval.1),
            reason: compared.reason.clone(),
        }
    }
}
