//! What stands under the table: where tokens come from, what was not counted, what went wrong.

use std::collections::BTreeMap;

use super::causes::{Cause, causes, listed};
use super::health::health;
use super::plain::one_line;
use super::server::server;
use super::traces::slowest;
use super::units::{count, counted};
use crate::client::Spent;
use crate::record::{Counts, RequestLimit};
use crate::report::{Artifacts, Report, RequestReport, TaskErrorSummary};
use crate::sample::TokenSource;

/// More causes than this are only counted.
const MOST_CAUSES: usize = 10;

/// The notes, a line each.
pub(super) fn notes(report: &Report) -> Vec<String> {
    [facts(report), slowest(report.slowest()), troubles(report)].concat()
}

/// What went wrong and what makes the figures doubtful, a line each.
pub(super) fn troubles(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    let named = report.requests().len() > 1;
    let malformed = report.malformed().iter().map(|odd| odd.requests).sum();
    notes.extend(group("failed requests", report.total().failures(), &causes(report.failures(), named)));
    notes.extend(task_errors(report.task_errors()));
    notes.extend(group("panics", report.panic_count(), &causes(report.panics(), named)));
    notes.extend(group("requests with events that could not be read", malformed, &causes(report.malformed(), named)));
    notes.extend(warnings(report.warnings()));
    let log = report.artifacts().request_log.as_ref();
    notes.extend(log.map(|path| format!("request log: {}", one_line(&path.display().to_string()))));
    notes.extend(report_path(report.artifacts()));
    notes
}

/// What is to be known of the figures, a line each.
pub(super) fn facts(report: &Report) -> Vec<String> {
    let counts = report.total().counts();
    let mut notes = Vec::new();
    notes.extend(health(report.health()));
    notes.extend(report.server().map(server));
    notes.extend(token_source(report.total()));
    notes.extend(report.spent().map(spent));
    notes.extend(report.good_if().map(good_if));
    if counts.outside > 0 {
        notes.push(outside(counts));
    }
    for (number, what) in [
        (counts.cut_off, "cut off by the end of the run, in no figure"),
        (counts.hung_up, "hung up before the end, in no figure"),
        (counts.retries, "attempts after a failed one, as the task asked"),
        (counts.reused, "answered on a kept connection, `connect` 0"),
        (counts.resent, "sent again, since the server had closed their kept connection"),
    ] {
        if number > 0 {
            notes.push(format!("{what}: {}", count(number)));
        }
    }
    notes
}

/// Requests of ramp, warm-up and goodbyes.
fn outside(counts: &Counts) -> String {
    let failed =
        if counts.outside_failed > 0 { format!(" ({} failed)", count(counts.outside_failed)) } else { String::new() };
    format!("begun outside of the measured window, in no figure: {}{failed}", count(counts.outside))
}

/// What a good request is.
fn good_if(limits: &[RequestLimit]) -> String {
    let limits = limits.iter().map(|limit| format!(", {limit}"));
    format!("good: succeeded{}", limits.collect::<String>())
}

/// What a run with a budget has cost.
fn spent(spent: Spent) -> String {
    let usd = if spent.usd > 0.0 { format!(", ${:.4}", spent.usd) } else { String::new() };
    format!("spent: {}, {}{usd}", counted(spent.requests, "request"), counted(spent.tokens, "token"))
}

/// Errors that tasks returned.
pub(super) fn task_errors(errors: &[TaskErrorSummary]) -> Vec<String> {
    group("errors of tasks", errors.iter().map(|error| error.count).sum(), &causes(errors, false))
}

/// What makes the figures doubtful.
pub(super) fn warnings(warnings: &[String]) -> impl Iterator<Item = String> {
    warnings.iter().map(|warning| format!("warning: {}", one_line(warning)))
}

/// Where the whole report is.
pub(super) fn report_path(artifacts: &Artifacts) -> Option<String> {
    Some(format!("report: {}", one_line(&artifacts.page()?.display().to_string())))
}

fn group(title: &str, total: u64, causes: &[Cause<'_>]) -> Vec<String> {
    if total == 0 {
        return Vec::new();
    }
    let mut text = vec![format!("{title}: {}", count(total))];
    text.extend(listed(causes, MOST_CAUSES, "  "));
    text
}

fn token_source(total: &RequestReport) -> Option<String> {
    let (prompt, completion) = (sources(total.prompt_sources()), sources(total.completion_sources()));
    let said = match (prompt, completion) {
        (None, None) => return None,
        (None, Some(completion)) => format!("{completion} for replies"),
        (Some(prompt), None) => format!("{prompt} for prompts"),
        (Some(prompt), Some(completion)) if prompt == completion => prompt,
        (Some(prompt), Some(completion)) => format!("{prompt} for prompts, {completion} for replies"),
    };
    let names: Vec<_> = total.tokenizers().keys().map(|name| one_line(name)).collect();
    let by = if names.is_empty() { String::new() } else { format!(" (tokenizer: {})", names.join(", ")) };
    Some(format!("token source: {said}{by}"))
}

/// The source, or how many requests each of several has.
fn sources(sources: &BTreeMap<TokenSource, u64>) -> Option<String> {
    match sources.len() {
        0 => None,
        1 => sources.keys().next().map(|source| source.name().to_owned()),
        _ => {
            let each: Vec<_> =
                sources.iter().map(|(source, n)| format!("{} ({})", source.name(), counted(*n, "request"))).collect();
            Some(each.join(" and "))
        }
    }
}
