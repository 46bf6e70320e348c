//! A path for each kind of failure, how it fails, and the server that makes it fail.

use serde_json::json;
use sse_load::mock::{Dialect, Fault, MockServer, On, RawEvent, Script};
use sse_load::prelude::*;
use sse_load::sample::FailureClass;

fn failing(fault: impl Into<Fault>) -> Script {
    Script::new().fault(fault, On::all())
}

pub(super) fn stalled(after: u32) -> Script {
    failing(Fault::Stall { after, pause: None })
}

fn append(text: &str) -> String {
    json!({"type": "append", "text": text}).to_string()
}

/// How a request to a path fails.
pub(super) struct Case {
    pub(super) path: &'static str,
    pub(super) class: FailureClass,
    /// The whole line that failures of this cause share.
    pub(super) summary: &'static str,
    /// What stands in the detail of this one.
    pub(super) detail: &'static str,
}

const fn case(path: &'static str, class: FailureClass, summary: &'static str, detail: &'static str) -> Case {
    Case { path, class, summary, detail }
}

pub(super) const CASES: [Case; 31] = [
    case("/refused", FailureClass::Connect, "no response", "refused"),
    case("/closed", FailureClass::Connect, "no response", "closed before message completed"),
    case("/busy", FailureClass::HttpStatus, "HTTP 503 Service Unavailable", "overloaded"),
    case("/bad", FailureClass::HttpStatus, "HTTP 400 Bad Request", r#"{"error":"no such model"}"#),
    case("/compressed-error", FailureClass::HttpStatus, "HTTP 502 Bad Gateway", COMPRESSED),
    case("/unknown-status", FailureClass::HttpStatus, "HTTP 599", ""),
    case("/limited", FailureClass::HttpStatus, "HTTP 429 Too Many Requests", "slow down (retry after 7)"),
    case("/redirect", FailureClass::HttpStatus, "HTTP 302 Found", "points to /elsewhere"),
    case("/mute", FailureClass::TtftTimeout, "no generated event within 50ms", ""),
    case("/pings", FailureClass::TtftTimeout, "no generated event within 50ms", ""),
    case("/stall", FailureClass::StallTimeout, "not a byte for 50ms", ""),
    case("/endless", FailureClass::TotalTimeout, "not finished within 50ms", ""),
    case("/error-event", FailureClass::StreamError, "error in the stream", "out of memory"),
    case("/error-object", FailureClass::StreamError, "error in the stream", "no GPU (type server_error)"),
    case("/cut", FailureClass::Truncated, "stream ended before a finish_reason", "after 2 generated events"),
    case("/done-alone", FailureClass::Truncated, "stream ended before a finish_reason", "after 1 generated event;"),
    case("/second-choice", FailureClass::Truncated, "stream ended before a finish_reason", "after 2 generated events"),
    case("/half-event", FailureClass::Truncated, "stream ended within an event", "blank line"),
    case("/reset", FailureClass::Truncated, "connection broke within the stream", "generated events: "),
    case("/json", FailureClass::Malformed, "expected text/event-stream, came application/json", r#"{"answer":42}"#),
    case("/compressed", FailureClass::Malformed, "expected text/event-stream, came content-encoding gzip", COMPRESSED),
    case("/huge", FailureClass::Malformed, HUGE, ""),
    case("/many-events", FailureClass::Malformed, "the reply exceeds 100 events and has not ended", ".max_events(..)"),
    case(
        "/many-bytes",
        FailureClass::Malformed,
        "the reply exceeds 9999 bytes and has not ended",
        ".max_body_bytes(..)",
    ),
    case(
        "/unstreamed",
        FailureClass::Malformed,
        "expected text/event-stream, came application/json",
        "ask for a stream",
    ),
    case("/nothing", FailureClass::Empty, "stream without a generated event", "no event came at all"),
    case("/no-body", FailureClass::Empty, "stream without a generated event", "no event came at all"),
    case("/finish-alone", FailureClass::Empty, "stream without a generated event", "finish_reason"),
    case("/close-alone", FailureClass::Empty, "stream without a generated event", r#"{"type":"close"}"#),
    case("/unknown-format", FailureClass::Empty, "stream without a generated event", ".format(Format::Generic)"),
    case("/refused-reply", FailureClass::Validation, "reply refused by the task", "expected 42, came word"),
];

const COMPRESSED: &str = "the request did not ask for compression; ask for it with Connections::gzip()";

/// One choice ends, another begins and is cut.
const SECOND_CHOICE: [&str; 2] = [
    r#"{"choices":[{"index":0,"delta":{"content":"whole"},"finish_reason":"stop"}]}"#,
    r#"{"choices":[{"index":1,"delta":{"content":"ha"}}]}"#,
];

const HALF_EVENT: &[u8] = b"data: {\"type\":\"append\",\"text\":\"a\"}\n\ndata: {\"type\":\"append\",\"te";

const HUGE: &str = "an SSE event exceeds 16777216 bytes and has not ended: raise it with `.max_event_bytes(..)` if the server \
                    sends events this large, otherwise check that the body is an event stream (lines, a blank line \
                    after each event)";

pub(super) fn server_of_failures() -> MockServer {
    let status = |code, body: &str| failing(Fault::status(code).body(body));
    let events = |events: &[&str]| Script::new().dialect(Dialect::events(events.iter().copied()));
    let pings = vec![RawEvent::Block(b": ping\n\n".to_vec()); 100_000];
    let pings_without_pause = pings.clone();
    let mut huge = b"data: ".to_vec();
    huge.resize((16 << 20) + 100, b'x');
    MockServer::builder()
        .path("/busy", status(503, "overloaded"))
        .path("/bad", status(400, r#"{"error":"no such model"}"#))
        .path("/unknown-status", status(599, ""))
        .path("/mute", stalled(0))
        .path("/pings", Script::new().dialect(Dialect::Events(pings)).inter_token(ms(5)))
        .path("/stall", stalled(1))
        .path("/endless", Script::new().tokens(100_000).inter_token(ms(5)))
        .path("/error-event", failing(Fault::ErrorEvent { after: 2, message: "out of memory".to_owned() }))
        .path("/error-object", failing(Fault::ErrorUnder200 { after: 2, message: "no GPU".to_owned() }))
        .path("/cut", failing(Fault::Truncate { after: 2 }))
        .path("/done-alone", events(&[r#"{"choices":[{"delta":{"content":"half"}}]}"#, "[DONE]"]))
        .path("/second-choice", events(&[SECOND_CHOICE[0], SECOND_CHOICE[1]]))
        .path("/half-event", Script::new().dialect(Dialect::Events(vec![RawEvent::Block(HALF_EVENT.to_vec())])))
        .path("/reset", failing(Fault::Reset { after: 2 }))
        .path("/json", status(200, r#"{"answer":42}"#))
        .path("/unstreamed", status(200, r#"{"content":"whole","stop":true,"tokens_predicted":1}"#))
        .path("/huge", Script::new().dialect(Dialect::Events(vec![RawEvent::Block(huge)])))
        .path("/many-events", Script::new().tokens(1_000_000))
        .path("/many-bytes", Script::new().dialect(Dialect::Events(pings_without_pause)))
        .path("/nothing", events(&[]))
        .path("/no-body", status(204, ""))
        .path("/finish-alone", events(&[r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, "[DONE]"]))
        .path("/close-alone", Script::new().dialect(Dialect::Append).tokens(0))
        .path("/unknown-format", events(&[r#"{"output":"word"}"#]))
        .path("/refused-reply", events(&[&append("word")]))
        .start()
}
