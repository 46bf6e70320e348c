//! What went wrong, by cause: the same lines under the table and in the block of a check.

use super::columns::{Align, lines};
use super::plain::{shortened, wrapped};
use super::units::count;
use crate::report::{FailureSummary, MalformedSummary, PanicSummary, TaskErrorSummary};

/// The widest line, in characters, beside names and places of ordinary length.
pub(super) const WIDTH: usize = 100;
/// What went wrong has this much of the line at the least, however long names and places are.
const LEAST_ROOM: usize = 32;

/// Longer texts are cut in the middle; report.json has them whole.
const LONGEST_TEXT: usize = 600;
const LONGEST_NAME: usize = 32;

/// One cause of something that went wrong.
pub(super) struct Cause<'a> {
    pub(super) count: u64,
    pub(super) what: &'a str,
    /// What the first one said beyond that.
    pub(super) example: &'a str,
    pub(super) request: &'a str,
    pub(super) place: String,
}

impl<'a> From<&'a FailureSummary> for Cause<'a> {
    fn from(failure: &'a FailureSummary) -> Self {
        let FailureSummary { count, summary, example, request, origin, .. } = failure;
        Self { count: *count, what: summary, example, request, place: origin.to_string() }
    }
}

impl<'a> From<&'a TaskErrorSummary> for Cause<'a> {
    fn from(error: &'a TaskErrorSummary) -> Self {
        let TaskErrorSummary { origin, message, count } = error;
        Self { count: *count, what: message, example: "", request: "", place: origin.to_string() }
    }
}

impl<'a> From<&'a PanicSummary> for Cause<'a> {
    /// The line that panicked says more than that of the task.
    fn from(panic: &'a PanicSummary) -> Self {
        let PanicSummary { origin, message, location, count } = panic;
        let place = match location.as_str() {
            "" => origin.to_string(),
            location => format!("{}::{}  {location}", origin.user, origin.task),
        };
        Self { count: *count, what: message, example: "", request: "", place }
    }
}

impl<'a> From<&'a MalformedSummary> for Cause<'a> {
    fn from(malformed: &'a MalformedSummary) -> Self {
        let MalformedSummary { request, requests, example } = malformed;
        Self { count: *requests, what: example, example: "", request, place: String::new() }
    }
}

/// The causes, in their order, with the request name of each if they are `named`: a report of one name need not say it.
pub(super) fn causes<'a, T: 'a>(summaries: impl IntoIterator<Item = &'a T>, named: bool) -> Vec<Cause<'a>>
where
    Cause<'a>: From<&'a T>,
{
    let mut causes: Vec<Cause<'a>> = summaries.into_iter().map(Cause::from).collect();
    if !named {
        for cause in &mut causes {
            cause.request = "";
        }
    }
    causes
}

/// A line a cause, and under it what does not fit there and what the first one said, for at most `most` causes.
pub(super) fn listed(causes: &[Cause<'_>], most: usize, indent: &str) -> Vec<String> {
    let shown = &causes[..causes.len().min(most)];
    let number_width = shown.iter().map(|cause| count(cause.count).chars().count()).max().unwrap_or(0);
    let under = format!("{indent}{:number_width$}   ", "");
    let width = WIDTH.saturating_sub(under.chars().count());
    let origins = lines(&shown.iter().map(origin).collect::<Vec<_>>(), |_| Align::Left);
    let beside = origins.iter().map(|origin| origin.chars().count() + 2).max().unwrap_or(0);
    let room = width.saturating_sub(beside).max(LEAST_ROOM);
    let texts: Vec<_> = shown.iter().map(|cause| wrapped(&shortened(cause.what, LONGEST_TEXT), room, width)).collect();
    let rows =
        shown.iter().zip(&texts).zip(origins).map(|((cause, text), origin)| {
            vec![format!("{:>number_width$} × {}", count(cause.count), text[0]), origin]
        });
    let mut listed = Vec::new();
    for ((cause, text), line) in shown.iter().zip(&texts).zip(lines(&rows.collect::<Vec<_>>(), |_| Align::Left)) {
        let example = wrapped(&shortened(cause.example, LONGEST_TEXT), width, width);
        listed.push(format!("{indent}{line}"));
        let rest = text[1..].iter().chain(example.iter().filter(|line| !line.is_empty()));
        listed.extend(rest.map(|line| format!("{under}{line}")));
    }
    if causes.len() > most {
        listed.push(format!("{indent}and {} more, see report.json", causes.len() - most));
    }
    listed
}

/// Which request, and where.
fn origin(cause: &Cause<'_>) -> Vec<String> {
    vec![shortened(cause.request, LONGEST_NAME), cause.place.clone()]
}
