//! The levels of a search or a sweep as a table.

use std::fmt;

use super::causes::WIDTH;
use super::columns::{Align, lines};
use super::console::{profile, token_rate};
use super::plain::{one_line, wrapped};
use super::units::{counted, full_duration, rate, seconds};
use super::verdicts::mark;
use crate::capacity::{Capacity, Conclusion, Curve, Point};
use crate::report::Times;

/// What stands under a row is set off by this.
const INDENT: &str = "          ";

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let levels = counted(self.points().len() as u64, "level");
        write!(f, "{}: {levels}{}", one_line(self.name()), conditions(self))?;
        write_lines(f, &details(self, "curve.html"))
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let curve = self.curve();
        let levels = counted(curve.points().len() as u64, "level");
        write!(f, "{}: {}    {levels}{}", one_line(curve.name()), bracket(self), conditions(curve))?;
        let details = details(curve, "capacity.html");
        write_lines(f, &reason(self).map(str::to_owned).into_iter().chain(details).collect::<Vec<_>>())
    }
}

/// One level in a line, for the progress of a search.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ttft = format!("{} p95 {}", self.ttft_metric(), percentile(&self.ttft(), 0.95));
        let failed = format!("{} failed", failed(self));
        let figures =
            [seconds(self.report().window()), format!("{} requests/s", rate(self.request_rate())), ttft, failed];
        let reasons = self.reasons().iter().map(|reason| one_line(reason));
        let all: Vec<_> = figures.into_iter().chain(reasons).collect();
        write!(f, "level {}: {}    {}", self.level(), mark(self.verdict()), all.join(" · "))
    }
}

fn write_lines(f: &mut fmt::Formatter<'_>, lines: &[String]) -> fmt::Result {
    lines.iter().try_for_each(|line| if line.is_empty() { writeln!(f) } else { write!(f, "\n  {line}") })
}

/// What the levels share.
pub(super) fn conditions(curve: &Curve) -> String {
    let built = curve.points().first().map(|point| profile(point.report().profile()));
    built.map(|built| format!(" · {built}")).unwrap_or_default()
}

pub(super) fn bracket(capacity: &Capacity) -> String {
    let holds = (capacity.at_least() > 0.0).then(|| format!("holds at {}", capacity.at_least()));
    let misses = capacity.at_most().is_finite().then(|| format!("misses at {}", capacity.at_most()));
    match (holds, misses) {
        (Some(holds), Some(misses)) => format!("{holds}, {misses}"),
        (Some(holds), None) => format!("{holds}, no level missed"),
        (None, Some(misses)) => format!("{misses}, no level held"),
        (None, None) => "no level held and none missed".to_owned(),
    }
}

/// Why the bracket is no narrower.
pub(super) fn reason(capacity: &Capacity) -> Option<&'static str> {
    match capacity.conclusion() {
        // A curve that was cut short says so itself.
        Conclusion::Found | Conclusion::CutShort => None,
        Conclusion::NothingMissed => Some("the highest level that may be tried holds: raise .up_to(..)"),
        Conclusion::NothingPassed => Some("the lowest level that is tried misses: lower .from(..)"),
        Conclusion::Undecided => {
            Some("levels in between stayed undecided however long they were tried: raise their .run_time(..)")
        }
        Conclusion::Invalid => Some("it ended at a level that proved nothing: what stands under it says why"),
    }
}

/// Objectives, table, what else there is to say.
fn details(curve: &Curve, page: &str) -> Vec<String> {
    let objectives: Vec<_> = curve.objectives().iter().map(ToString::to_string).collect();
    let objectives = (!objectives.is_empty()).then(|| format!("objectives: {}", objectives.join(" · ")));
    let cut_short = curve.why_cut_short().map(|why| format!("levels are missing: {}", one_line(why)));
    let page = curve.folder().map(|folder| format!("report: {}", one_line(&folder.join(page).display().to_string())));
    let before = objectives.iter().chain(&cut_short).flat_map(|text| paragraph(text));
    let after = warned(curve).into_iter().flat_map(|text| paragraph(&text)).chain(page);
    before.chain(table(curve)).chain(after).collect()
}

fn table(curve: &Curve) -> Vec<String> {
    let Some(first) = curve.points().first() else { return Vec::new() };
    let head = head(first).to_vec();
    let rows: Vec<_> = [head].into_iter().chain(curve.points().iter().map(|point| row(point).to_vec())).collect();
    let verdict = rows[0].len() - 1;
    let mut rows = lines(&rows, |column| if column == verdict { Align::Left } else { Align::Right }).into_iter();
    let mut table: Vec<_> = [String::new()].into_iter().chain(rows.next()).collect();
    for (row, point) in rows.zip(curve.points()) {
        table.push(row);
        for reason in point.reasons() {
            let room = WIDTH - INDENT.len();
            table.extend(wrapped(&one_line(reason), room, room).into_iter().map(|line| format!("{INDENT}{line}")));
        }
    }
    table.push(String::new());
    table
}

/// What the columns of [`row`] are.
pub(super) fn head(first: &Point) -> [String; 9] {
    let ttft = format!("{} p50", first.ttft_metric());
    ["level", "time", "requests/s", "tokens/s", "failed", &ttft, "p95", "p99", "verdict"].map(str::to_owned)
}

pub(super) fn row(point: &Point) -> [String; 9] {
    [
        point.level().to_string(),
        seconds(point.report().window()),
        rate(point.request_rate()),
        token_rate(point.report().total()),
        failed(point),
        percentile(&point.ttft(), 0.5),
        percentile(&point.ttft(), 0.95),
        percentile(&point.ttft(), 0.99),
        mark(point.verdict()).to_owned(),
    ]
}

fn failed(point: &Point) -> String {
    point.error_rate().map_or_else(|| "–".to_owned(), |failed| failed.to_string())
}

pub(super) fn percentile(times: &Times<'_>, q: f64) -> String {
    times.try_p(q).map_or_else(|_| "–".to_owned(), full_duration)
}

/// Which levels' reports have something to say.
fn warned(curve: &Curve) -> Option<String> {
    let warned = curve.points().iter().filter(|point| !point.report().warnings().is_empty());
    let levels: Vec<_> = warned.map(|point| point.level().to_string()).collect();
    (!levels.is_empty()).then(|| format!("warnings in the reports of: {}", levels.join(", ")))
}

fn paragraph(text: &str) -> Vec<String> {
    wrapped(text, WIDTH, WIDTH)
}
