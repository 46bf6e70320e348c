//! The timelines of the slowest requests.

use std::time::Duration;

use super::columns::{Align, lines};
use super::plain::shortened;
use super::units::{counted, full_duration, seconds};
use crate::report::{SlowestRequests, Trace};

/// How many are shown.
const MOST: usize = 3;

/// Characters of a timeline.
const WIDTH: usize = 40;

/// No name takes more room than this.
const LONGEST_NAME: usize = 24;

/// The slowest requests to the first token as bars of one scale; nothing where none ended.
pub(super) fn slowest(slowest: &SlowestRequests) -> Vec<String> {
    let traces: Vec<_> = slowest.to_first_token.iter().take(MOST).collect();
    let Some(longest) = traces.iter().map(|trace| trace.end).max() else { return Vec::new() };
    let mut text = vec![format!(
        "slowest to the first token (bar: {}; `.` no head, `-` no token, `|` tokens, `x` failed):",
        full_duration(longest).trim()
    )];
    let rows: Vec<_> = traces.iter().map(|trace| row(trace, longest)).collect();
    let align = |column| if matches!(column, 0 | 2 | 3) { Align::Right } else { Align::Left };
    text.extend(lines(&rows, align).into_iter().map(|line| format!("  {line}")));
    text
}

fn row(trace: &Trace, longest: Duration) -> Vec<String> {
    let first = trace.generated.first().copied().unwrap_or(Duration::MAX);
    let bar = bar(trace, longest);
    let events = counted(trace.events, "event");
    vec![
        full_duration(first),
        bar,
        events,
        format!("at {}", seconds(trace.at)),
        shortened(&trace.request, LONGEST_NAME),
    ]
}

/// What was seen of a request, from its start to the left.
fn bar(trace: &Trace, longest: Duration) -> String {
    let place = |at: Duration| place(at, longest);
    let end = place(trace.end);
    let head = trace.headers.map_or(end, place);
    let mut bar: Vec<char> = (0..=end).map(|column| if column < head { '.' } else { '-' }).collect();
    // Behind the first token a space is a time in which none came.
    if let Some(first) = trace.generated.first().map(|first| place(*first)) {
        bar.iter_mut().skip(first).for_each(|column| *column = ' ');
    }
    for event in trace.generated.iter().map(|event| place(*event)).filter(|event| *event <= end) {
        bar[event] = '|';
    }
    if trace.failure.is_some() {
        bar[end] = 'x';
    }
    bar.into_iter().collect()
}

/// The column of a moment.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "0 to 40")]
fn place(at: Duration, longest: Duration) -> usize {
    let share = at.as_secs_f64() / longest.as_secs_f64().max(f64::MIN_POSITIVE);
    ((share.clamp(0.0, 1.0) * WIDTH as f64) as usize).min(WIDTH - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ms;
    use crate::sample::Origin;

    fn trace(headers: Option<u64>, generated: &[u64], end: u64) -> Trace {
        Trace {
            request: "chat".to_owned(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            at: ms(21_400),
            late: None,
            connected: None,
            headers: headers.map(ms),
            generated: generated.iter().copied().map(ms).collect(),
            first_output: None,
            end: ms(end),
            events: generated.len() as u64,
            tokens: None,
            failure: None,
        }
    }

    #[test]
    fn a_bar_tells_what_was_waited_for_when() {
        let slow = trace(Some(100), &[200, 210, 300, 390], 400);
        let failed = Trace { failure: Some("HTTP 503".to_owned()), ..trace(None, &[], 200) };
        let shown = slowest(&SlowestRequests { to_first_token: vec![slow, failed], to_end: Vec::new() });
        assert!(shown[0].starts_with("slowest to the first token (bar: 400 ms; "), "{}", shown[0]);
        assert_eq!(
            shown[1..],
            [
                "  200 ms  ..........----------|        |         |  4 events  at 21.4 s  chat",
                "       ∞  ....................x                     0 events  at 21.4 s  chat",
            ]
        );
    }

    #[test]
    fn nothing_is_shown_of_no_request_and_none_of_no_time_ends_the_report() {
        assert!(slowest(&SlowestRequests::default()).is_empty());
        let none = trace(None, &[], 0);
        assert_eq!(slowest(&SlowestRequests { to_first_token: vec![none], to_end: Vec::new() }).len(), 2);
    }
}
