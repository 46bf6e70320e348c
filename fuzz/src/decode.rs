//! Properties of the decoder.

use sse_load::sse::Framing;

use super::reads::{Outcome, Owned, Setup, cut, decode};
use super::standard;

/// Panics unless a body is decoded as the standard says, however it is cut, and within any limit.
pub fn check(body: &[u8]) {
    for framing in [Framing::EventStream, Framing::Lines, Framing::Detect] {
        for unterminated in [false, true] {
            let setup = Setup { framing, limit: usize::MAX, unterminated };
            let whole = decode([body], setup);
            assert_eq!(whole.error, None);
            assert_eq!(decode(cut(body), setup), whole, "cut as the body says: {setup:?}");
            assert_eq!(whole.events, expected(body, &whole, unterminated), "{setup:?}");
            check_line_ends(body, setup, &whole);
            check_limited(body, setup, &whole);
        }
        let setup = Setup { framing, ..STRICT };
        assert_eq!(decode(body.chunks(1), setup), decode([body], setup), "cut into bytes: {setup:?}");
    }
    check_written_anew(&decode([body], STRICT).events);
}

const STRICT: Setup = Setup { framing: Framing::EventStream, limit: usize::MAX, unterminated: false };

fn expected(body: &[u8], whole: &Outcome, unterminated: bool) -> Vec<Owned> {
    match whole.rest.framing {
        Framing::Lines => standard::events_of_lines(body),
        _ => standard::events(body, unterminated),
    }
}

/// LF, CRLF and CR end lines alike.
fn check_line_ends(body: &[u8], setup: Setup, whole: &Outcome) {
    if body.contains(&b'\r') {
        return;
    }
    for end in [&b"\r\n"[..], b"\r"] {
        let lines: Vec<_> = body.split(|byte| *byte == b'\n').collect();
        let events = decode(cut(&lines.join(end)), setup).events;
        assert_eq!(events, whole.events, "lines that end with {end:?}: {setup:?}");
    }
}

/// A limit cuts the events off, at the same one however the body is cut, and none is larger.
fn check_limited(body: &[u8], setup: Setup, whole: &Outcome) {
    let limit = body.last().map_or(0, |byte| usize::from(*byte));
    let setup = Setup { limit, ..setup };
    let limited = decode([body], setup);
    let parts = decode(cut(body), setup);
    assert_eq!((&parts.events, &parts.error), (&limited.events, &limited.error), "{setup:?}");
    assert!(whole.events.starts_with(&limited.events), "{setup:?}");
    assert!(limited.error.is_some() || limited.events == whole.events, "{setup:?}");
    for event in &limited.events {
        // A byte that is no UTF-8 becomes the three of U+FFFD.
        assert!(event.data.len() <= 3 * limit && event.name.len() <= 3 * limit.max(7), "{event:?}: {setup:?}");
    }
}

/// Events that are written as a stream again are read as the same.
fn check_written_anew(events: &[Owned]) {
    let body: String = events.iter().map(written).collect();
    assert_eq!(decode(cut(body.as_bytes()), STRICT).events, events);
}

fn written(event: &Owned) -> String {
    let id = event.id.as_deref().unwrap_or_default();
    format!("id: {id}\nevent: {}\ndata: {}\n\n", event.name, event.data.replace('\n', "\ndata: "))
}
