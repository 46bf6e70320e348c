//! Verdicts as `JUnit` XML, which CI systems show as tests.

use std::time::Duration;

use maud::{Markup, PreEscaped, Render, html};

use super::compared::rows;
use super::console::{conditions, header, load, outcome, profile, request_rows, shown};
use super::plain::one_line;
use crate::baseline::{Compared, Comparison};
use crate::report::{OnInconclusive, Report};
use crate::slo::{InSuite, Judged, PLACE_OF_CHECKS, Verdict, Verdicts};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The verdicts as `JUnit` XML (that of Jenkins' `junit-10.xsd`): a suite with a test case for each objective that the load test expects of
/// itself. A check after the run adds a suite to the file.
///
/// An objective that is missed, or inconclusive where that fails the test, is a `failure`, one that is invalid an `error`, and one that is
/// skipped is `skipped`. The properties of the suite have the conditions of the run and the figures of the printed table.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn keep(report: &Report) -> std::io::Result<()> {
/// std::fs::write("junit.xml", sse_load::render::junit(report))
/// # }
/// ```
#[must_use]
pub fn junit(report: &Report) -> String {
    let properties = properties(report);
    let suite = match report.objectives() {
        [] => suite(report.name(), report.window(), &properties, &[], ""),
        _ => of_verdicts(&report.verdicts(), &properties),
    };
    let suites = html! { testsuites { "\n" (suite) (PreEscaped(PLACE_OF_CHECKS)) "\n" } };
    format!("{DECLARATION}{}\n", suites.into_string())
}

impl InSuite for Verdicts {
    fn suite(&self) -> String {
        of_verdicts(self, &[]).into_string()
    }
}

impl InSuite for Comparison {
    fn suite(&self) -> String {
        of_comparison(self).into_string()
    }
}

/// A text as XML 1.0 may have it (section 2.2): line breaks stay, what acts instead of being seen is replaced.
struct Text<'a>(&'a str);

impl Render for Text<'_> {
    fn render_to(&self, buffer: &mut String) {
        for (place, line) in self.0.split('\n').enumerate() {
            if place > 0 {
                buffer.push('\n');
            }
            let line = one_line(line).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
            line.render_to(buffer);
        }
    }
}

/// How a test case ended.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Passed,
    /// It passes although nothing is proven, and says so.
    Accepted,
    Skipped,
    Failed(&'static str),
    Invalid,
}

/// One test case.
struct Case {
    name: String,
    time: Duration,
    end: End,
    /// What came of it, in a line.
    message: String,
}

type Properties = [(String, String)];

fn of_verdicts(verdicts: &Verdicts, properties: &Properties) -> Markup {
    let case = |judged: &Judged| Case {
        name: judged.objective.to_string(),
        time: judged.decided_after.unwrap_or(verdicts.window()),
        end: end(judged, verdicts.on_inconclusive()),
        message: judged.to_string(),
    };
    let cases: Vec<_> = verdicts.judged().iter().map(case).collect();
    suite(verdicts.name(), verdicts.window(), properties, &cases, &verdicts.to_string())
}

fn end(judged: &Judged, on_inconclusive: OnInconclusive) -> End {
    match judged.verdict {
        Verdict::Pass => End::Passed,
        Verdict::Miss => End::Failed("miss"),
        Verdict::Invalid => End::Invalid,
        Verdict::Inconclusive if !judged.is_accepted() => End::Failed("inconclusive"),
        Verdict::Inconclusive if on_inconclusive == OnInconclusive::Skip => End::Skipped,
        Verdict::Inconclusive => End::Accepted,
    }
}

/// A figure is a test case. Where there is none, the comparison itself is.
fn of_comparison(comparison: &Comparison) -> Markup {
    let baseline = format!("baseline `{}`", comparison.name());
    let case = |figure: &Compared| Case {
        name: format!("{} against {baseline}", figure.figure),
        time: Duration::ZERO,
        end: match figure.verdict {
            Verdict::Miss => End::Failed("regression"),
            Verdict::Invalid => End::Invalid,
            Verdict::Pass | Verdict::Inconclusive => End::Passed,
        },
        message: rows(std::slice::from_ref(figure)).join(" "),
    };
    let figures = if comparison.is_updated() { Vec::new() } else { comparison.figures() };
    let mut cases: Vec<_> = figures.iter().map(case).collect();
    let whys: Vec<_> = comparison.refusal().into_iter().chain(comparison.obstacles()).collect();
    if cases.is_empty() || !whys.is_empty() {
        let end = if comparison.passed() { End::Passed } else { End::Invalid };
        cases.push(Case { name: baseline, time: Duration::ZERO, end, message: whys.join("; ") });
    }
    suite(comparison.test(), Duration::ZERO, &[], &cases, &comparison.to_string())
}

/// A suite on lines of its own. The block stands with each test case that failed, since CI systems show that alone.
fn suite(name: &str, time: Duration, properties: &Properties, cases: &[Case], block: &str) -> Markup {
    let number = |ended: fn(End) -> bool| cases.iter().filter(|case| ended(case.end)).count();
    html! {
        testsuite name=(Text(name)) tests=(cases.len()) failures=(number(|end| matches!(end, End::Failed(_))))
            errors=(number(|end| end == End::Invalid)) skipped=(number(|end| end == End::Skipped)) time=(seconds(time)) {
            "\n"
            @if !properties.is_empty() {
                properties { "\n" @for (name, value) in properties { property name=(Text(name)) value=(Text(value)) {} "\n" } } "\n"
            }
            @for case in cases {
                testcase classname=(Text(name)) name=(Text(&case.name)) time=(seconds(case.time)) { (came_of(case, block)) } "\n"
            }
        }
        "\n"
    }
}

fn came_of(case: &Case, block: &str) -> Markup {
    let message = Text(&case.message);
    match case.end {
        End::Passed => html! {},
        End::Accepted => html! { system-out { "inconclusive, and accepted: " (message) } },
        End::Skipped => html! { skipped message=(message) {} },
        End::Failed(kind) => html! { failure type=(kind) message=(message) { (Text(block)) } },
        End::Invalid => html! { error type="invalid" message=(message) { (Text(block)) } },
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// The conditions of the run, and each row of the printed table.
fn properties(report: &Report) -> Vec<(String, String)> {
    let plan = report.plan();
    let named = |(name, value): (&str, String)| (name.to_owned(), value);
    let run = [
        ("run", outcome(report)),
        ("conditions", conditions(report)),
        ("load", load(plan)),
        ("seed", report.seed().to_string()),
        ("profile", profile(report.profile()).to_owned()),
        ("machine", report.machine().to_string()),
        ("sse-load", report.version().to_owned()),
    ];
    let hosts = plan.classes.iter().map(|class| (format!("host of {}", class.name), class.host.clone()));
    let figures = shown(report).flat_map(|request| {
        let mut label = String::new();
        request_rows(request).into_iter().map(move |row| {
            let is_part = row[0].starts_with(' ');
            if !is_part {
                label.clone_from(&row[0]);
            }
            (if is_part { format!("{label}, {}", row[0].trim()) } else { row[0].clone() }, figures(&row))
        })
    });
    run.map(named).into_iter().chain(hosts).chain(figures).collect()
}

/// `n 754, failed 0, p50 430 ms`
fn figures(row: &[String]) -> String {
    let named = header().into_iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
    named.map(|(column, cell)| format!("{column} {cell}")).collect::<Vec<_>>().join(", ")
}
