//! Drives one request: sends it, reads its stream to the end, and says whether it was a success.

use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use tokio::time::Sleep;

use super::Timeouts;
use super::quote::start_of;
use super::reading::{Progress, Reading, after, beside_line_ends};
use super::retry::retry_after;
use crate::clock::{self, Timestamp};
use crate::sample::{Connection, Exhausted, Failure, FailureClass};
use crate::transport::{HttpClient, Read, Request, Response, TransportError, TransportErrorKind};

/// The body behind the terminal marker is read this long and this far, so that the connection can be used again.
const DRAIN_TIME: Duration = Duration::from_millis(50);
const DRAIN_BYTES: usize = 64 * 1024;

/// A complete reply whose body stays open is over this long after its marker, or when the whole request has had its time;
/// usage and `[DONE]` come within it.
const AFTER_COMPLETE: Duration = Duration::from_secs(2);

/// The body of an error status is read this long and this far for the message.
const ERROR_BODY_TIME: Duration = Duration::from_secs(2);
const ERROR_BODY_BYTES: usize = 4 * 1024;

/// Status and headers of the response.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

/// Sends the request and reads its stream into `reading`. The clock of the request runs from `reading`'s start stamp.
pub(super) async fn drive(
    http: &HttpClient,
    request: &Request,
    timeouts: Timeouts,
    reading: &mut Reading,
    resent: &mut bool,
) -> Result<(Head, Response), Failure> {
    let mut watch = Watch::new(timeouts, reading.facts.stamps.start);
    let sending = pin!(http.send(request, resent));
    let sent = watch.guard(sending, Progress::Waiting).await?;
    let mut response = sent.map_err(|error| no_response(http, request, &error))?;
    reading.facts.stamps.connection = Some(response.connected().map_or(Connection::Reused, Connection::Opened));
    reading.facts.stamps.headers = Some(response.at());
    reading.facts.stamps.end = response.at();
    reading.facts.status = Some(response.status());
    let head = Head { status: response.status(), headers: response.headers().clone() };
    if !head.status.is_success() {
        reading.facts.refused = Some((head.status, retry_after(&head.headers, clock::wall())));
        return Err(error_status(&head, &mut response, &mut watch).await);
    }
    let document = document_type(&head);
    if is_lines(&head) {
        reading.expect_lines();
    }
    let start = read_stream(&mut response, reading, &mut watch).await?;
    match document {
        Some(document) if !reading.has_generated() || reading.is_one_record() => {
            return Err(no_stream(&head, &document, &start));
        }
        _ => reading.verdict()?,
    }
    Ok((head, response))
}

/// Reads up to the end of the stream; gives the first bytes of its body.
async fn read_stream(response: &mut Response, reading: &mut Reading, watch: &mut Watch) -> Result<Bytes, Failure> {
    let mut first_bytes = Bytes::new();
    loop {
        let next = pin!(response.read());
        let read = match watch.guard(next, reading.progress()).await {
            Ok(read) => read,
            // The reply is complete: a server that then keeps the body open has answered all the same.
            Err(_) if reading.is_complete() => return Ok(first_bytes),
            Err(timeout) => return Err(timeout),
        };
        match read {
            Ok(Some(Read { bytes, at, buffered })) => {
                watch.heard(at);
                if first_bytes.is_empty() {
                    first_bytes = bytes.clone();
                }
                let outcome = reading.read(&bytes, at);
                reading.note_buffered(buffered);
                if let ControlFlow::Break(()) = outcome? {
                    return Ok(first_bytes);
                }
            }
            Ok(None) => {
                reading.end_of_body(Timestamp::now())?;
                return Ok(first_bytes);
            }
            Err(_) if reading.is_complete() => return Ok(first_bytes),
            Err(error) => return Err(broken(&error, reading)),
        }
    }
}

/// Reads what follows the terminal marker, off the clock and bounded, so that the connection can be used again. Gives the
/// number of its bytes, line ends not counted.
pub(super) async fn drain(mut response: Response) -> u64 {
    let mut bytes = 0;
    let rest = async {
        let mut left = DRAIN_BYTES;
        while let Ok(Some(read)) = response.read().await {
            left = left.saturating_sub(read.bytes.len());
            bytes += beside_line_ends(&read.bytes);
            if left == 0 {
                break;
            }
        }
    };
    // Either outcome is fine: a server that keeps the body open costs a connection, not the user's time.
    let _ = tokio::time::timeout(DRAIN_TIME, rest).await;
    bytes
}

fn no_response(http: &HttpClient, request: &Request, error: &TransportError) -> Failure {
    // Scheme, host and port: no user name, no path, no query.
    let origin = request.url.origin().ascii_serialization();
    match error.kind() {
        TransportErrorKind::ConnectTimeout => {
            timed_out(FailureClass::ConnectTimeout, http.connect_timeout()).with_detail(format!("{error}, to {origin}"))
        }
        kind => {
            let failure = match kind {
                TransportErrorKind::FilesExhausted => {
                    Failure::new(FailureClass::Connect, "no open file left").for_want_of(Exhausted::Files)
                }
                TransportErrorKind::PortsExhausted => {
                    Failure::new(FailureClass::Connect, "no local port left").for_want_of(Exhausted::Ports)
                }
                _ => Failure::new(FailureClass::Connect, "no response"),
            };
            failure.with_detail(format!("{error}, from {origin}"))
        }
    }
}

fn broken(error: &TransportError, reading: &Reading) -> Failure {
    let after = after(reading.facts.stamps.generated.len());
    Failure::new(FailureClass::Truncated, "connection broke within the stream").with_detail(format!("{after}: {error}"))
}

async fn error_status(head: &Head, response: &mut Response, watch: &mut Watch) -> Failure {
    let summary = match head.status.canonical_reason() {
        Some(reason) => format!("HTTP {} {reason}", head.status.as_u16()),
        None => format!("HTTP {}", head.status.as_u16()),
    };
    // Read in any case, so that the connection can be used again.
    let body = watch.guard(pin!(error_body(response)), Progress::Waiting).await.unwrap_or_default();
    let mut detail = compression(head).map_or_else(|| start_of(&body), unasked_compression);
    for (name, wording) in [(RETRY_AFTER, "retry after"), (LOCATION, "redirects are not followed; it points to")] {
        if let Some(value) = head.headers.get(&name).and_then(|value| value.to_str().ok()) {
            let separator = if detail.is_empty() { "" } else { " " };
            detail = format!("{detail}{separator}({wording} {value})");
        }
    }
    Failure::new(FailureClass::HttpStatus, summary).with_detail(detail)
}

async fn error_body(response: &mut Response) -> String {
    let mut body = Vec::new();
    let reading = async {
        while let Ok(Some(read)) = response.read().await {
            body.extend_from_slice(&read.bytes);
            if body.len() >= ERROR_BODY_BYTES {
                break;
            }
        }
    };
    // What came within the time is enough for a message.
    let _ = tokio::time::timeout(ERROR_BODY_TIME, reading).await;
    String::from_utf8_lossy(&body).into_owned()
}

/// What a body is that is no stream by its own word: an error page, a reply that was not asked to stream, or one that is
/// compressed although nobody asked for that.
fn document_type(head: &Head) -> Option<String> {
    if let Some(coding) = compression(head) {
        return Some(format!("content-encoding {coding}"));
    }
    let media_type = media_type(head)?;
    matches!(media_type.as_str(), "application/json" | "application/problem+json" | "text/html").then_some(media_type)
}

/// How the body is compressed. What was asked for is decompressed by now, and its header is gone.
fn compression(head: &Head) -> Option<&str> {
    let coding = head.headers.get(CONTENT_ENCODING)?.to_str().ok()?;
    (!coding.eq_ignore_ascii_case("identity")).then_some(coding)
}

fn unasked_compression(coding: &str) -> String {
    let coding = start_of(coding);
    match coding.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => "the request did not ask for compression; ask for it with Connections::gzip()".to_owned(),
        _ => {
            format!("the request did not ask for compression, and {coding} is not read; have the server send it plain")
        }
    }
}

/// Whether the body is lines of JSON by its own word. There is no registered type; these are in use.
fn is_lines(head: &Head) -> bool {
    let media_type = media_type(head).unwrap_or_default();
    matches!(media_type.as_str(), "application/x-ndjson" | "application/ndjson" | "application/jsonl")
}

/// The content type without its parameters.
fn media_type(head: &Head) -> Option<String> {
    let content_type = head.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn no_stream(head: &Head, document: &str, first_bytes: &Bytes) -> Failure {
    let detail = match compression(head) {
        Some(coding) => unasked_compression(coding),
        None => {
            format!("{} (does the request ask for a stream?)", start_of(&String::from_utf8_lossy(first_bytes)))
        }
    };
    Failure::new(FailureClass::Malformed, format!("expected text/event-stream, came {document}")).with_detail(detail)
}

/// Watches the limits of one request with one timer. It is set again only when it fires, or when a limit comes to lie before
/// it: most reads only note when they were.
struct Watch {
    timeouts: Timeouts,
    start: Timestamp,
    last_byte: Timestamp,
    timer: Pin<Box<Sleep>>,
}

impl Watch {
    fn new(timeouts: Timeouts, start: Timestamp) -> Self {
        let first = timeouts.ttft.min(timeouts.total);
        let timer = Box::pin(tokio::time::sleep_until((start + first).instant().into()));
        Self { timeouts, start, last_byte: start, timer }
    }

    fn heard(&mut self, at: Timestamp) {
        self.last_byte = at;
    }

    /// The limit that comes first, and the failure that it is.
    fn next_limit(&self, progress: Progress) -> (Timestamp, FailureClass, Duration) {
        let Timeouts { ttft, stall, total } = self.timeouts;
        let mut next = (self.start + total, FailureClass::TotalTimeout, total);
        let mut consider = |at: Timestamp, class, limit| {
            if at < next.0 {
                next = (at, class, limit);
            }
        };
        match progress {
            // A request may wait in a queue, on many servers without a head: silence tells nothing yet.
            Progress::Waiting => consider(self.start + ttft, FailureClass::TtftTimeout, ttft),
            Progress::Streaming => consider(self.last_byte + stall, FailureClass::StallTimeout, stall),
            // Counted from the marker and not from the last byte: pings would prolong it for ever.
            Progress::Complete(since) => consider(since + AFTER_COMPLETE, FailureClass::StallTimeout, AFTER_COMPLETE),
        }
        next
    }

    /// Waits for `step`, but no longer than the limits allow. It is pinned by its caller: a future that it moved into would hold it
    /// twice.
    async fn guard<T>(
        &mut self,
        mut step: Pin<&mut impl Future<Output = T>>,
        progress: Progress,
    ) -> Result<T, Failure> {
        let (at, ..) = self.next_limit(progress);
        if at.instant() < self.timer.deadline().into_std() {
            self.timer.as_mut().reset(at.instant().into());
        }
        loop {
            tokio::select! {
                biased;
                outcome = &mut step => return Ok(outcome),
                () = &mut self.timer => {
                    let (at, class, limit) = self.next_limit(progress);
                    if Timestamp::now() >= at {
                        return Err(timed_out(class, limit));
                    }
                    self.timer.as_mut().reset(at.instant().into());
                }
            }
        }
    }
}

fn timed_out(class: FailureClass, limit: Duration) -> Failure {
    let what = match class {
        FailureClass::ConnectTimeout => "no connection within",
        FailureClass::TtftTimeout => "no generated event within",
        FailureClass::StallTimeout => "not a byte for",
        _ => "not finished within",
    };
    Failure::new(class, format!("{what} {limit:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    const HOUR: Duration = Duration::from_secs(3_600);
    const SOON: Duration = Duration::from_millis(10);
    const LATER: Duration = Duration::from_millis(40);

    async fn class_of(timeouts: Timeouts, progress: Progress) -> (FailureClass, Duration) {
        let start = Timestamp::now();
        let outcome = Watch::new(timeouts, start).guard(pin!(pending::<()>()), progress).await;
        (outcome.expect_err("nothing comes").class, Timestamp::now() - start)
    }

    #[tokio::test]
    async fn the_limit_that_comes_first_is_the_failure() {
        let far = Timeouts { ttft: HOUR, stall: HOUR, total: HOUR };
        assert_eq!(class_of(Timeouts { ttft: SOON, ..far }, Progress::Waiting).await.0, FailureClass::TtftTimeout);
        assert_eq!(class_of(Timeouts { stall: SOON, ..far }, Progress::Streaming).await.0, FailureClass::StallTimeout);
        assert_eq!(class_of(Timeouts { total: SOON, ..far }, Progress::Streaming).await.0, FailureClass::TotalTimeout);
    }

    #[tokio::test]
    async fn a_limit_that_is_kept_gives_way_to_the_next() {
        let (class, after) = class_of(Timeouts { ttft: SOON, stall: HOUR, total: LATER }, Progress::Streaming).await;
        assert_eq!(class, FailureClass::TotalTimeout);
        assert!(after >= LATER, "{after:?}");
    }

    #[tokio::test]
    async fn silence_counts_from_the_last_byte() {
        let start = Timestamp::now();
        let mut watch = Watch::new(Timeouts { ttft: HOUR, stall: SOON, total: HOUR }, start);
        watch.heard(start + LATER);
        let outcome = watch.guard(pin!(pending::<()>()), Progress::Streaming).await;
        assert_eq!(outcome.expect_err("nothing comes").class, FailureClass::StallTimeout);
        assert!(Timestamp::now() - start >= LATER + SOON);
    }

    #[tokio::test]
    async fn silence_before_the_first_generated_event_is_no_stall() {
        let (class, after) = class_of(Timeouts { ttft: LATER, stall: SOON, total: HOUR }, Progress::Waiting).await;
        assert_eq!(class, FailureClass::TtftTimeout);
        assert!(after >= LATER, "{after:?}");
    }

    #[tokio::test]
    async fn a_complete_reply_is_over_soon_after_its_marker_or_with_the_time_of_the_request() {
        let start = Timestamp::now();
        let end = |total: Duration| {
            let watch = Watch::new(Timeouts { ttft: SOON, stall: SOON, total }, start);
            watch.next_limit(Progress::Complete(start)).0
        };
        assert_eq!(end(HOUR), start + AFTER_COMPLETE, "silence or pings, neither changes it");
        assert_eq!(end(SOON), start + SOON);
    }

    #[tokio::test]
    async fn what_is_there_wins_over_a_limit_that_is_over() {
        let mut watch = Watch::new(Timeouts { ttft: SOON, stall: SOON, total: SOON }, Timestamp::from_nanos(0));
        assert_eq!(watch.guard(pin!(async { 1 }), Progress::Waiting).await.ok(), Some(1));
    }
}
