//! Two hosts under the same load as a page.

use maud::{Markup, html};

use super::compared;
use super::comparison::overlaid;
use super::curve::link;
use super::page::Page;
use super::section;
use super::spread::{Spread, Values};
use super::verdicts::class;
use crate::comparison::{ComparedHosts, SIDES};
use crate::render::compared::outcomes;
use crate::render::comparison::{conditions, tolerance};
use crate::render::plain::one_line;
use crate::render::units::{count, duration};
use crate::report::Report;
use crate::sample::Metric;
use crate::slo::Verdict;
use crate::stats::Histogram;

/// The metrics whose distributions are laid over each other.
const METRICS: [Metric; 3] = [Metric::Ttft, Metric::Icl, Metric::E2e];

/// The comparison of two hosts as one HTML file that loads nothing: its figures, the distributions of both hosts over each other, and
/// a table with links to the report of each block.
///
/// ```no_run
/// # use sse_load::comparison::ComparedHosts;
/// # fn keep(comparison: &ComparedHosts) -> std::io::Result<()> {
/// std::fs::write("comparison.html", sse_load::render::hosts_page(comparison))
/// # }
/// ```
#[must_use]
pub fn hosts_page(comparison: &ComparedHosts) -> String {
    let hosts = comparison.hosts().into_iter().flat_map(|hosts| SIDES.into_iter().zip(hosts));
    let hosts = hosts.map(|(side, host)| format!("{side}: {}", one_line(host)));
    let about = [conditions(comparison).trim_start().to_owned()].into_iter().filter(|line| !line.is_empty());
    let first = comparison.blocks().first().map(|[report, _]| report);
    let on = first.map(|report| format!("sse-load {} · {}", report.version(), report.machine()));
    Page {
        name: &one_line(comparison.name()),
        kind: "comparison of two hosts",
        lines: &about.chain(hosts).collect::<Vec<_>>(),
        content: html! {
            (section("verdicts", "Comparison", &figures(comparison)))
            (section("spread", "Distributions", &distributions(comparison.blocks())))
            (section("blocks", "Blocks", &blocks(comparison.blocks())))
        },
        footer: on.unwrap_or_default(),
    }
    .html()
}

fn figures(comparison: &ComparedHosts) -> Markup {
    let verdict = match () {
        () if comparison.passed() => Verdict::Pass,
        () if comparison.count(Verdict::Miss) > 0 => Verdict::Miss,
        () => Verdict::Invalid,
    };
    html! {
        article.check.(class(verdict)) {
            (compared::headline(verdict, &outcomes(comparison.compared())))
            p { (tolerance(comparison)) }
            @if let Some(why) = comparison.why_cut_short() { p { "blocks are missing: " (one_line(why)) } }
            @if !comparison.compared().is_empty() { (compared::table(comparison.compared(), comparison.tolerance())) }
        }
    }
}

/// All blocks of a host together. Intervals are of the pairs, so lines that lie apart prove nothing by themselves.
fn distributions(blocks: &[[Report; 2]]) -> Markup {
    html! { @for metric in METRICS { (overlaid_metric(blocks, metric)) } }
}

fn overlaid_metric(blocks: &[[Report; 2]], metric: Metric) -> Markup {
    let [before, after] = [0, 1].map(|side| {
        let times = blocks.iter().map(|pair| pair[side].total().times(metric));
        times.fold((Histogram::new(), 0), |(mut all, count), times| {
            all.merge(times.histogram());
            (all, count + times.count())
        })
    });
    if before.0.is_empty() || after.0.is_empty() {
        return html! {};
    }
    let line = |name, style, (histogram, count)| Values { name, style, histogram, count };
    let lines = vec![line(SIDES[0], 5, (&before.0, before.1)), line(SIDES[1], 1, (&after.0, after.1))];
    overlaid(&Spread { of: metric.words(), lines })
}

fn blocks(blocks: &[[Report; 2]]) -> Markup {
    let head = ["block", "requests", "failed", "ttft p50", "p95", "e2e p50"];
    let class_of = |column: usize| if column == 0 { "text" } else { "number" };
    html! {
        @if !blocks.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Blocks" {
                table {
                    thead { tr { @for (column, name) in head.iter().enumerate() { th scope="col" class=(class_of(column)) { (name) } } } }
                    tbody { @for report in blocks.iter().flatten() { (row(report)) } }
                }
            }
        }
    }
}

fn row(report: &Report) -> Markup {
    let total = report.total();
    let percentile = |metric, q| total.times(metric).try_p(q).map_or_else(|_| "–".to_owned(), duration);
    html! {
        tr {
            th scope="row" { (link(report, &one_line(report.name()))) }
            td.number { (count(total.count())) }
            td.number { (count(total.failures())) }
            td.number { (percentile(Metric::Ttft, 0.5)) }
            td.number { (percentile(Metric::Ttft, 0.95)) }
            td.number { (percentile(Metric::E2e, 0.5)) }
        }
    }
}
