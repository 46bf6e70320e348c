//! Each fault, as it arrives.

use std::time::Duration;

use sse_load::mock::{Fault, Finish, MockServer, On, Usage};

use super::client::Client;
use super::{data, eventually};

/// What a client gets of a stream of four tokens with this fault, and whether the body ended properly.
fn faulty(fault: Fault) -> (Vec<String>, bool) {
    let server = MockServer::builder().tokens(4).fault(fault, On::all()).start();
    let mut client = Client::connect(&server);
    client.send("POST", "/", "");
    assert_eq!(client.head().status, 200);
    let (chunks, end) = client.chunks();
    assert_eq!(server.requests()[0].finished, Some(Finish::Faulted));
    (chunks, end.is_ok())
}

#[test]
fn a_status_comes_with_its_body_and_keeps_the_connection() {
    let fault = Fault::status(503).body("overloaded");
    let server = MockServer::builder().fault(fault, On::every(2)).start();
    let mut client = Client::connect(&server);
    client.stream("");
    client.send("POST", "/", "");
    let head = client.head();
    assert_eq!((head.status, client.sized_body(&head).as_str()), (503, "overloaded"));
    client.stream("");
    let ends: Vec<_> = server.requests().iter().map(|request| request.finished).collect();
    assert_eq!(ends, [Finish::Completed, Finish::Faulted, Finish::Completed].map(Some));
    assert_eq!(server.connection_count(), 1);
}

#[test]
fn a_status_comes_with_its_headers() {
    let busy =
        Fault::status(429).body("{}").header("Retry-After", "7").header("Content-Type", "application/problem+json");
    let server = MockServer::builder().fault(busy, On::all()).start();
    let mut client = Client::connect(&server);
    client.send("POST", "/", "");
    let head = client.head();
    assert_eq!((head.status, head.header("retry-after")), (429, Some("7")));
    assert_eq!(head.header("content-type"), Some("application/problem+json"));
    assert_eq!(client.sized_body(&head), "{}");
}

#[test]
fn an_error_event_ends_the_stream() {
    let message = "out of memory".into();
    let (chunks, complete) = faulty(Fault::ErrorEvent { after: 2, message });
    assert!(complete);
    assert_eq!(chunks.len(), 1 + 2 + 1);
    assert_eq!(chunks[3], "event: error\ndata: out of memory\n\n");
}

#[test]
fn an_error_under_200_is_followed_by_the_end_marker() {
    let message = "no GPU".into();
    let (chunks, complete) = faulty(Fault::ErrorUnder200 { after: 1, message });
    assert!(complete);
    assert_eq!(data(&chunks[2]), r#"{"error":{"message":"no GPU","type":"server_error"}}"#);
    assert_eq!(data(&chunks[3]), "[DONE]");
    assert_eq!(chunks.len(), 4);
}

#[test]
fn a_truncated_stream_ends_properly_without_a_marker() {
    let (chunks, complete) = faulty(Fault::Truncate { after: 3 });
    assert!(complete);
    assert_eq!(chunks.len(), 1 + 3);
    assert!(chunks[3].contains("content"));
}

#[test]
fn a_reset_breaks_the_body_off() {
    let (chunks, complete) = faulty(Fault::Reset { after: 2 });
    assert!(!complete);
    assert!(chunks.len() <= 1 + 2, "{chunks:?}");
}

#[test]
fn a_reset_hurts_no_other_connection() {
    let server = MockServer::builder().fault(Fault::Reset { after: 0 }, On::first(1)).start();
    let mut other = Client::connect(&server);
    let mut broken = Client::connect(&server);
    broken.send("POST", "/", "");
    broken.head();
    assert!(broken.chunks().1.is_err());
    other.stream("");
    eventually("the connection to be gone", || server.open_connections() == 1);
}

/// When each stamped event of a stream of four tokens with this stall was sent, after the request.
fn stalled(after: u32, pause: Duration) -> Vec<Duration> {
    let fault = Fault::Stall { after, pause: Some(pause) };
    let builder = MockServer::builder().tokens(4).stamped(true);
    let server = builder.fault(fault, On::all()).start();
    let chunks = Client::connect(&server).stream("");
    assert_eq!(chunks.len(), 1 + 4 + 2);
    let received = server.requests()[0].at;
    chunks[..6].iter().map(|chunk| stamp(chunk).saturating_sub(received)).collect()
}

fn stamp(chunk: &str) -> Duration {
    let event: serde_json::Value = serde_json::from_str(data(chunk)).expect("JSON");
    Duration::from_nanos(event["sent_ns"].as_u64().expect("a stamp"))
}

#[test]
fn a_stall_delays_the_rest_by_its_pause() {
    let pause = Duration::from_millis(60);
    assert!(stalled(0, pause)[1] >= pause, "before the first token");
    assert!(stalled(2, pause)[3] >= pause, "before the third token");
    assert!(stalled(4, pause)[5] >= pause, "before the end");
}

#[test]
fn a_stall_for_ever_lasts_until_the_client_leaves() {
    let fault = Fault::Stall { after: 1, pause: None };
    let server = MockServer::builder().fault(fault, On::all()).start();
    let mut client = Client::connect(&server);
    client.send("POST", "/", "");
    client.head();
    for _ in 0..2 {
        client.chunk().expect("a chunk").expect("no end");
    }
    assert_eq!((server.in_flight(), server.requests()[0].finished), (1, None));
    drop(client);
    eventually("the server to notice", || server.in_flight() == 0);
    assert_eq!(server.requests()[0].finished, Some(Finish::Faulted));
}

#[test]
fn an_event_that_is_no_json_stands_in_the_middle() {
    let (chunks, complete) = faulty(Fault::NonJson { after: 2 });
    assert!(complete);
    assert_eq!(chunks.len(), 1 + 2 + 1 + 2 + 2);
    assert!(serde_json::from_str::<serde_json::Value>(data(&chunks[3])).is_err());
    assert_eq!(data(&chunks[7]), "[DONE]");
}

#[test]
fn an_empty_stream_has_its_marker_and_no_token() {
    let (chunks, complete) = faulty(Fault::Empty);
    assert!(complete);
    assert_eq!(chunks.len(), 3);
    assert!(data(&chunks[1]).contains(r#""finish_reason":"stop""#));
    assert_eq!(data(&chunks[2]), "[DONE]");
}

/// The chat stream of two tokens with this fault, as the data of its events.
fn chat(fault: Fault) -> Vec<String> {
    let server = MockServer::builder().tokens(2).usage(Usage::Always).fault(fault, On::all()).start();
    let chunks = Client::connect(&server).stream("");
    assert_eq!(server.requests()[0].finished, Some(Finish::Faulted));
    chunks.iter().map(|chunk| data(chunk).to_owned()).collect()
}

#[test]
fn counts_can_be_missing_or_wrong() {
    assert!(chat(Fault::NoUsage).iter().all(|event| !event.contains("usage")));
    let wrong = chat(Fault::WrongUsage { off_by: 40 });
    assert!(wrong[4].contains(r#""completion_tokens":42"#), "{wrong:?}");
}

#[test]
fn the_finish_or_the_marker_can_be_missing() {
    let without_finish = chat(Fault::DoneWithoutFinish);
    assert_eq!((without_finish.len(), without_finish[3].as_str()), (1 + 2 + 1, "[DONE]"));
    assert!(without_finish[..3].iter().all(|event| event.contains(r#""finish_reason":null"#)));
    let without_marker = chat(Fault::FinishWithoutDone);
    assert_eq!(without_marker.len(), 1 + 2 + 2);
    assert!(without_marker[3].contains(r#""finish_reason":"stop""#) && without_marker[4].contains("usage"));
}

#[test]
fn a_refusal_is_sent_in_the_text_s_place() {
    let refusal = chat(Fault::Refusal);
    assert!(refusal[1].contains(r#""delta":{"refusal":""#) && refusal[2].contains(r#""delta":{"refusal":""#));
}

#[test]
fn the_content_type_can_be_another() {
    let fault = Fault::ContentType("text/html".into());
    let server = MockServer::builder().tokens(1).fault(fault, On::all()).start();
    let mut client = Client::connect(&server);
    assert_eq!(client.ask("/").header("content-type"), Some("text/html"));
    assert_eq!(client.chunks().0.len(), 1 + 1 + 2);
}

#[test]
fn a_share_of_faults_is_repeatable() {
    let faulted = |seed| {
        let fault = Fault::Truncate { after: 0 };
        let server = MockServer::builder().seed(seed).fault(fault, On::share(0.3)).start();
        let mut client = Client::connect(&server);
        (0..60).map(|_| client.stream("").len() == 1).collect::<Vec<_>>()
    };
    assert_eq!(faulted(1), faulted(1));
    assert_ne!(faulted(1), faulted(2));
}
