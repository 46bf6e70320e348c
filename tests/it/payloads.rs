//! The bodies of common APIs: what goes out, where to, with which headers, and that the answer is read.

use serde_json::{Value, json};
use sse_load::client::BuildError;
use sse_load::mock::{Dialect, LoggedRequest, MockServer, RawEvent, Script};
use sse_load::prelude::*;

fn events(events: &[Value]) -> Script {
    Script::new().dialect(Dialect::events(events.iter().map(Value::to_string)))
}

fn lines(lines: &[Value]) -> Script {
    let blocks = lines.iter().map(|line| RawEvent::Block(format!("{line}\n").into_bytes()));
    Script::new().dialect(Dialect::Events(blocks.collect()))
}

/// Each API answers "Hi" with 3 tokens before and 1 token of reply.
fn server() -> MockServer {
    let usage = json!({"input_tokens": 3, "output_tokens": 1});
    MockServer::builder()
        .path("/v1/chat/completions", Script::new().tokens(1).prompt_tokens(3))
        .path(
            "/v1/responses",
            events(&[
                json!({"type": "response.output_text.delta", "delta": "Hi"}),
                json!({"type": "response.completed", "response": {"usage": usage}}),
            ]),
        )
        .path(
            "/v1/messages",
            events(&[
                json!({"type": "message_start", "message": {"usage": usage}}),
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
                json!({"type": "message_stop"}),
            ]),
        )
        .path(
            "/v1beta/models/m:streamGenerateContent",
            events(&[json!({
                "candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP", "index": 0}],
                "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1},
            })]),
        )
        .path(
            "/api/chat",
            lines(&[
                json!({"message": {"role": "assistant", "content": "Hi"}, "done": false}),
                json!({"message": {"content": ""}, "done": true, "prompt_eval_count": 3, "eval_count": 1}),
            ]),
        )
        .path(
            "/generate_stream",
            events(&[json!({
                "token": {"id": 1, "text": "Hi", "special": false},
                "generated_text": "Hi",
                "details": {"finish_reason": "length", "generated_tokens": 1},
            })]),
        )
        .start()
}

/// The one request that the server got for `path`, and its body.
fn only(server: &MockServer, path: &str) -> (LoggedRequest, Value) {
    let mut requests: Vec<_> = server.requests().into_iter().filter(|request| request.path == path).collect();
    assert_eq!(requests.len(), 1, "requests for {path}");
    let request = requests.remove(0);
    assert_eq!((request.method.as_str(), request.header("content-type")), ("POST", Some("application/json")));
    let body = serde_json::from_slice(&request.body).expect("JSON");
    (request, body)
}

#[test]
fn each_api_gets_its_own_body_and_is_read_in_its_own_format() {
    #[sse_user(wait_time = secs(60))]
    impl Asking {
        #[task]
        async fn each(ctx: &mut Context) -> TaskResult {
            macro_rules! ask {
                ($request:expr) => {
                    $request
                        .system("Be brief.")
                        .user("One?")
                        .assistant("1")
                        .user("Two?")
                        .max_tokens(9)
                        .api_key("secret-key-1")
                        .send()
                        .await?
                };
            }
            let replies = [
                ask!(ctx.openai_chat("m").set("temperature", 0.5)),
                ask!(ctx.openai_responses("m")),
                ask!(ctx.anthropic("m")),
                ask!(ctx.gemini("m")),
                ask!(ctx.ollama("m")),
                ask!(ctx.tgi()),
            ];
            for reply in &replies[1..] {
                assert_eq!(reply.text(), "Hi");
            }
            for reply in &replies[..5] {
                assert_eq!((reply.usage().prompt_tokens, reply.usage().completion_tokens), (Some(3), Some(1)));
            }
            assert_eq!(replies[5].usage().completion_tokens, Some(1), "TGI does not count prompts");
            Ok(())
        }
    }

    let server = server();
    let report = Asking::load_test("payloads").host(server.url()).run_time(secs(1)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (6, 0), "{report}");

    let all = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": "Two?"},
    ]);
    let (request, body) = only(&server, "/v1/chat/completions");
    assert_eq!(request.header("authorization"), Some("Bearer secret-key-1"));
    let expected = json!({
        "model": "m", "stream": true, "stream_options": {"include_usage": true}, "messages": all,
        "max_tokens": 9, "temperature": 0.5,
    });
    assert_eq!(body, expected);

    let (request, body) = only(&server, "/v1/responses");
    assert_eq!(request.header("authorization"), Some("Bearer secret-key-1"));
    assert_eq!(body, json!({"model": "m", "stream": true, "input": all, "max_output_tokens": 9}));

    let (request, body) = only(&server, "/v1/messages");
    assert_eq!((request.header("x-api-key"), request.header("authorization")), (Some("secret-key-1"), None));
    assert_eq!(request.header("anthropic-version"), Some("2023-06-01"));
    let spoken = &all.as_array().expect("an array")[1..];
    let expected = json!({"model": "m", "stream": true, "max_tokens": 9, "system": "Be brief.", "messages": spoken});
    assert_eq!(body, expected);

    let (request, body) = only(&server, "/v1beta/models/m:streamGenerateContent");
    assert_eq!((request.query.as_str(), request.header("x-goog-api-key")), ("alt=sse", Some("secret-key-1")));
    let expected = json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "One?"}]},
            {"role": "model", "parts": [{"text": "1"}]},
            {"role": "user", "parts": [{"text": "Two?"}]},
        ],
        "generationConfig": {"maxOutputTokens": 9},
    });
    assert_eq!(body, expected);

    let (request, body) = only(&server, "/api/chat");
    assert_eq!(request.header("accept"), Some("application/x-ndjson"));
    assert_eq!(body, json!({"model": "m", "stream": true, "messages": all, "options": {"num_predict": 9}}));

    let (_, body) = only(&server, "/generate_stream");
    let expected = json!({"inputs": "Be brief.\nOne?\n1\nTwo?", "parameters": {"details": true, "max_new_tokens": 9}});
    assert_eq!(body, expected);
}

#[test]
fn options_stand_where_each_api_has_them_and_objects_are_merged() {
    #[sse_user(wait_time = secs(60))]
    impl Asking {
        #[task]
        async fn each(ctx: &mut Context) -> TaskResult {
            macro_rules! ask {
                ($request:expr, $object:literal) => {
                    $request
                        .user("Hi")
                        .max_tokens(9)
                        .option("temperature", 0.5)
                        .set($object, json!({"a": 1}))
                        .set($object, json!({"b": 2}))
                        .set("stop", "x")
                        .send()
                        .await?
                };
            }
            ask!(ctx.openai_chat("m"), "stream_options");
            ask!(ctx.openai_responses("m"), "metadata");
            ask!(ctx.anthropic("m"), "metadata");
            ask!(ctx.gemini("m"), "generationConfig");
            ask!(ctx.ollama("m"), "options");
            ask!(ctx.tgi(), "parameters");
            Ok(())
        }
    }

    let server = server();
    let report = Asking::load_test("options").host(server.url()).run_time(secs(1)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (6, 0), "{report}");
    let both = json!({"a": 1, "b": 2});
    for (path, limit, object) in [
        ("/v1/chat/completions", "max_tokens", json!({"stream_options": {"include_usage": true, "a": 1, "b": 2}})),
        ("/v1/responses", "max_output_tokens", json!({"metadata": both})),
        ("/v1/messages", "max_tokens", json!({"metadata": both})),
    ] {
        let (_, body) = only(&server, path);
        let (name, expected) = object.as_object().and_then(|object| object.iter().next()).expect("one field");
        assert_eq!(
            (&body[limit], &body["temperature"], &body["stop"]),
            (&json!(9), &json!(0.5), &json!("x")),
            "{path}"
        );
        assert_eq!(&body[name], expected, "{path}");
    }
    for (path, object, expected) in [
        (
            "/v1beta/models/m:streamGenerateContent",
            "generationConfig",
            json!({"maxOutputTokens": 9, "temperature": 0.5, "a": 1, "b": 2}),
        ),
        ("/api/chat", "options", json!({"num_predict": 9, "temperature": 0.5, "a": 1, "b": 2})),
        (
            "/generate_stream",
            "parameters",
            json!({"details": true, "max_new_tokens": 9, "temperature": 0.5, "a": 1, "b": 2}),
        ),
    ] {
        let (_, body) = only(&server, path);
        assert_eq!(
            (&body[object], &body["temperature"], &body["stop"]),
            (&expected, &Value::Null, &json!("x")),
            "{path}"
        );
    }
}

#[test]
fn a_request_that_says_nothing_is_not_sent() {
    #[sse_user(wait_time = secs(60))]
    impl Silent {
        #[task]
        async fn each(ctx: &mut Context) -> TaskResult {
            macro_rules! ask {
                ($request:ident($($model:literal)?), $field:literal) => {
                    let refused = ctx.$request($($model)?).max_tokens(9).send().await;
                    assert_eq!(refused.err(), Some(RequestError::Build(BuildError::NothingSaid)));
                    ctx.$request($($model)?).set($field, "Hi").send().await?;
                };
            }
            ask!(openai_chat("m"), "messages");
            ask!(openai_responses("m"), "input");
            ask!(anthropic("m"), "messages");
            ask!(gemini("m"), "contents");
            ask!(ollama("m"), "messages");
            ask!(tgi(), "inputs");
            Ok(())
        }
    }

    let server = server();
    let report = Silent::load_test("silent").host(server.url()).run_time(secs(1)).run();
    assert_eq!((report.total().successes(), report.panic_count()), (6, 0), "{report}");
    assert_eq!(server.request_count(), 6);
    assert!(BuildError::NothingSaid.to_string().contains(".user(..)"));
}

#[test]
fn another_path_and_a_prompt_to_count_are_taken() {
    #[sse_user(wait_time = secs(60))]
    impl Asking {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let request = ctx
                .openai_chat("gpt-4")
                .path("/openai/chat")
                .user("tiktoken is great!")
                .set("stream_options", Value::Null);
            request.send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().path("/openai/chat", Script::new().tokens(1)).start();
    let report = Asking::load_test("payload_path").host(server.url()).run_time(ms(500)).run();
    assert_eq!(report.total().successes(), 1, "{report}");
    // From "How to count tokens with tiktoken" in the OpenAI cookbook.
    assert_eq!(report.request("/openai/chat").prompt_tokens().max(), 6);
    assert_eq!(only(&server, "/openai/chat").1["stream_options"], Value::Null);
}
