//! Servers that send more than anybody can want: each is a failure that says what was too much, in little memory.

use std::fmt::Write as _;
use std::mem::take;
use std::sync::Mutex;

use serde_json::json;
use sse_load::client::SseRequest;
use sse_load::mock::{Dialect, Fault, MockServer, On, RawEvent, Script};
use sse_load::prelude::*;
use sse_load::sample::FailureClass::{self, Empty, Malformed, Truncated};

use crate::libtest::process::{Child, SERVER};

/// The most by which such a server may make a process grow, in KiB. An event may have 16 MiB.
const MOST_MEMORY: u64 = 100 << 10;

/// The same of a reply that is kept: its body has 64 MiB at the most, and its text may be moved as it grows.
const MOST_MEMORY_OF_A_REPLY: u64 = 128 << 10;

const MIB: usize = 1 << 20;

/// The path of a server, and how its reply fails.
type Flood = (&'static str, FailureClass, &'static str);

const FLOODS: [Flood; 17] = [
    ("/line", Malformed, EVENT),
    ("/line-of-json", Malformed, EVENT),
    ("/event-of-lines", Malformed, EVENT),
    ("/huge-token", Malformed, EVENT),
    ("/bomb", Malformed, EVENT),
    ("/events", Malformed, "the reply exceeds 1000000 events and has not ended"),
    ("/events-of-json", Malformed, "the reply exceeds 20000 events and has not ended"),
    ("/events-after-output", Malformed, "the reply exceeds 20000 events and has not ended"),
    ("/events-with-output", Malformed, "the reply exceeds 20000 events and has not ended"),
    ("/comments", Malformed, "the reply exceeds 1048576 bytes and has not ended"),
    ("/blank-lines", Malformed, "the reply exceeds 1048576 bytes and has not ended"),
    ("/bytes", Malformed, "the reply exceeds 1048576 bytes and has not ended"),
    ("/bytes-of-one-event", Malformed, "the reply exceeds 1048576 bytes and has not ended"),
    ("/choices", Truncated, "stream ended before a finish_reason"),
    ("/choices-at-once", Empty, "stream without a generated event"),
    ("/tool-calls", Truncated, "stream ended before a finish_reason"),
    ("/parts", Truncated, "stream ended before a finishReason"),
];

/// What is not unpacked is no stream.
const WITHOUT_GZIP: [Flood; 1] = [("/small-bomb", Malformed, "expected text/event-stream, came content-encoding gzip")];

/// Output without end is kept up to the default bound.
const OUTPUT: [Flood; 1] = [("/output", Malformed, "the reply exceeds 67108864 bytes and has not ended")];

const EVENT: &str = "an SSE event exceeds 16777216 bytes and has not ended: raise it with `.max_event_bytes(..)` if the \
                     server sends events this large, otherwise check that the body is an event stream (lines, a blank \
                     line after each event)";

const CHAT: &str = r#"{"choices":[{"delta":{"content":"a"}}]}"#;
const GEMINI: &str = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#;

/// Lower bounds where the default takes a debug build long.
fn bounded<'c>(request: SseRequest<'c>, path: &str) -> SseRequest<'c> {
    match path {
        "/comments" | "/blank-lines" | "/bytes" | "/bytes-of-one-event" => request.max_body_bytes(1 << 20),
        "/events-of-json" | "/events-after-output" | "/events-with-output" => request.max_events(20_000),
        _ => request,
    }
}

/// Output, and an event within its bounds whose array has millions of elements.
fn crowd(output: &str, begin: &str, end: &str) -> Script {
    let elements = "{},".repeat(5 * MIB);
    Script::new().dialect(Dialect::events([output.to_owned(), format!("{begin}{elements}{{}}{end}")]))
}

fn server() -> MockServer {
    let flood = |dialect, fault| Script::new().dialect(dialect).fault(fault, On::all());
    // 200 MiB without a blank line.
    let lines = RawEvent::Block(format!("data: {}\n", "x".repeat(1_017)).repeat(1 << 10).into_bytes());
    let bomb = Fault::GzipBomb { bytes: 1 << 30 };
    MockServer::builder()
        .path("/line", flood(Dialect::OpenAiChat, Fault::EndlessLine { after: 1 }))
        .path("/line-of-json", flood(Dialect::Ollama, Fault::EndlessLine { after: 1 }))
        .path("/event-of-lines", Script::new().dialect(Dialect::Events(vec![lines; 200])))
        .path("/huge-token", flood(Dialect::OpenAiChat, Fault::HugeEvent { bytes: 20 * MIB }))
        .path("/bomb", flood(Dialect::OpenAiChat, bomb))
        .path("/small-bomb", flood(Dialect::OpenAiChat, Fault::GzipBomb { bytes: 32 << 20 }))
        .path("/events", flood(Dialect::OpenAiChat, Fault::EndlessEvents { after: 0 }))
        .path("/events-of-json", flood(Dialect::Ollama, Fault::EndlessEvents { after: 1 }))
        .path("/events-after-output", flood(Dialect::Anthropic, Fault::EndlessEvents { after: 2 }))
        .path("/events-with-output", Script::new().dialect(Dialect::Append).tokens(10_000_000))
        .path("/comments", flood(Dialect::OpenAiChat, Fault::EndlessComments { after: 1 }))
        .path("/blank-lines", flood(Dialect::Ollama, Fault::EndlessComments { after: 1 }))
        .path("/bytes", Script::new().dialect(Dialect::Append).tokens(10_000_000).bundle(1_000))
        .path("/output", Script::new().dialect(Dialect::Append).tokens(u32::MAX).bundle(100_000))
        .path("/bytes-of-one-event", flood(Dialect::Append, Fault::EndlessLine { after: 0 }))
        .path("/choices", crowd(CHAT, r#"{"choices":["#, "]}"))
        .path("/choices-at-once", crowd("", r#"{"choices":["#, "]}"))
        .path("/tool-calls", crowd(CHAT, r#"{"choices":[{"delta":{"tool_calls":["#, "]}}]}"))
        .path("/parts", crowd(GEMINI, r#"{"candidates":[{"content":{"parts":["#, "]}}]}"))
        .path("/after-end", flood(Dialect::OpenAiChat, Fault::AfterEnd { bytes: 1 << 40 }))
        .start()
}

static FLOODED_BY: Mutex<&[Flood]> = Mutex::new(&[]);
static WRONG: Mutex<String> = Mutex::new(String::new());

#[sse_user]
impl Flooded {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        let floods = *FLOODED_BY.lock().expect("no panic");
        for (path, class, expected) in floods {
            let outcome = bounded(ctx.sse_request(*path), path).send().await.map(drop);
            let as_expected = matches!(&outcome, Err(RequestError::Failed(failure))
                if (failure.class, &*failure.summary) == (*class, *expected));
            if !as_expected {
                let _ = writeln!(WRONG.lock().expect("no panic"), "{path}: {outcome:?}");
            }
        }
        // The server counts the tokens: a tokenizer's table would take more memory than the floods.
        let body = json!({"stream_options": {"include_usage": true}});
        let reply = ctx.sse_request("/after-end").json(&body).send().await?;
        let after = reply.bytes_after_end();
        assert!((64 << 10..1 << 20).contains(&after), "{after} bytes were read behind the end");
        assert_eq!(reply.text().matches(' ').count(), 10);
        Ok(())
    }
}

/// Has a user ask for all of them; gives what was not as it should be.
fn run(floods: &'static [Flood], connections: Connections) -> String {
    *FLOODED_BY.lock().expect("no panic") = floods;
    let test = Flooded::load_test("flooded").host(env_or(SERVER, "")).connections(connections).threads(1);
    let report = test.max_tasks(1).run_time(secs(300)).run();
    let (failures, successes) = (report.total().failures(), report.total().successes());
    assert_eq!((failures, successes), (floods.len() as u64, 1), "{report}");
    assert!(report.task_errors().is_empty() && report.panics().is_empty(), "{report}");
    take(&mut *WRONG.lock().expect("no panic"))
}

#[test]
#[ignore = "run by its parent test"]
fn floods() {
    if env_or(SERVER, "").is_empty() {
        return;
    }
    let before = peak_memory();
    assert_eq!(run(&FLOODS, Connections::per_user().gzip()), "");
    assert_eq!(run(&WITHOUT_GZIP, Connections::per_user()), "");
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < MOST_MEMORY, "the floods took {grown} KiB");
}

#[test]
#[ignore = "run by its parent test"]
fn output_without_end() {
    if env_or(SERVER, "").is_empty() {
        return;
    }
    let before = peak_memory();
    assert_eq!(run(&OUTPUT, Connections::per_user()), "");
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < MOST_MEMORY_OF_A_REPLY, "a reply without end took {grown} KiB");
}

/// The most memory that the process had at a time, in KiB; 0 where the system is not Linux.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}

#[test]
fn a_flood_ends_by_a_bound_and_fills_no_memory() {
    Child::of_module("hostile", &["floods"]).server(&server()).run().assert_passed();
}

/// In a process of its own: what the allocator keeps of other floods is not the reply's.
#[test]
fn output_without_end_is_kept_up_to_its_bound_and_no_more() {
    Child::of_module("hostile", &["output_without_end"]).server(&server()).run().assert_passed();
}
