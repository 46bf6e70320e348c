//! Checks of a stream's shape: each passes what it should and refuses what it should, by name.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use sse_load::client::{Reply, shape};
use sse_load::mock::{Dialect, Fault, MockServer, On, RawEvent, Script, Usage};
use sse_load::prelude::*;
use sse_load::sample::FailureClass;

type Check = Box<dyn FnOnce(&Reply) -> Result<(), String> + Send>;

/// A path of the server, a check, and what it says; nothing where it passes.
struct Case {
    path: &'static str,
    check: fn() -> Check,
    refusal: &'static str,
}

/// A limit that every gap exceeds, however the machine is loaded.
const NONE: Duration = Duration::ZERO;

const CASES: [Case; 25] = [
    Case { path: "/closed", check: || Box::new(shape::terminal_marker), refusal: "" },
    Case { path: "/open", check: || Box::new(shape::terminal_marker), refusal: "expected the terminal marker" },
    Case { path: "/usage", check: || Box::new(shape::usage), refusal: "" },
    Case { path: "/closed", check: || Box::new(shape::usage), refusal: "expected usage, found none" },
    Case { path: "/half-usage", check: || Box::new(shape::usage), refusal: "found no prompt tokens" },
    Case { path: "/no-tokens", check: || Box::new(shape::usage), refusal: "found 0 beside generated output" },
    Case { path: "/slow", check: || Box::new(shape::max_stall(secs(60))), refusal: "" },
    Case { path: "/slow", check: || Box::new(shape::max_stall(NONE)), refusal: "expected gaps of at most 0ns" },
    Case { path: "/pings", check: || Box::new(shape::max_silence(secs(60))), refusal: "" },
    Case { path: "/pings", check: || Box::new(shape::max_silence(NONE)), refusal: "a byte every 0ns at least" },
    Case { path: "/open", check: || Box::new(shape::content_type("TEXT/event-stream")), refusal: "" },
    Case { path: "/open", check: || Box::new(shape::content_type("text/plain")), refusal: "found `text/event-stream`" },
    Case { path: "/usage", check: || Box::new(shape::nothing_after_end), refusal: "" },
    Case { path: "/rest", check: || Box::new(shape::nothing_after_end), refusal: "found 9 bytes" },
    Case { path: "/long-rest", check: || Box::new(shape::nothing_after_end), refusal: "found 40000 bytes" },
    Case { path: "/gemini", check: || Box::new(shape::nothing_after_end), refusal: "" },
    Case { path: "/gemini-more", check: || Box::new(shape::nothing_after_end), refusal: "found 2 generated events" },
    Case { path: "/chat", check: || Box::new(shape::nothing_after_end), refusal: "" },
    Case { path: "/chat-more", check: || Box::new(shape::nothing_after_end), refusal: "found 1 generated events" },
    Case { path: "/json", check: || Box::new(shape::json), refusal: "" },
    Case { path: "/closed", check: || Box::new(shape::json), refusal: "expected JSON in the text, found `ab`" },
    Case { path: "/json", check: || Box::new(shape::json_of::<BTreeMap<String, u8>>), refusal: "" },
    Case { path: "/json", check: || Box::new(shape::json_of::<Vec<u8>>), refusal: "expected a sequence" },
    Case { path: "/ids", check: || Box::new(shape::ids_continue), refusal: "" },
    Case { path: "/lost-id", check: || Box::new(shape::ids_continue), refusal: "found `9` after `7`" },
];

fn raw(blocks: &[&str]) -> Script {
    Script::new()
        .dialect(Dialect::Events(blocks.iter().map(|block| RawEvent::Block(block.as_bytes().to_vec())).collect()))
}

fn append(text: &str) -> String {
    format!("data: {}\n\n", json!({"type": "append", "text": text}))
}

fn chat(usage: &serde_json::Value) -> Script {
    let text = json!({"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}).to_string();
    let usage = json!({"choices": [], "usage": usage}).to_string();
    Script::new().dialect(Dialect::events([text, usage, "[DONE]".to_owned()]))
}

/// A stream whose end is the end of its body: some text, the reason why it ends, and so many more texts.
fn without_end(text: &str, finish: &str, more: usize) -> Script {
    let more = std::iter::repeat_n(text, more);
    Script::new().dialect(Dialect::events([text, finish].into_iter().chain(more)))
}

fn server() -> MockServer {
    const CLOSE: &str = "data: {\"type\":\"close\"}\n\n";
    let (a, b) = (append("a"), append("b"));
    let gemini = |more| {
        let candidate = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#;
        without_end(candidate, r#"{"candidates":[{"finishReason":"STOP"}]}"#, more)
    };
    let open_chat = |more| {
        let choice = r#"{"choices":[{"delta":{"content":"a"}}]}"#;
        without_end(choice, r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, more)
    };
    let numbered = |id: u8| format!("id: {id}\n{a}");
    MockServer::builder()
        .path("/closed", raw(&[&a, &b, CLOSE]))
        .path("/open", raw(&[&a]))
        .path("/usage", chat(&json!({"prompt_tokens": 3, "completion_tokens": 1})))
        .path("/half-usage", chat(&json!({"completion_tokens": 1})))
        .path("/no-tokens", chat(&json!({"prompt_tokens": 3, "completion_tokens": 0})))
        .path("/slow", raw(&[&a, &b, CLOSE]).inter_token(ms(20)))
        .path("/pings", raw(&[&a, ": ping\n\n", &b, CLOSE]).inter_token(ms(20)))
        .path("/rest", raw(&[&a, &format!("{CLOSE}\ndata: x\n\n: \n")]))
        // More than one read holds, and one write does.
        .path("/long-rest", raw(&[&a, &format!("{CLOSE}{}", "x".repeat(40_000))]))
        .path("/gemini", gemini(0))
        .path("/gemini-more", gemini(2))
        .path("/chat", open_chat(0))
        .path("/chat-more", open_chat(1))
        .path("/json", raw(&[&append("{\"a\""), &append(": 1}"), CLOSE]))
        .path("/ids", raw(&[&numbered(7), &numbered(8), &a, CLOSE]))
        .path("/lost-id", raw(&[&numbered(7), &numbered(9), CLOSE]))
        .start()
}

#[test]
fn each_check_refuses_only_what_it_is_for() {
    static REFUSALS: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());

    #[sse_user(wait_time = secs(60))]
    impl Checking {
        #[task]
        async fn check(ctx: &mut Context) -> TaskResult {
            let index = ctx.user_index();
            let case = &CASES[usize::try_from(index)?];
            let outcome =
                ctx.sse_request(case.path).validate((case.check)()).validate(|_| Ok::<_, String>(())).send().await;
            let refusal = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            REFUSALS.lock().expect("no panic").insert(index, refusal);
            Ok(())
        }
    }

    let server = server();
    let users = CASES.len() as u64;
    let report = Checking::load_test("shapes").host(server.url()).users(users).run_time(secs(1)).run();
    let refusals = REFUSALS.lock().expect("no panic");
    for (case, (_, refusal)) in CASES.iter().zip(&*refusals) {
        if case.refusal.is_empty() {
            assert_eq!(refusal, "", "{}", case.path);
        } else {
            assert!(refusal.starts_with("reply refused by the task: "), "{} {refusal}", case.path);
            assert!(refusal.contains(case.refusal), "{}: {refusal}", case.path);
        }
    }
    let refused = CASES.iter().filter(|case| !case.refusal.is_empty()).count() as u64;
    assert_eq!((refusals.len() as u64, report.total().failures()), (users, refused), "{report}");
}

#[test]
fn of_several_checks_each_is_asked() {
    #[sse_user(wait_time = secs(60))]
    impl Strict {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let request = ctx.sse_request("/closed").validate(shape::terminal_marker).validate(shape::json);
            let error = request.validate(shape::usage).send().await.expect_err("two checks refuse it");
            assert!(error.to_string().contains("expected JSON"), "the first refusal is told: {error}");
            Ok(())
        }
    }

    let server = server();
    let report = Strict::load_test("several_checks").host(server.url()).run_time(ms(500)).run();
    assert_eq!((report.total().failures(), report.panic_count()), (1, 0), "{report}");
}

#[test]
fn usage_must_be_there_and_be_what_the_tokenizer_counts() {
    #[sse_user(wait_time = secs(60))]
    impl Comparing {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.openai_chat("gpt-4o").path("/right").user("Hi").max_usage_error(0).send().await?;
            ctx.openai_chat("gpt-4o").path("/close").user("Hi").max_usage_error(1).send().await?;
            // What is counted after the stream keeps no task waiting, and is no error of the task.
            ctx.openai_chat("gpt-4o").path("/wrong").user("Hi").max_usage_error(1).send().await?;
            let none = ctx.openai_chat("gpt-4o").path("/none").user("Hi").max_usage_error(9).send().await;
            assert!(none.expect_err("there is none").to_string().contains("expected usage, found none"));
            Ok(())
        }
    }

    let script = || Script::new().tokens(8).usage(Usage::Always);
    let server = MockServer::builder()
        .path("/right", script())
        .path("/close", script().fault(Fault::WrongUsage { off_by: -1 }, On::all()))
        .path("/wrong", script().fault(Fault::WrongUsage { off_by: 2 }, On::all()))
        .path("/none", script().fault(Fault::NoUsage, On::all()))
        .start();
    let report = Comparing::load_test("compared_usage").host(server.url()).run_time(secs(1)).run();
    assert_eq!((report.panic_count(), report.total().count()), (0, 4), "{report}");
    let refused = BTreeMap::from([(FailureClass::Validation, 1)]);
    for (path, failures) in [("/right", None), ("/close", None), ("/wrong", Some(&refused)), ("/none", Some(&refused))]
    {
        let figures = report.request(path);
        assert_eq!(figures.failures_by_class(), failures.unwrap_or(&BTreeMap::new()), "{path}\n{report}");
    }
    let of_count = report.failures().iter().find(|failure| failure.request == "/wrong").expect("its cause");
    let detail = "usage says 10 completion tokens, o200k_base counts 8; they may differ by 1";
    assert_eq!((of_count.summary.as_str(), of_count.example.as_str()), ("usage is not what is counted", detail));
}

#[test]
fn a_last_event_without_its_blank_line_counts_when_asked_for() {
    #[sse_user(wait_time = secs(60))]
    impl Unterminated {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let error = ctx.sse_request("/cut").name("strict").send().await.expect_err("its end is missing");
            assert!(error.to_string().contains("`.unterminated_event()` takes it"), "{error}");
            let reply = ctx.sse_request("/cut").name("lenient").unterminated_event().send().await?;
            assert_eq!(reply.text(), "a");
            Ok(())
        }
    }

    let text = json!({"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]});
    let server = MockServer::builder().path("/cut", raw(&[&format!("data: {text}")])).start();
    let report = Unterminated::load_test("unterminated").host(server.url()).run_time(secs(1)).run();
    assert_eq!(report.panic_count(), 0, "{report}");
    assert_eq!(report.request("strict").failures_by_class(), &BTreeMap::from([(FailureClass::Truncated, 1)]));
    assert_eq!(report.request("lenient").successes(), 1, "{report}");
}

#[test]
fn bytes_that_are_no_utf_8_are_told() {
    #[sse_user(wait_time = secs(60))]
    impl Garbled {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let reply = ctx.sse_request("/garbled").send().await?;
            assert_eq!(reply.text(), "a\u{FFFD}b\u{FFFD}");
            Ok(())
        }
    }

    let event = |text: &[u8]| {
        let bytes = [&br#"data: {"type":"append","text":""#[..], text, b"\"}\n\n"].concat();
        RawEvent::Block(bytes)
    };
    let dialect = Dialect::Events(vec![event(b"a\xFF"), event(b"b\xC3")]);
    let server = MockServer::builder().path("/garbled", Script::new().dialect(dialect)).start();
    let report = Garbled::load_test("garbled").host(server.url()).run_time(secs(1)).run();
    assert_eq!((report.panic_count(), report.total().successes()), (0, 1), "{report}");
    assert!(report.to_string().contains("bytes that are no UTF-8"), "{report}");
}
