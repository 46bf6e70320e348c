//! Every dialect as it arrives; their bytes are held by unit tests.

use serde_json::Value;
use sse_load::mock::{Builder, Dialect, Fault, LineEnd, MockServer, On, RawEvent, Script};

use super::client::Client;

/// The usual path of each API, and its content type.
const PATHS: [(&str, &str); 13] = [
    ("/v1/chat/completions", "text/event-stream"),
    ("/v1/completions", "text/event-stream"),
    ("/v1/responses", "text/event-stream; charset=utf-8"),
    ("/v1/messages", "text/event-stream; charset=utf-8"),
    ("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "text/event-stream"),
    ("/api/chat", "application/x-ndjson"),
    ("/api/generate", "application/x-ndjson"),
    ("/generate_stream", "text/event-stream"),
    ("/v2/chat", "text/event-stream"),
    ("/v2/models/ensemble/generate_stream", "text/event-stream; charset=utf-8"),
    ("/v2/models/llama/versions/1/generate_stream", "text/event-stream; charset=utf-8"),
    ("/generate", "text/event-stream"),
    ("/completion", "text/event-stream"),
];

fn body(builder: Builder, path: &str) -> (String, String) {
    let server = builder.start();
    let mut client = Client::connect(&server);
    let content_type = client.ask(path).header("content-type").expect("a content type").to_owned();
    (String::from_utf8(client.whole_body()).expect("UTF-8"), content_type)
}

fn every_dialect() -> Builder {
    MockServer::builder().every_dialect().tokens(3)
}

/// The JSON of each event, whatever the framing.
fn json(body: &str) -> Vec<Value> {
    let lines = body.lines().map(|line| line.strip_prefix("data:").unwrap_or(line).trim_start());
    lines.filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_path_without_its_slash_is_the_same_path() {
    let prices = Dialect::events([RawEvent::named("price", "3.14"), "plain".into()]);
    let (text, _) = body(MockServer::builder().path("prices", Script::new().dialect(prices)), "/prices");
    assert_eq!(text, "event: price\ndata: 3.14\n\ndata: plain\n\n");
}

#[test]
fn every_api_streams_on_its_usual_path() {
    for (path, content_type) in PATHS {
        let (body, kind) = body(every_dialect(), path);
        assert_eq!(kind, content_type, "{path}");
        assert!(json(&body).len() >= 3, "{path}: {body}");
    }
}

#[test]
fn other_paths_are_not_found_beside_every_dialect() {
    let server = every_dialect().start();
    let mut client = Client::connect(&server);
    client.send("POST", "/v1/embeddings", "");
    assert_eq!(client.head().status, 404);
}

#[test]
fn a_named_path_comes_before_the_usual_one() {
    let script = Script::new().dialect(Dialect::events(["mine"]));
    let (body, _) = body(every_dialect().path("/v1/messages", script), "/v1/messages");
    assert_eq!(body, "data: mine\n\n");
}

#[test]
fn the_model_of_the_path_is_named() {
    let (gemini, _) = body(every_dialect(), PATHS[4].0);
    assert!(json(&gemini).iter().all(|event| event["modelVersion"] == "gemini-2.5-pro"), "{gemini}");
    let (triton, _) = body(every_dialect(), PATHS[10].0);
    assert!(json(&triton).iter().all(|event| event["model_name"] == "llama"), "{triton}");
}

#[test]
fn every_event_of_every_dialect_can_be_stamped() {
    for (path, _) in PATHS {
        for line_end in [None, Some(LineEnd::CrLf)] {
            let builder = every_dialect().stamped(true).reasoning(1).tool_call("weather");
            let builder = line_end.into_iter().fold(builder, Builder::line_end);
            let (body, _) = body(builder, path);
            let stamps: Vec<_> = json(&body).iter().map(|event| event["sent_ns"].as_u64()).collect();
            assert!(stamps.len() >= 3 && stamps.iter().all(Option::is_some) && stamps.is_sorted(), "{path}: {body}");
        }
    }
}

#[test]
fn every_dialect_counts_the_tokens_that_it_sent() {
    for (path, _) in PATHS {
        let server = every_dialect().bundle(2).reasoning(1).start();
        let mut client = Client::connect(&server);
        client.ask(path);
        client.whole_body();
        assert_eq!(server.requests()[0].tokens, 3, "{path}");
    }
}

#[test]
fn an_error_in_a_stream_has_the_shape_of_its_dialect() {
    for (path, _) in PATHS {
        let fault = Fault::ErrorUnder200 { after: 1, message: "out of memory".into() };
        let (body, _) = body(every_dialect().fault(fault, On::all()), path);
        let errors = json(&body).iter().filter(|event| event.to_string().contains("out of memory")).count();
        assert_eq!(errors, 1, "{path}: {body}");
    }
}
