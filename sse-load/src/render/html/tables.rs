//! The tables of the page.

use maud::{Markup, html};

use crate::render::causes::{Cause, causes};
use crate::render::console::{customs, header, rates, request_rows, shown, turns};
use crate::render::plain::{one_line, shortened};
use crate::render::units::count;
use crate::report::Report;

/// Longer texts of failures are cut in the middle; report.json has them whole.
const LONGEST_TEXT: usize = 1_000;

/// Rows under a head.
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// The columns of texts; all others are of numbers.
    pub(super) texts: &'static [usize],
}

/// A table that scrolls by itself where the page is too narrow.
pub(super) fn table(table: &Table) -> Markup {
    let class = |column: usize| if table.texts.contains(&column) { "text" } else { "number" };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(table.caption) {
            table {
                caption { (table.caption) }
                thead { tr { @for (column, cell) in table.head.iter().enumerate() { th scope="col" class=(class(column)) { (cell) } } } }
                tbody {
                    @for row in &table.rows {
                        tr { @for (column, cell) in row.iter().enumerate() { td class=(class(column)) { (cell) } } }
                    }
                }
            }
        }
    }
}

/// What the console's tables show, in tables.
pub(super) fn figures(report: &Report) -> Markup {
    if report.requests().is_empty() {
        return html! { p { "No request was made." } };
    }
    html! {
        (requests(report))
        @for (caption, rows) in [("Rates", rates(report)), ("Turns of conversations", turns(report)), ("Recorded by tasks", customs(report))] {
            @if let Some((head, rows)) = rows.split_first() {
                (table(&Table { caption: caption.to_owned(), head: head.clone(), rows: rows.to_vec(), texts: &[0] }))
            }
        }
    }
}

/// A body a request name, of which the first row is the request itself.
fn requests(report: &Report) -> Markup {
    let cells = |row: &[String]| {
        html! {
            @for (column, cell) in row.iter().enumerate() {
                @if column == 0 { th scope="row" { (cell) } } @else { td.number { (cell) } }
            }
        }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="Requests" {
            table.requests {
                caption { "Requests. Failed ones count as ∞ in percentiles; under such a row stand the successes alone." }
                thead { tr { @for (column, cell) in header().iter().enumerate() { th scope="col" class=(if column == 0 { "text" } else { "number" }) { (cell) } } } }
                @for request in shown(report) {
                    tbody {
                        @for row in request_rows(request) {
                            tr.aside[row[0].starts_with(' ')] { (cells(&row)) }
                        }
                    }
                }
            }
        }
    }
}

/// What went wrong, by cause, and what tasks did.
pub(super) fn went_wrong(report: &Report) -> Markup {
    html! {
        (by_cause("Failed requests", &causes(report.failures(), true)))
        (by_cause("Errors of tasks", &causes(report.task_errors(), true)))
        (by_cause("Panics", &causes(report.panics(), true)))
        (by_cause("Requests with events that could not be read", &causes(report.malformed(), true)))
    }
}

/// Each cause with how often it came and where.
fn by_cause(caption: &str, causes: &[Cause<'_>]) -> Markup {
    if causes.is_empty() {
        return html! {};
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { th.number scope="col" { "count" } th scope="col" { "cause" } th scope="col" { "request" } th scope="col" { "task" } } }
                tbody { @for cause in causes { (row_of(cause)) } }
            }
        }
    }
}

fn row_of(cause: &Cause<'_>) -> Markup {
    html! {
        tr {
            td.number { (count(cause.count)) }
            td {
                (shortened(cause.what, LONGEST_TEXT))
                @if !cause.example.is_empty() { br; small { code { (shortened(cause.example, LONGEST_TEXT)) } } }
            }
            td { (one_line(cause.request)) }
            td { (one_line(&cause.place)) }
        }
    }
}

/// How often each task ran, and what was asked of each user class.
pub(super) fn plan(report: &Report) -> Markup {
    let classes = report
        .plan()
        .classes
        .iter()
        .map(|class| vec![class.name.to_owned(), count(class.users), one_line(&class.flow), one_line(&class.host)]);
    let tasks = report.tasks().iter().map(|task| {
        let origin = task.origin;
        vec![
            format!("{}::{}", origin.user, origin.task),
            count(task.count),
            format!("{}:{}", one_line(origin.file), origin.line),
        ]
    });
    let head = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    html! {
        (table(&Table { caption: "User classes".to_owned(), head: head(&["class", "users", "tasks", "host"]), rows: classes.collect(), texts: &[0, 2, 3] }))
        (table(&Table { caption: "Tasks that ran to their end".to_owned(), head: head(&["task", "count", "where"]), rows: tasks.collect(), texts: &[0, 2] }))
    }
}
