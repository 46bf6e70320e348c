//! The report as a page: one file with everything in it.

mod cards;
mod compared;
mod comparison;
mod curve;
mod dots;
mod frame;
mod hosts;
mod over_time;
mod page;
mod plot;
mod scale;
mod server;
mod spread;
mod tables;
mod traces;
mod verdicts;

use std::cmp::Reverse;
use std::time::{Duration, UNIX_EPOCH};

use maud::{Markup, PreEscaped, html as markup};

pub use self::comparison::comparison_page;
pub use self::curve::{capacity_page, curve_page};
pub use self::hosts::hosts_page;
use self::page::Page;
use self::plot::Plot;
use self::spread::Spread;
use super::console::conditions;
use super::notes::facts;
use super::plain::one_line;
use crate::report::{Report, RequestReport};
use crate::sample::Metric;
use crate::slo::PLACE_OF_CHECKS;

/// Delays over time that have a plot, for all requests and for each name.
const DELAYS: [Metric; 4] = [Metric::Ttft, Metric::TtftSched, Metric::Icl, Metric::E2e];

/// Request names that have plots of their own: those with the most requests.
const MOST_NAMES: usize = 5;

/// The report as one HTML file that loads nothing: it works offline, by mail, on paper, without scripts, and in the dark.
///
/// Plots over time have a dot for all requests of a slice of the run whose values differ by no more than 3.2 %, so the file is small
/// however many requests there were, and no peak is lost. Objectives that the load test expects of itself are judged on it; a
/// check after the run adds its block to the file.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn keep(report: &Report) -> std::io::Result<()> {
/// std::fs::write("report.html", sse_load::render::html(report))
/// # }
/// ```
#[must_use]
pub fn html(report: &Report) -> String {
    let started = UNIX_EPOCH + Duration::from_secs_f64(report.started_unix().max(0.0));
    Page {
        name: &one_line(report.name()),
        kind: "load test report",
        lines: &[conditions(report), format!("begun {}", httpdate::fmt_http_date(started))],
        content: sections(report, "Verdicts", &checks(report)),
        footer: format!(
            "sse-load {} · {} · report.json beside this file has every figure{}.",
            report.version(),
            report.machine(),
            of_log(report)
        ),
    }
    .html()
}

/// All that the page has of a report, with what is said of its verdicts.
pub(super) fn sections(report: &Report, title: &str, verdicts: &Markup) -> Markup {
    markup! {
        (section("verdicts", title, verdicts))
        (section("summary", "Summary", &markup! { (cards::cards(report)) (warnings(report)) }))
        (section("delays", "Delays over time", &plots(&delays(report))))
        (names(report))
        (section("load", "Load and throughput", &plots(&course(report))))
        (section("spread", "Distributions", &plots(&spread(report.total(), "all"))))
        (section("requests", "Requests", &tables::figures(report)))
        (section("wrong", "What went wrong", &tables::went_wrong(report)))
        (section("slowest", "Slowest requests", &traces::slowest(report.slowest())))
        (section("generator", "Generator and plan", &markup! {
            ul.notes { @for fact in facts(report) { li { (fact) } } }
            (plots(&[("lateness".to_owned(), over_time::lateness(report))]))
            (tables::plan(report))
        }))
    }
}

/// A part of the page; none where it has nothing.
fn section(id: &str, title: &str, content: &Markup) -> Markup {
    if content.0.is_empty() {
        return markup! {};
    }
    markup! { section id=(id) { h2 { (title) } (content) } }
}

/// What the run expects of itself, and the place where later checks are added.
pub(super) fn checks(report: &Report) -> Markup {
    markup! {
        @if report.objectives().is_empty() {
            p.unchecked { "No objective was checked." }
        } @else {
            (verdicts::block(&report.verdicts()))
        }
        (PreEscaped(PLACE_OF_CHECKS))
    }
}

fn warnings(report: &Report) -> Markup {
    if report.warnings().is_empty() {
        return markup! {};
    }
    markup! { ul.warnings { @for warning in report.warnings() { li { strong { "Warning: " } (one_line(warning)) } } } }
}

type Named = (String, Option<Plot>);

fn plots(plots: &[Named]) -> Markup {
    if plots.iter().all(|(_, plot)| plot.is_none()) {
        return markup! {};
    }
    markup! { div.plots { @for (id, plot) in plots { @if let Some(plot) = plot { (plot.figure(id)) } } } }
}

fn of_request(request: &RequestReport, id: &str) -> Vec<Named> {
    let there = DELAYS.into_iter().filter(|metric| request.over_time(*metric).total() > 0);
    // An odd one has a row of its own.
    let is_odd = !there.clone().count().is_multiple_of(2);
    let plot = |(place, metric): (usize, Metric)| {
        (format!("{}-{id}", metric.name()), over_time::delays(request, metric, is_odd && place == 0))
    };
    there.enumerate().map(plot).collect()
}

/// Those of all requests, with the server's own view of them under the time to first token.
fn delays(report: &Report) -> Vec<Named> {
    let mut delays = of_request(report.total(), "all");
    let under = server::under_delays(report);
    if !under.is_empty() {
        // What shares its time is as wide, and an odd one of the others has a row of its own.
        let is_odd = delays.len().is_multiple_of(2);
        for (place, (_, plot)) in delays.iter_mut().enumerate() {
            if let Some(plot) = plot {
                plot.is_wide = place == 0 || (place == 1 && is_odd);
            }
        }
    }
    let first = delays.len().min(1);
    delays.splice(first..first, under);
    delays
}

/// What the page says of the request log, if there is one.
fn of_log(report: &Report) -> String {
    let name = report.artifacts().request_log.as_ref().and_then(|path| path.file_name());
    name.map(|name| format!(", and {} every request", name.display())).unwrap_or_default()
}

/// The same for each request name, folded up.
fn names(report: &Report) -> Markup {
    if report.requests().len() < 2 {
        return markup! {};
    }
    let mut names: Vec<_> = report.requests().iter().collect();
    names.sort_by_key(|request| Reverse(request.count()));
    markup! {
        @for (place, request) in names.into_iter().take(MOST_NAMES).enumerate() {
            details {
                summary { "Delays of " code { (one_line(request.name())) } }
                (plots(&of_request(request, &place.to_string())))
                (plots(&spread(request, &place.to_string())))
            }
        }
    }
}

fn course(report: &Report) -> Vec<Named> {
    let mut plots: Vec<Named> = [
        ("load-over-time", over_time::load(report)),
        ("rates", over_time::rates(report)),
        ("tokens", over_time::tokens(report)),
        ("failures", over_time::failures(report)),
    ]
    .map(|(id, plot)| (id.to_owned(), plot))
    .into_iter()
    .chain(server::others(report))
    .collect();
    let is_odd = !plots.iter().filter(|(_, plot)| plot.is_some()).count().is_multiple_of(2);
    if let Some(first) = plots.iter_mut().find_map(|(_, plot)| plot.as_mut()) {
        // An odd one has a row of its own.
        first.is_wide = is_odd;
    }
    plots
}

fn spread(request: &RequestReport, id: &str) -> Vec<Named> {
    let spread = Spread::of_request(request);
    vec![(format!("cumulative-{id}"), spread.cumulative()), (format!("percentiles-{id}"), spread.percentiles())]
}
