//! The page of a run while it goes on: that of the report, filled from what was recorded so far, under a head that says how it stands.
//!
//! A server sends the [`page`] once, with its [`STYLE`] and [`SCRIPT`]. The script asks for events and puts their markup in place:
//! [`head()`] several times a second, [`sections`] every few seconds, and at the end [`outcome`] and the sections of the whole run.

mod head;

use maud::{DOCTYPE, Markup, html as markup};

use super::console::{conditions, load};
use super::html::{checks, sections as of_report};
use super::plain::one_line;
use super::units::seconds;
use crate::report::{PlanSummary, Report};

pub use head::head;

/// How the page looks.
pub const STYLE: &str = concat!(include_str!("../html/report.css"), include_str!("dashboard.css"));

/// What puts the events in place.
pub const SCRIPT: &str = concat!(include_str!("../html/report.js"), include_str!("dashboard.js"));

/// The page before anything is known of the run, which `run` tells from others at the same address. It asks for `/page.css` and `/page.js`.
///
/// ```
/// use sse_load::render::dashboard::page;
/// use sse_load::report::PlanSummary;
///
/// fn first(plan: &PlanSummary) -> String {
///     page("chat_ttft", plan, "1")
/// }
/// ```
#[must_use]
pub fn page(name: &str, plan: &PlanSummary, run: &str) -> String {
    let name = one_line(name);
    markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (name) " – load test" }
                link rel="stylesheet" href="/page.css";
                script src="/page.js" defer {}
            }
            body data-run=(run) {
                header {
                    div {
                        h1 { (name) }
                        p { (load(plan)) " · " (seconds(plan.run_time)) " · seed " (plan.seed) }
                    }
                    div.buttons {
                        button #stop type="button" disabled { "Stop the run" }
                        button #theme type="button" hidden { "Dark or light" }
                    }
                }
                p #notice role="status" { "Connecting …" }
                div #now { div.status { span.phase { "set-up" } } }
                main { section #waiting { p.unchecked { "Figures and plots come a few seconds after this page is opened, once the measured window has begun." } } }
                footer { p { "sse-load " (env!("CARGO_PKG_VERSION")) " · served while the run goes on" } }
            }
        }
    }
    .into_string()
}

/// The sections of the page, from the report of what was recorded so far or, at the end, of all.
///
/// ```
/// # use sse_load::report::Report;
/// fn shown(report: &Report) -> String {
///     sse_load::render::dashboard::sections(report, false)
/// }
/// ```
#[must_use]
pub fn sections(report: &Report, is_final: bool) -> String {
    // What stands above them is newer.
    let so_far = format!("Verdicts so far, as of {} of the measured window", seconds(report.window()));
    let markup = match (is_final, report.objectives().is_empty()) {
        (true, _) => of_report(report, "Verdicts", &checks(report)),
        (false, true) => of_report(
            report,
            &so_far,
            &markup! { p.unchecked { "Nothing is declared by .expect([..]). What the test asserts after the run is judged then." } },
        ),
        (false, false) => of_report(
            report,
            &so_far,
            &markup! {
                p.standing { strong { "As it stands: " } "each verdict may still change, and it is the end of the run that decides." }
                (checks(report))
            },
        ),
    };
    markup.into_string()
}

/// What stands in place of the head when the run has ended.
///
/// ```
/// # use sse_load::report::Report;
/// fn shown(report: &Report) -> String {
///     sse_load::render::dashboard::outcome(report)
/// }
/// ```
#[must_use]
pub fn outcome(report: &Report) -> String {
    markup! {
        div.status { span.phase { "ended" } span { (conditions(report)) } }
        (folder(report))
    }
    .into_string()
}

fn folder(report: &Report) -> Markup {
    markup! {
        @if let Some(folder) = &report.artifacts().folder {
            p.generator { "This is the report of the whole run. It is kept in " code { (folder.join("report.html").display()) } "." }
        }
    }
}
