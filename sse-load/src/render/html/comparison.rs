//! A run beside its baseline: a block on the run's page, or a page of its own.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::compared;
use super::page::Page;
use super::spread::{Spread, Values};
use super::verdicts::class;
use super::{MOST_NAMES, plots, section};
use crate::baseline::{Comparison, RequestBaseline};
use crate::render::baseline::outcome;
use crate::render::plain::{one_line, shortened};
use crate::render::verdicts::LONGEST_NAME;
use crate::sample::Metric;
use crate::slo::{OnPage, Verdict};

/// The metrics whose distributions are laid over each other, in the order in which they are shown.
const METRICS: [Metric; 4] = [Metric::TtftSched, Metric::Ttft, Metric::Icl, Metric::E2e];

/// The comparison as one HTML file that loads nothing: the rows of its printed block, their changes drawn, and the distributions of
/// both runs over each other.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn keep(report: &Report) -> std::io::Result<()> {
/// let comparison = report.compare("main");
/// std::fs::write("comparison.html", sse_load::render::comparison_page(&comparison))
/// # }
/// ```
#[must_use]
pub fn comparison_page(comparison: &Comparison) -> String {
    let after = comparison.after();
    Page {
        name: &one_line(comparison.test()),
        kind: "comparison of two runs",
        lines: &[format!("compared with `{}`", one_line(comparison.name())), one_line(&after.plan.join(" · "))],
        content: section("verdicts", "Comparison", &block(comparison)),
        footer: format!("sse-load {} · {}", after.version, one_line(&after.machine.to_string())),
    }
    .html()
}

impl OnPage for Comparison {
    fn on_page(&self) -> String {
        block(self).into_string()
    }
}

fn block(comparison: &Comparison) -> Markup {
    let figures = comparison.figures();
    let verdict = if comparison.passed() { Verdict::Pass } else { comparison.verdict() };
    let outcome = outcome(comparison, &figures);
    let (outcome, of) = outcome.split_once("    ").unwrap_or((&outcome, ""));
    html! {
        article.check.(class(verdict)) {
            (compared::headline(verdict, outcome))
            @if !of.is_empty() { p { (one_line(of)) } }
            @for why in comparison.refusal().into_iter().chain(comparison.obstacles()) { p.why { (one_line(&why)) } }
            @if !figures.is_empty() {
                (compared::table(&figures, comparison.get_tolerance()))
                (distributions(comparison))
            }
        }
    }
}

/// The distributions of both runs: the time to first token of the name with the most requests, and all others folded up.
fn distributions(comparison: &Comparison) -> Markup {
    let mut pairs: Vec<_> = comparison.pairs().collect();
    pairs.sort_by_key(|(_, [_, after])| Reverse(after.finished));
    html! {
        @for (place, (name, pair)) in pairs.into_iter().take(MOST_NAMES).enumerate() {
            @let name = shortened(name, LONGEST_NAME);
            @let mut spreads = METRICS.into_iter().filter_map(|metric| spread(&name, metric, pair));
            @if place == 0 { @if let Some(first) = spreads.next() { (overlaid(&first)) } }
            @let others: Vec<_> = spreads.collect();
            @if !others.is_empty() {
                details {
                    summary { "Before and after: " (if place == 0 { "more of " } else { "" }) code { (name) } }
                    @for spread in &others { (overlaid(spread)) }
                }
            }
        }
    }
}

pub(super) fn overlaid(spread: &Spread<'_>) -> Markup {
    plots(&[(String::new(), spread.cumulative()), (String::new(), spread.percentiles())])
}

/// A metric that both runs have.
fn spread<'a>(name: &str, metric: Metric, pair: [&'a RequestBaseline; 2]) -> Option<Spread<'a>> {
    let [before, after] = pair.map(|request| request.metrics.get(&metric));
    let [before, after] = [before?, after?].map(|of| (&of.hdr, of.count()));
    let line = |name, style, (histogram, count)| Values { name, style, histogram, count };
    let lines = vec![line("before", 5, before), line("after", 1, after)];
    Some(Spread { of: format!("{name} {}", metric.words()), lines })
}
