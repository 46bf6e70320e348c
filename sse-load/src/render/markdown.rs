//! The report as Markdown, for step summaries and comments.

use super::console::{conditions, header, outcome, request_rows, shown};
use super::notes::notes;
use super::plain::one_line;
use crate::report::Report;

/// The report as Markdown (GitHub's, with tables): a headline, the table, and the notes as a code block. No figure is in it that
/// the console table does not have.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut text = format!("### {}: {}\n\n{}\n\n", code(report.name()), outcome(report), conditions(report));
    if report.requests().is_empty() {
        text.push_str("no request was made\n");
    } else {
        let head = header();
        text.push_str(&line(&head));
        text.push_str(&line(&(0..head.len()).map(alignment).collect::<Vec<_>>()));
        for request in shown(report) {
            for mut row in request_rows(request) {
                row[0] = if row[0].starts_with(' ') { format!("… {}", row[0].trim()) } else { code(&row[0]) };
                text.push_str(&line(&row));
            }
        }
    }
    let notes = notes(report);
    if !notes.is_empty() {
        text.extend(["\n", &fenced(&notes.join("\n")), "\n"]);
    }
    text
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn alignment(column: usize) -> String {
    if column == 0 { ":--".to_owned() } else { "--:".to_owned() }
}

/// A name as a code span, in which nothing is markup. A backtick would end it and a pipe the table's cell (GFM 4.10), so they
/// are replaced and escaped.
fn code(name: &str) -> String {
    format!("`{}`", one_line(name).replace('`', "'").replace('|', "\\|"))
}

/// Lines as a code block. Its fence is longer than every run of backticks within (`CommonMark` 4.5).
pub(crate) fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}
