//! The report as Markdown, for step summaries and comments.

use super::console::{header, headline, request_rows};
use crate::report::Report;

/// The report as Markdown: a headline and the table. No figure is in it that the console table does not have.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut text = format!("### {}\n\n", escaped(&headline(report)));
    let head = header();
    text.push_str(&line(&head));
    text.push_str(&line(
        &head
            .iter()
            .enumerate()
            .map(|(column, _)| if column == 0 { ":--" } else { "--:" }.to_owned())
            .collect::<Vec<_>>(),
    ));
    for request in report.requests() {
        for row in request_rows(request) {
            text.push_str(&line(&row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>()));
        }
    }
    for warning in report.warnings() {
        text.extend(["\n> **warning**: ", &escaped(warning), "\n"]);
    }
    text.push('\n');
    text
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Request names come from the user, texts of failures from the server: neither may break the table.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}
