//! What went wrong, by cause: the same lines under the table and in the block of a check.

use super::columns::{Align, lines};
use super::plain::shortened;
use super::units::count;
use crate::report::{FailureSummary, MalformedSummary, PanicSummary, TaskErrorSummary};

/// Longer texts are cut in the middle; report.json has them whole.
const LONGEST_SUMMARY: usize = 72;
const LONGEST_EXAMPLE: usize = 180;
const LONGEST_NAME: usize = 32;

/// One cause of something that went wrong.
pub(super) struct Cause<'a> {
    count: u64,
    what: &'a str,
    /// What the first one said beyond that.
    example: &'a str,
    request: &'a str,
    place: String,
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

/// The causes, in their order. The request name is left out where it is the same for all.
pub(super) fn causes<'a, T: 'a>(summaries: impl IntoIterator<Item = &'a T>) -> Vec<Cause<'a>>
where
    Cause<'a>: From<&'a T>,
{
    let mut causes: Vec<Cause<'a>> = summaries.into_iter().map(Cause::from).collect();
    if causes.windows(2).all(|pair| pair[0].request == pair[1].request) {
        for cause in &mut causes {
            cause.request = "";
        }
    }
    causes
}

/// A line a cause, and under it what the first one said, for at most `most` causes.
pub(super) fn listed(causes: &[Cause<'_>], most: usize, indent: &str) -> Vec<String> {
    let shown = &causes[..causes.len().min(most)];
    let number_width = shown.iter().map(|cause| count(cause.count).chars().count()).max().unwrap_or(0);
    let rows: Vec<_> = shown.iter().map(|cause| row(cause, number_width)).collect();
    let mut text = Vec::new();
    for (cause, line) in shown.iter().zip(lines(&rows, |_| Align::Left)) {
        text.push(format!("{indent}{line}"));
        if !cause.example.is_empty() {
            let example = shortened(cause.example, LONGEST_EXAMPLE);
            text.push(format!("{indent}{:number_width$}   {}", "", example.trim_end()));
        }
    }
    if causes.len() > most {
        text.push(format!("{indent}and {} more, see report.json", causes.len() - most));
    }
    text
}

fn row(cause: &Cause<'_>, number_width: usize) -> Vec<String> {
    vec![
        format!("{:>number_width$} × {}", count(cause.count), shortened(cause.what, LONGEST_SUMMARY)),
        shortened(cause.request, LONGEST_NAME),
        cause.place.clone(),
    ]
}
