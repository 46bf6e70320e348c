//! The report on the console: two lines of what ran, the table, notes.

use std::fmt;
use std::time::Duration;

use super::columns::{Align, lines};
use super::notes::notes;
use super::plain::{one_line, shortened};
use super::units::{count, counted, full_duration, rate, seconds};
use crate::record::CustomUnit;
use crate::report::{Distribution, Ending, PlanSummary, Profile, Report, RequestReport};
use crate::sample::Metric;
use crate::stats::{Rate, Ratio, Unit};

/// The percentiles of the table; the largest value stands behind them.
const PERCENTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// Longer request names are cut in the middle.
const LONGEST_NAME: usize = 40;

/// The metrics of the table, in its order. The first is the request itself: its processing time, under the request's own name.
const ROWS: [Metric; Metric::COUNT] = [
    Metric::ProcessingTime,
    Metric::Ttft,
    Metric::TtftSched,
    Metric::Ttfo,
    Metric::Icl,
    Metric::Itl,
    Metric::MaxStall,
    Metric::Tpot,
    Metric::TokSUser,
    Metric::E2e,
    Metric::Ttfb,
    Metric::Connect,
    Metric::Queue,
    Metric::Lag,
    Metric::PromptTokens,
    Metric::CompletionTokens,
];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = one_line(self.name());
        writeln!(f, "{name}: {}", outcome(self))?;
        writeln!(f, "{:indent$}{}", "", conditions(self), indent = name.chars().count() + 2)?;
        let [turns, customs, rates] = [turns(self), customs(self), rates(self)].map(|rows| lines(&rows, first_left));
        for block in [table(self), turns, customs, rates, notes(self)] {
            if !block.is_empty() {
                writeln!(f)?;
            }
            for line in block {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

/// How much was measured.
pub(super) fn outcome(report: &Report) -> String {
    let total = report.total();
    let failed = match total.failures() {
        0 => "0 failed".to_owned(),
        failed => format!("{} failed ({})", count(failed), Ratio::of(failed, total.count())),
    };
    let rates = [format!("{} requests/s", rate(total.request_rate())), format!("{} tokens/s", token_rate(total))];
    [counted(total.count(), "request"), failed]
        .into_iter()
        .chain(rates)
        .chain(good(total))
        .collect::<Vec<_>>()
        .join(" · ")
}

/// Good requests, where something says what one is.
fn good(request: &RequestReport) -> Option<String> {
    let good = request.good()?;
    Some(format!("{} good/s ({})", rate(request.goodput()), Ratio::of(good, request.count())))
}

/// Tokens that nobody counted are not 0.
pub(super) fn token_rate(request: &RequestReport) -> String {
    if request.completion_sources().is_empty() { "–".to_owned() } else { rate(request.tok_s()) }
}

/// Under which conditions.
pub(super) fn conditions(report: &Report) -> String {
    [
        load(report.plan()),
        window(report.window(), report.ending(), report.plan().run_time),
        format!("seed {}", report.seed()),
        profile(report.profile()).to_owned(),
    ]
    .join(" · ")
}

/// Who made the load: users, sources of arrivals, or both.
pub(super) fn load(plan: &PlanSummary) -> String {
    let users = (plan.users > 0 || plan.arrivals.is_empty()).then(|| counted(plan.users, "user"));
    users.into_iter().chain(plan.arrivals.iter().cloned()).collect::<Vec<_>>().join(" + ")
}

/// The measured window, and how long it should have been if it was not.
pub(super) fn window(window: Duration, ending: Ending, planned: Duration) -> String {
    match ending {
        Ending::Complete => seconds(window),
        Ending::BudgetSpent => format!("budget spent after {} of {}", seconds(window), seconds(planned)),
        Ending::Decided => format!("decided after {} of at most {}", seconds(window), seconds(planned)),
        Ending::Interrupted => format!("interrupted after {} of {}", seconds(window), seconds(planned)),
    }
}

pub(super) fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Release => "release",
        Profile::Debug => "debug build",
    }
}

fn table(report: &Report) -> Vec<String> {
    if report.requests().is_empty() {
        return vec!["no request was made".to_owned()];
    }
    let mut rows = vec![header()];
    for (place, request) in shown(report).enumerate() {
        if place > 0 {
            rows.push(Vec::new());
        }
        rows.extend(request_rows(request));
    }
    lines(&rows, first_left)
}

/// How conversations go: the figures that change from turn to turn.
pub(super) fn turns(report: &Report) -> Vec<Vec<String>> {
    if report.turns().is_empty() {
        return Vec::new();
    }
    let head =
        ["turn", "n", "failed", "ttft p50", "ttft p95", "e2e p95", "prompt tokens p50"].map(str::to_owned).to_vec();
    let row = |turn: &RequestReport| {
        let time = |times: Distribution<'_, Duration>, q| times.try_p(q).map_or_else(|_| "–".to_owned(), full_duration);
        let prompt = turn.prompt_tokens().try_p(0.5).map_or_else(|_| "–".to_owned(), count);
        vec![
            shortened(turn.name(), LONGEST_NAME),
            count(turn.count()),
            count(turn.failures()),
            time(turn.ttft(), 0.5),
            time(turn.ttft(), 0.95),
            time(turn.e2e(), 0.95),
            prompt,
        ]
    };
    [head].into_iter().chain(report.turns().iter().map(row)).collect()
}

/// What tasks recorded beside their requests.
pub(super) fn customs(report: &Report) -> Vec<Vec<String>> {
    if report.customs().is_empty() {
        return Vec::new();
    }
    let head = header().into_iter().map(|cell| match cell.as_str() {
        "request" => "recorded by tasks".to_owned(),
        "failed" => String::new(),
        _ => cell,
    });
    let rows = report.customs().iter().map(|custom| {
        let name = shortened(custom.name(), LONGEST_NAME);
        match custom.unit() {
            CustomUnit::Time => row(name, String::new(), &custom.times(), full_duration),
            CustomUnit::Count => row(name, String::new(), &custom.counts(), count),
        }
    });
    [head.collect()].into_iter().chain(rows).collect()
}

/// Rates of each request name, where there is more than the one that the first line is about.
pub(super) fn rates(report: &Report) -> Vec<Vec<String>> {
    if report.requests().len() < 2 {
        return Vec::new();
    }
    let counts_good = report.good_if().map(|_| "good/s");
    let head = ["request", "requests/s", "tokens/s"].into_iter().chain(counts_good).map(str::to_owned).collect();
    let rows = shown(report).map(|request| {
        let figures = [shortened(request.name(), LONGEST_NAME), rate(request.request_rate()), token_rate(request)];
        let good = good(request).map(|good| good.replacen(" good/s", "", 1));
        figures.into_iter().chain(good).collect()
    });
    [head].into_iter().chain(rows).collect()
}

fn first_left(column: usize) -> Align {
    if column == 0 { Align::Left } else { Align::Right }
}

/// What the table shows: each request name, and all together at the end where there is more than one.
pub(super) fn shown(report: &Report) -> impl Iterator<Item = &RequestReport> {
    let all = (report.requests().len() > 1).then(|| report.total());
    report.requests().iter().chain(all)
}

/// The head of the table.
pub(super) fn header() -> Vec<String> {
    let percentiles = PERCENTILES.iter().map(|q| format!("p{:.0}", q * 100.0));
    ["request", "n", "failed"].into_iter().map(str::to_owned).chain(percentiles).chain(["max".to_owned()]).collect()
}

/// The rows of one request name: the request itself, and those of its metrics that a success has.
pub(super) fn request_rows(request: &RequestReport) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for metric in ROWS {
        if metric.is_rate() {
            rows.extend(metric_rows(request, metric, &request.distribution(metric), per_second));
        } else if metric.is_count() {
            rows.extend(metric_rows(request, metric, &request.distribution::<u64>(metric), count));
        } else {
            rows.extend(metric_rows(request, metric, &request.distribution(metric), full_duration));
        }
    }
    rows
}

fn per_second(value: Rate) -> String {
    format!("{}/s", rate(value))
}

/// One row, or two: where failures stand behind the successes as +∞, the successes alone follow.
fn metric_rows<U: Unit>(
    request: &RequestReport,
    metric: Metric,
    values: &Distribution<'_, U>,
    text: impl Fn(U) -> String,
) -> Vec<Vec<String>> {
    let name = shortened(request.name(), LONGEST_NAME);
    let (is_request, no_success) = (metric == Metric::ProcessingTime, values.histogram().is_empty());
    let label = if is_request { name } else { format!("{name}_{metric}") };
    let failed = if metric.counts_failures() { count(values.failures()) } else { String::new() };
    match (no_success, values.failures()) {
        (true, _) if !is_request => Vec::new(),
        (true, _) | (false, 0) => vec![row(label, failed, values, text)],
        (false, _) => vec![
            row(label, failed, values, &text),
            row("  successes alone".to_owned(), String::new(), &values.of_successes(), text),
        ],
    }
}

fn row<U: Unit>(
    label: String,
    failed: String,
    values: &Distribution<'_, U>,
    text: impl Fn(U) -> String,
) -> Vec<String> {
    let figures = PERCENTILES.iter().map(|q| values.try_p(*q)).chain([values.try_max()]);
    let figures = figures.map(|figure| figure.map_or_else(|_| "–".to_owned(), &text));
    [label, count(values.count()), failed].into_iter().chain(figures).collect()
}
