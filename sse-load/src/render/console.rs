//! The table on the console.

use std::fmt;

use super::columns::{Align, lines};
use super::units::{count, duration, seconds};
use crate::report::{Distribution, Ending, Profile, Report, RequestReport};
use crate::sample::Metric;
use crate::stats::{Ratio, Unit};

/// The percentiles of the table; the largest value stands behind them.
const PERCENTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// More groups of failures than this are only counted.
const MAX_GROUPS: usize = 10;

/// The metrics of the table, in its order. The first is the request itself: its processing time, under the request's own name.
const ROWS: [Metric; 9] = [
    Metric::ProcessingTime,
    Metric::Ttft,
    Metric::Ttfo,
    Metric::Icl,
    Metric::MaxStall,
    Metric::Tpot,
    Metric::E2e,
    Metric::PromptTokens,
    Metric::CompletionTokens,
];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", headline(self))?;
        writeln!(f)?;
        for line in table(self) {
            writeln!(f, "{line}")?;
        }
        for line in notes(self) {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

/// One line of what ran and how much.
pub(super) fn headline(report: &Report) -> String {
    let total = report.total();
    let mut parts = vec![
        format!("{} users", count(report.plan().users)),
        seconds(report.window()),
        format!("{} requests", count(total.count())),
        format!("{} requests/s", total.request_rate().number()),
        format!("{} tokens/s", total.tok_s().number()),
        format!("seed {}", report.seed()),
        profile(report.profile()).to_owned(),
    ];
    if report.ending() == Ending::Interrupted {
        parts.push(format!("interrupted, {} were planned", seconds(report.plan().run_time)));
    }
    format!("{}: {}", report.name(), parts.join(" · "))
}

pub(super) fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Release => "release",
        Profile::Debug => "debug build: figures are too large",
    }
}

fn table(report: &Report) -> Vec<String> {
    let mut rows = vec![header()];
    if report.requests().len() > 1 {
        rows.extend(request_rows(report.total()));
    }
    for request in report.requests() {
        rows.extend(request_rows(request));
    }
    if report.requests().is_empty() {
        return vec!["no request was made".to_owned()];
    }
    lines(&rows, |column| if column == 0 { Align::Left } else { Align::Right })
}

pub(super) fn header() -> Vec<String> {
    let percentiles = PERCENTILES.iter().map(|q| format!("p{:.0}", q * 100.0));
    ["request".to_owned(), "n".to_owned(), "failed".to_owned()]
        .into_iter()
        .chain(percentiles)
        .chain(["max".to_owned()])
        .collect()
}

/// The rows of one request name: those of its metrics that have a sample.
pub(super) fn request_rows(request: &RequestReport) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for metric in ROWS {
        if metric.is_count() {
            rows.extend(row(request, metric, &request.distribution::<u64>(metric), count));
        } else {
            let times = request.distribution(metric);
            rows.extend(row(request, metric, &times, duration));
            if times.failures() > 0 && !times.histogram().is_empty() {
                let mut successes = row(request, metric, &times.of_successes(), duration).unwrap_or_default();
                if let Some(label) = successes.first_mut() {
                    "  without failures".clone_into(label);
                }
                rows.push(successes);
            }
        }
    }
    rows
}

fn row<U: Unit>(
    request: &RequestReport,
    metric: Metric,
    values: &Distribution<'_, U>,
    text: impl Fn(U) -> String,
) -> Option<Vec<String>> {
    let is_request = metric == Metric::ProcessingTime;
    if values.count() == 0 {
        return None;
    }
    let name = if is_request { request.name().to_owned() } else { format!("{}_{metric}", request.name()) };
    let failed =
        if values.failures() == 0 { String::new() } else { Ratio::of(values.failures(), values.count()).to_string() };
    let figures = PERCENTILES.iter().map(|q| values.try_p(*q)).chain([values.try_max()]);
    let figures = figures.map(|figure| figure.map_or_else(|_| String::new(), &text));
    Some([name, count(values.count()), failed].into_iter().chain(figures).collect())
}

/// What stands under the table: where tokens come from, what was not counted, what went wrong.
fn notes(report: &Report) -> Vec<String> {
    let mut notes = vec![String::new()];
    let counts = report.total().counts();
    notes.extend(tokens_note(report.total()));
    for (number, what) in [
        (counts.cut_off, "requests were cut off by the end of the run; they are in no figure"),
        (counts.hung_up, "requests were dropped by their task; they are in no figure"),
        (counts.resent, "requests found their kept connection closed by the server, and went out again on a new one"),
    ] {
        if number > 0 {
            notes.push(format!("{} {what}", count(number)));
        }
    }
    let failures = report.failures().iter().map(|failure| {
        let example = if failure.example.is_empty() { String::new() } else { format!(": {}", failure.example) };
        (failure.count, format!("{}{example}", failure.summary), failure.origin.to_string())
    });
    notes.extend(groups("failed", failures));
    let errors = report.task_errors().iter();
    notes.extend(groups(
        "errors of tasks",
        errors.map(|error| (error.count, error.message.clone(), error.origin.to_string())),
    ));
    let panics = report.panics().iter();
    notes.extend(groups(
        "panics",
        panics.map(|panic| (panic.count, format!("{} at {}", panic.message, panic.location), panic.origin.to_string())),
    ));
    let malformed = report.malformed().iter();
    notes.extend(groups(
        "requests with events that could not be read",
        malformed.map(|odd| (odd.requests, odd.example.clone(), odd.request.clone())),
    ));
    notes.extend(report.warnings().iter().map(|warning| format!("warning: {warning}")));
    if let Some(folder) = &report.artifacts().folder {
        notes.push(format!("report: {}", folder.join("report.json").display()));
    }
    if notes.len() == 1 { Vec::new() } else { notes }
}

fn tokens_note(total: &RequestReport) -> Option<String> {
    let by = |sources: &std::collections::BTreeMap<crate::sample::TokenSource, u64>| {
        sources.keys().map(|source| source.name()).collect::<Vec<_>>().join(" and ")
    };
    let completion = by(total.completion_sources());
    let prompt = by(total.prompt_sources());
    match (prompt.is_empty(), completion.is_empty()) {
        (true, true) => None,
        (true, false) => Some(format!("completion tokens by {completion}")),
        (false, true) => Some(format!("prompt tokens by {prompt}")),
        (false, false) if prompt == completion => Some(format!("tokens by {prompt}")),
        (false, false) => Some(format!("prompt tokens by {prompt}, completion tokens by {completion}")),
    }
}

fn groups(title: &str, groups: impl Iterator<Item = (u64, String, String)>) -> Vec<String> {
    let groups: Vec<_> = groups.collect();
    if groups.is_empty() {
        return Vec::new();
    }
    let total: u64 = groups.iter().map(|(number, ..)| number).sum();
    let rows: Vec<_> = groups
        .iter()
        .take(MAX_GROUPS)
        .map(|(number, what, place)| vec![format!("  {} ×", count(*number)), what.clone(), place.clone()])
        .collect();
    let mut text = vec![format!("{title}: {}", count(total))];
    text.extend(lines(&rows, |column| if column == 0 { Align::Right } else { Align::Left }));
    if groups.len() > MAX_GROUPS {
        text.push(format!("  and {} more causes, see report.json", groups.len() - MAX_GROUPS));
    }
    text
}
