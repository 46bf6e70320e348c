//! Dialects, schedules, routes, connections.

use std::time::Duration;

use serde_json::Value;
use sse_load::mock::{Dialect, MockServer, Script};

use super::client::Client;
use super::data;

fn json(chunk: &str) -> Value {
    serde_json::from_str(data(chunk)).expect("JSON")
}

/// The text of a chat stream.
fn content(chunks: &[String]) -> String {
    let events = chunks.iter().filter(|chunk| data(chunk) != "[DONE]");
    let text = events.filter_map(|chunk| json(chunk).pointer("/choices/0/delta/content")?.as_str().map(str::to_owned));
    text.collect()
}

#[test]
fn a_chat_stream_has_role_tokens_finish_usage_and_end() {
    let server = MockServer::builder().tokens(4).prompt_tokens(9).start();
    let chunks = Client::connect(&server).stream(r#"{"model":"my-model","stream_options":{"include_usage":true}}"#);
    assert_eq!(chunks.len(), 1 + 4 + 3, "{chunks:?}");
    assert_eq!(json(&chunks[0])["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(content(&chunks).split_whitespace().count(), 4);
    assert_eq!(json(&chunks[5])["choices"][0]["finish_reason"], "stop");
    let usage = json(&chunks[6]);
    assert_eq!(usage["choices"], Value::Array(Vec::new()));
    assert_eq!(usage["usage"]["prompt_tokens"], 9);
    assert_eq!(usage["usage"]["completion_tokens"], 4);
    assert_eq!(data(&chunks[7]), "[DONE]");
    assert!(chunks[..7].iter().all(|chunk| json(chunk)["model"] == "my-model"));
}

#[test]
fn usage_is_sent_only_if_asked_for() {
    let server = MockServer::builder().tokens(2).start();
    for body in ["", "{}", "no JSON", r#"{"stream_options":{"include_usage":false}}"#] {
        let chunks = Client::connect(&server).stream(body);
        assert!(chunks.iter().all(|chunk| !chunk.contains("usage")), "{chunks:?}");
    }
}

#[test]
fn the_role_chunk_does_not_wait_for_the_first_token() {
    let server = MockServer::builder().ttft(Duration::MAX).start();
    let mut client = Client::connect(&server);
    client.send("POST", "/", "");
    assert_eq!(client.head().status, 200);
    let role = client.chunk().expect("a chunk").expect("no end");
    assert_eq!(json(&role)["choices"][0]["delta"]["role"], "assistant");
}

#[test]
fn an_append_stream_ends_with_close() {
    let server = MockServer::builder().dialect(Dialect::Append).tokens(2).start();
    let chunks = Client::connect(&server).stream("");
    let kinds: Vec<_> = chunks.iter().map(|chunk| json(chunk)["type"].clone()).collect();
    assert_eq!(kinds, ["append", "append", "close"]);
}

#[test]
fn hand_written_events_are_sent_as_they_are() {
    let server = MockServer::builder().dialect(Dialect::events(["null", "a\nb"])).start();
    let chunks = Client::connect(&server).stream("");
    assert_eq!(chunks, ["data: null\n\n", "data: a\ndata: b\n\n"]);
}

#[test]
fn no_token_is_sent_before_it_is_due() {
    let (ttft, gap) = (Duration::from_millis(40), Duration::from_millis(7));
    let server = MockServer::builder().ttft(ttft).inter_token(gap).tokens(20).stamped(true).start();
    let chunks = Client::connect(&server).stream("");
    let received = server.requests()[0].at;
    for (token, chunk) in (0..20).zip(&chunks[1..]) {
        let sent = Duration::from_nanos(json(chunk)["sent_ns"].as_u64().expect("a stamp"));
        assert!(sent >= received + ttft + gap * token, "token {token} was sent at {sent:?}");
    }
    assert_eq!(server.send_lateness().count, 20);
}

#[test]
fn stamps_count_from_the_epoch_and_never_go_back() {
    let server = MockServer::builder().stamped(true).start();
    let chunks = Client::connect(&server).stream(r#"{"stream_options":{"include_usage":true}}"#);
    let stamps: Vec<_> = chunks.iter().filter_map(|chunk| json_stamp(chunk)).collect();
    assert_eq!(stamps.len(), chunks.len() - 1, "all but [DONE]");
    assert!(stamps.is_sorted());
    assert!(Duration::from_nanos(stamps[0]) >= server.requests()[0].at);
    assert!(Duration::from_nanos(stamps[stamps.len() - 1]) <= server.epoch().elapsed());
}

fn json_stamp(chunk: &str) -> Option<u64> {
    serde_json::from_str::<Value>(data(chunk)).ok()?["sent_ns"].as_u64()
}

#[test]
fn the_same_seed_gives_the_same_streams() {
    let streams = |seed| {
        let server = MockServer::builder().seed(seed).vary(0.8).tokens(40).start();
        let mut client = Client::connect(&server);
        (0..5).map(|_| client.stream("")).collect::<Vec<_>>()
    };
    assert_eq!(streams(3), streams(3));
    assert_ne!(streams(3), streams(4));
}

#[test]
fn a_finished_stream_leaves_its_connection_to_the_next() {
    let server = MockServer::start();
    let mut client = Client::connect(&server);
    client.stream("");
    client.stream("");
    assert_eq!(server.connection_count(), 1);
    assert_eq!(server.open_connections(), 1);
    assert!(server.requests().iter().all(|request| request.connection == 1));
}

#[test]
fn five_hundred_streams_at_once_all_complete() {
    let server = MockServer::builder().ttft(Duration::from_millis(50)).inter_token(Duration::from_millis(2)).start();
    let mut clients: Vec<_> = (0..500).map(|_| Client::connect(&server)).collect();
    for client in &mut clients {
        client.send("POST", "/", "");
    }
    for client in &mut clients {
        assert_eq!(client.head().status, 200);
        let (chunks, end) = client.chunks();
        end.expect("a proper end");
        assert_eq!(chunks.len(), 1 + 10 + 2);
    }
    assert_eq!((server.connection_count(), server.request_count(), server.in_flight()), (500, 500, 0));
    assert!((1..=500).contains(&server.peak_in_flight()));
}

#[test]
fn each_path_has_its_script_and_others_are_not_found() {
    let server = MockServer::builder()
        .path("/short", Script::new().tokens(1))
        .path("/raw", Script::new().dialect(Dialect::events(["x"])))
        .start();
    let mut client = Client::connect(&server);
    for (path, chunks) in [("/short?a=b", 1 + 1 + 2), ("/raw", 1)] {
        client.send("GET", path, "");
        assert_eq!(client.head().status, 200);
        assert_eq!(client.chunks().0.len(), chunks);
    }
    client.send("GET", "/other", "");
    let head = client.head();
    assert_eq!((head.status, head.header("content-type")), (404, Some("application/json")));
    assert_eq!(client.sized_body(&head), r#"{"error":"no route for /other"}"#);
}

#[test]
fn a_default_script_answers_beside_named_paths() {
    let server = MockServer::builder().path("/a", Script::new()).tokens(3).start();
    let mut client = Client::connect(&server);
    assert_eq!(client.stream("").len(), 1 + 3 + 2);
}

#[test]
fn every_method_gets_a_stream_with_the_headers_of_one() {
    let server = MockServer::builder().tokens(1).start();
    let mut client = Client::connect(&server);
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"] {
        client.send(method, "/any", "");
        let head = client.head();
        assert_eq!(head.status, 200, "{method}");
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        assert_eq!(head.header("cache-control"), Some("no-cache"));
        assert_eq!(head.header("access-control-allow-origin"), Some("*"));
        client.chunks().1.expect("a proper end");
    }
}

#[test]
fn a_preflight_is_allowed_and_not_counted() {
    let server = MockServer::start();
    let mut client = Client::connect(&server);
    client.send("OPTIONS", "/v1/chat/completions", "");
    let head = client.head();
    assert_eq!(head.status, 204);
    assert_eq!(head.header("access-control-allow-origin"), Some("*"));
    assert_eq!(head.header("access-control-allow-methods"), Some("GET, POST, OPTIONS"));
    assert_eq!(head.header("access-control-allow-headers"), Some("Content-Type, Authorization"));
    client.stream("");
    assert_eq!((server.request_count(), server.connection_count()), (1, 1));
}
