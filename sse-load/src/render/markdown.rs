//! The report as Markdown, for step summaries and comments.

use std::cmp::Reverse;
use std::fmt::Display;

use super::console::{conditions, header, outcome, request_rows, shown};
use super::notes::{facts, troubles};
use super::plain::{one_line, shortened};
use super::traces::slowest;
use super::units::counted;
use super::verdicts;
use crate::report::{Report, RequestReport};
use crate::slo::fenced;

/// What GitHub takes as a comment, in characters; none has less than a byte.
const COMMENT: usize = 65_536;

/// Of which each of two code blocks has so many bytes at the most.
const BLOCK: usize = 16_384;

/// Headline and conditions, and what stands around the others.
const HEAD: usize = 4_096;

/// The rest is for the rows of the table.
const TABLE: usize = COMMENT - 2 * BLOCK - HEAD;

/// The line that says that more are missing.
const LAST: usize = 64;

/// Longer ones are cut in the middle. No character has more than four bytes.
const LONGEST_NAME: usize = 80;
const LONGEST_CONDITIONS: usize = 500;

/// The report as Markdown (GitHub's, with tables), short enough for a comment: a headline, the verdicts on what the load test expects of
/// itself, what went wrong, and folded up the table and the notes. No figure is in it that the console table does not have.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let (name, ran) = (code(&shortened(report.name(), LONGEST_NAME)), outcome(report));
    let conditions = shortened(&conditions(report), LONGEST_CONDITIONS);
    let troubles = troubles(report);
    let mut notes = [facts(report), slowest(report.slowest())].concat();
    let mut text = if report.objectives().is_empty() {
        format!("### {name}: {ran}\n\n{conditions}\n\n{}", block(&troubles.join("\n")))
    } else {
        // The block has the causes of what was missed, and leaves no room for all of them.
        notes.extend(troubles);
        let verdicts = report.verdicts();
        let printed = block(&verdicts.to_string());
        format!("### {name}: {}\n\n{ran}\\\n{conditions}\n\n{printed}", verdicts::outcome(&verdicts))
    };
    if report.requests().is_empty() {
        text.push_str("no request was made\n\n");
    } else {
        text.push_str(&folded("Figures", &table(report)));
    }
    text.push_str(&folded("Notes", &block(&notes.join("\n"))));
    text
}

/// What is printed of verdicts or a comparison as Markdown, short enough for a comment: a headline, and the block.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn keep(report: &Report) -> std::io::Result<()> {
/// std::fs::write("comment.md", sse_load::render::markdown_block(&report.compare("main")))
/// # }
/// ```
#[must_use]
pub fn markdown_block(printed: &impl Display) -> String {
    let printed = printed.to_string();
    // Behind the outcome stand the conditions, set off.
    let headline = printed.lines().next().and_then(|line| line.split("    ").next()).unwrap_or_default();
    format!(
        "### {}\n\n{}\n",
        code(&shortened(headline, LONGEST_CONDITIONS)),
        fenced(&clipped(&printed, COMMENT - HEAD))
    )
}

/// Content that is folded up. The empty lines around it end the HTML, so that it is Markdown again (GFM 4.6).
fn folded(title: &str, content: &str) -> String {
    match content.trim_end() {
        "" => String::new(),
        content => format!("<details><summary>{title}</summary>\n\n{content}\n\n</details>\n\n"),
    }
}

/// Lines as a code block; nothing where there are none.
fn block(lines: &str) -> String {
    if lines.is_empty() { String::new() } else { format!("{}\n\n", fenced(&clipped(lines, BLOCK))) }
}

/// The first lines of a text that is too long, and how many are missing.
fn clipped(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        if kept.len() + line.len() + LAST > most {
            break;
        }
        kept.extend([line, "\n"]);
    }
    let missing = 1 + lines.count() as u64;
    format!("{kept}… {} more, see report.html", counted(missing, "line"))
}

/// The table. Where it has too many names it has those with the most requests.
fn table(report: &Report) -> String {
    let rows: Vec<_> = shown(report).map(rows).collect();
    let mut places: Vec<_> = shown(report).map(RequestReport::count).enumerate().collect();
    // All together stands last, and comes first of those with as many.
    places.sort_by_key(|(place, count)| Reverse((*count, *place)));
    let mut room = TABLE;
    let mut kept = Vec::new();
    for (place, _) in places {
        let Some(rest) = room.checked_sub(rows[place].len()) else { break };
        room = rest;
        kept.push(place);
    }
    kept.sort_unstable();
    let head = header();
    let mut text = line(&head) + &line(&(0..head.len()).map(alignment).collect::<Vec<_>>());
    text.extend(kept.iter().map(|place| rows[*place].as_str()));
    if kept.len() < rows.len() {
        let missing = counted((rows.len() - kept.len()) as u64, "more request name");
        text.extend(["\n", &missing, ", with fewer requests: see report.html\n"]);
    }
    text
}

/// The rows of one request name.
fn rows(request: &RequestReport) -> String {
    let named = |mut row: Vec<String>| {
        row[0] = if row[0].starts_with(' ') { format!("… {}", row[0].trim()) } else { code(&row[0]) };
        line(&row)
    };
    request_rows(request).into_iter().map(named).collect()
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
