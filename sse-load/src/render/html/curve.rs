//! The levels of a search or a sweep as a page: the figures over the load, each level with its verdict.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use maud::{Markup, html};

use super::over_time::{amount, as_f64, time};
use super::page::Page;
use super::plot::{Line, MISSED, PASSED, Plot, UNDECIDED};
use super::scale::{Axis, number};
use super::verdicts::{class, sign, word};
use super::{Named, plots, section};
use crate::capacity::{Capacity, Curve, Point};
use crate::record::Moment;
use crate::render::curve::{bracket, conditions, head, reason, row};
use crate::render::plain::{one_line, sentence};
use crate::render::units::counted;
use crate::report::Report;
use crate::slo::{Bound, Objective, Quantity, Value, Verdict};
use crate::stats::Rate;

/// The percentiles that have a curve, with their styles.
const PERCENTILES: [(&str, f64, usize); 3] = [("p50", 0.5, 1), ("p95", 0.95, 2), ("p99", 0.99, 3)];

/// Limits that are drawn.
const MOST_LIMITS: usize = 2;

/// The levels of a sweep as one HTML file that loads nothing: the figures over the load, and a table with links to the report of
/// each level.
///
/// ```no_run
/// # use sse_load::capacity::Curve;
/// # fn keep(curve: &Curve) -> std::io::Result<()> {
/// std::fs::write("curve.html", sse_load::render::curve_page(curve))
/// # }
/// ```
#[must_use]
pub fn curve_page(curve: &Curve) -> String {
    let passed = curve.points().iter().filter(|point| point.verdict() == Verdict::Pass).count();
    let asked = if curve.objectives().is_empty() { "; no objective was asked of them" } else { "" };
    let outcome = format!("{passed} of {} passed{asked}", counted(curve.points().len() as u64, "level"));
    let verdict = if curve.passed() { Verdict::Pass } else { worst(curve) };
    let headline = html! { h3 { span.badge { (sign(verdict)) " " (word(verdict)) } " " (outcome) } };
    page(curve, "levels of load", &found(curve, verdict, &headline))
}

/// What a search for the capacity found, as one HTML file that loads nothing: the bracket, the figures over the load, and a table
/// with links to the report of each level.
///
/// ```no_run
/// # use sse_load::capacity::Capacity;
/// # fn keep(capacity: &Capacity) -> std::io::Result<()> {
/// std::fs::write("capacity.html", sse_load::render::capacity_page(capacity))
/// # }
/// ```
#[must_use]
pub fn capacity_page(capacity: &Capacity) -> String {
    let curve = capacity.curve();
    let verdict = if capacity.at_least() > 0.0 { Verdict::Pass } else { worst(curve) };
    let headline = html! {
        h3 { (sentence(&bracket(capacity))) }
        @if let Some(reason) = reason(capacity) { p { (reason) } }
    };
    page(curve, "capacity", &found(curve, verdict, &headline))
}

/// What stops a check first.
fn worst(curve: &Curve) -> Verdict {
    let has = |verdict: &Verdict| curve.points().iter().any(|point| point.verdict() == *verdict);
    [Verdict::Miss, Verdict::Invalid].into_iter().find(has).unwrap_or(Verdict::Inconclusive)
}

fn page(curve: &Curve, kind: &str, found: &Markup) -> String {
    let levels = counted(curve.points().len() as u64, "level");
    let first = curve.points().first().map(Point::report);
    let on = first.map(|report| format!("sse-load {} · {}", report.version(), report.machine()));
    Page {
        name: &one_line(curve.name()),
        kind,
        lines: &[format!("{levels}{}", conditions(curve))],
        content: html! {
            (section("verdicts", "Verdict", found))
            (section("curves", "Figures over the load", &plots(&curves(curve))))
            (section("levels", "Levels", &table(curve)))
        },
        footer: on.unwrap_or_default(),
    }
    .html()
}

fn found(curve: &Curve, verdict: Verdict, headline: &Markup) -> Markup {
    let objectives: Vec<_> = curve.objectives().iter().map(|objective| one_line(&objective.to_string())).collect();
    html! {
        article.check.(class(verdict)) {
            (headline)
            @if let Some(why) = curve.why_cut_short() { p { "levels are missing: " (one_line(why)) } }
            @if !objectives.is_empty() { p { "objectives: " (objectives.join(" · ")) } }
        }
    }
}

/// A line: its name, its style, and its value at a level.
type Column = (&'static str, usize, fn(&Point) -> Option<f64>);

fn curves(curve: &Curve) -> Vec<Named> {
    let points = curve.points();
    if points.is_empty() {
        return Vec::new();
    }
    let is_open = points.iter().any(|point| point.report().arrivals().due() > 0);
    let has_tokens = points.iter().any(|point| point.tok_s().is_some());
    let asked: &[Column] = &[("asked for", 5, asked), ("begun", 1, begun), ("succeeded", 3, succeeded)];
    let percent = |share: f64| format!("{} %", number((share * 100.0).round() / 100.0));
    let rates = Over {
        title: "Rate",
        about: "What began and what succeeded a second within the measured window. Where less succeeds than is asked for, the server falls behind.",
        label: "per second",
        text: amount,
    };
    let in_flight = Over {
        title: "Requests in flight",
        about: "On average of the measured window. Where they grow faster than the load, requests wait for each other.",
        label: "requests",
        text: amount,
    };
    let failed =
        Over { title: "Failed requests", about: "Of all that ended by themselves.", label: "failed", text: percent };
    let tokens = Over {
        title: "Tokens a second",
        about: "Of successful replies, within the measured window.",
        label: "tokens / s",
        text: amount,
    };
    [
        ("ttft-by-level", Some(delays(curve))),
        ("rate-by-level", Some(rates.plot(points, if is_open { asked } else { &asked[1..] }))),
        ("in-flight-by-level", Some(in_flight.plot(points, &[("in flight", 1, in_flight_on_average)]))),
        ("failed-by-level", Some(failed.plot(points, &[("failed", 2, failed_in_percent)]))),
        ("tokens-by-level", has_tokens.then(|| tokens.plot(points, &[("tokens", 1, tokens_a_second)]))),
    ]
    .map(|(id, plot)| (id.to_owned(), plot))
    .into()
}

/// A figure over the load.
struct Over {
    title: &'static str,
    about: &'static str,
    label: &'static str,
    text: fn(f64) -> String,
}

impl Over {
    fn plot(&self, points: &[Point], columns: &[Column]) -> Plot {
        let line = |(name, style, of): &Column| Line {
            name: (*name).to_owned(),
            style: *style,
            values: points.iter().map(of).collect(),
        };
        let lines: Vec<_> = columns.iter().map(line).collect();
        let most = largest(&lines);
        over_levels(points, (self.title, self.about), Axis::from_zero(self.label, most, self.text), lines)
    }
}

/// The percentiles of the time to first token, the limits on them, and the verdict on each level.
fn delays(curve: &Curve) -> Plot {
    let points = curve.points();
    let line = |(name, q, style): (&str, f64, usize)| Line {
        name: name.to_owned(),
        style,
        values: points.iter().map(|point| percentile(point, q)).collect(),
    };
    let mut lines: Vec<_> = PERCENTILES.into_iter().map(line).collect();
    lines.extend(limits(curve));
    let top = largest(&lines);
    lines.extend(marks(points, top));
    let values = lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    let y = Axis::of_values(points[0].ttft_metric().name(), values, time);
    let about = "Percentiles of all requests of a level, and its verdict at the p95, or at the top where so many fail that there is none.";
    Plot { is_wide: true, ..over_levels(points, ("Time to first token", about), y, lines) }
}

fn over_levels(points: &[Point], (title, about): (&str, &str), y: Axis, lines: Vec<Line>) -> Plot {
    let at: Vec<_> = points.iter().map(Point::level).collect();
    Plot {
        title: title.to_owned(),
        about: about.to_owned(),
        x: Axis::between("level", at.iter().copied(), number),
        y,
        at,
        lines,
        dots: Vec::new(),
        dot: "",
        steps: None,
        is_wide: false,
        window: None,
    }
}

fn largest(lines: &[Line]) -> f64 {
    lines.iter().flat_map(|line| line.values.iter().flatten().copied()).fold(0.0, f64::max)
}

/// Upper limits on percentiles of this metric, as lines.
fn limits(curve: &Curve) -> Vec<Line> {
    let metric = curve.points()[0].ttft_metric();
    let limit = |objective: &Objective| match (objective.quantity, objective.limit) {
        (Quantity::Percentile(of, q), Value::Time(limit))
            if of == metric.into() && objective.bound == Bound::AtMost =>
        {
            Some((q, limit.as_secs_f64()))
        }
        _ => None,
    };
    let line = |(q, limit): (f64, f64)| Line {
        name: format!("limit of p{}: {}", number(q * 100.0), time(limit)),
        style: 4,
        values: vec![Some(limit); curve.points().len()],
    };
    curve.objectives().iter().filter_map(limit).take(MOST_LIMITS).map(line).collect()
}

/// A line of marks for each verdict that a level has.
fn marks(points: &[Point], top: f64) -> Vec<Line> {
    let place = |point: &Point| percentile(point, 0.95).unwrap_or(top);
    let of = |(name, style, verdicts): (&str, usize, &[Verdict])| Line {
        name: name.to_owned(),
        style,
        values: points.iter().map(|point| verdicts.contains(&point.verdict()).then(|| place(point))).collect(),
    };
    let all: [(&str, usize, &[Verdict]); 3] = [
        ("level passed", PASSED, &[Verdict::Pass]),
        ("level missed", MISSED, &[Verdict::Miss]),
        ("not proven", UNDECIDED, &[Verdict::Inconclusive, Verdict::Invalid]),
    ];
    all.into_iter().map(of).filter(|line| line.values.iter().any(Option::is_some)).collect()
}

/// In seconds; none where it falls on failed requests.
fn percentile(point: &Point, q: f64) -> Option<f64> {
    point.ttft().try_p(q).ok().filter(|time| *time != Duration::MAX).map(|time| time.as_secs_f64())
}

fn asked(point: &Point) -> Option<f64> {
    let due = Rate::over(as_f64(point.report().arrivals().due()), point.report().window());
    (!point.report().plan().arrivals.is_empty()).then_some(due.get())
}

fn begun(point: &Point) -> Option<f64> {
    in_window(point.report(), |moment| moment.started)
}

fn succeeded(point: &Point) -> Option<f64> {
    in_window(point.report(), |moment| moment.succeeded)
}

fn in_flight_on_average(point: &Point) -> Option<f64> {
    in_window(point.report(), |moment| moment.in_flight)
}

fn tokens_a_second(point: &Point) -> Option<f64> {
    in_window(point.report(), |moment| moment.tokens)
}

fn failed_in_percent(point: &Point) -> Option<f64> {
    Some(point.error_rate()?.get() * 100.0)
}

/// The mean of the slices that lie in the measured window.
fn in_window(report: &Report, of: fn(&Moment) -> f64) -> Option<f64> {
    let (width, end) = (report.course().width().as_secs_f64(), report.window().as_secs_f64() * 1.001);
    let inside = report.course().moments().filter(|moment| moment.at >= 0.0 && moment.at + width <= end);
    let (sum, n) = inside.fold((0.0, 0_u32), |(sum, n), moment| (sum + of(&moment), n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

/// The rows of the printed table, each level with a link to its report.
fn table(curve: &Curve) -> Markup {
    let Some(first) = curve.points().first() else { return html! {} };
    let head = head(first);
    let last = head.len() - 1;
    let class_of = |column: usize| if column == last { "text" } else { "number" };
    html! {
        div.scroll tabindex="0" role="region" aria-label="Levels" {
            table {
                thead { tr { @for (column, name) in head.iter().enumerate() { th scope="col" class=(class_of(column)) { (name) } } } }
                tbody { @for point in curve.points() { (rows(point)) } }
            }
        }
    }
}

fn rows(point: &Point) -> Markup {
    let cells = row(point);
    let last = cells.len() - 1;
    let verdict = point.verdict();
    html! {
        tr.(class(verdict)) {
            th.number scope="row" { (link(point.report(), &cells[0])) }
            @for cell in &cells[1..last] { td.number { (cell) } }
            td { span.badge { (sign(verdict)) " " (word(verdict)) } }
        }
        @if !point.reasons().is_empty() {
            tr.why { td colspan=(cells.len()) { ul { @for reason in point.reasons() { li { (one_line(reason)) } } } } }
        }
    }
}

/// The text as a link to the page of a load test that lies in a folder beside this page.
pub(super) fn link(report: &Report, text: &str) -> Markup {
    let folder = report.artifacts().folder.as_deref().and_then(Path::file_name).and_then(OsStr::to_str);
    let page = folder.map(|folder| format!("./{folder}/report.html"));
    html! { @if let Some(page) = page { a href=(page) { (text) } } @else { (text) } }
}
