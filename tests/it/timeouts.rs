//! When a limit counts, and when it does not.

use serde_json::json;
use sse_load::mock::{Dialect, MockServer, Script};
use sse_load::prelude::*;

#[test]
fn a_stream_may_outlast_its_limit_of_silence() {
    const SILENCE: std::time::Duration = secs(3);

    #[sse_user(wait_time = secs(60))]
    impl Listener {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").stall_timeout(SILENCE).send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(36).inter_token(ms(100)).start();
    let report = Listener::load_test("outlasts").host(server.url()).max_tasks(1).run_time(secs(60)).run();
    assert_eq!((report.total().successes(), report.total().failures()), (1, 0), "{report}");
    assert!(report.total().e2e().min() > SILENCE, "{report}");
}

#[test]
fn a_body_that_stays_open_behind_a_complete_reply_fails_nothing() {
    const PATHS: [&str; 4] = ["/gemini", "/gemini-pings", "/chat", "/chat-pings"];

    #[sse_user(wait_time = secs(60))]
    impl Patient {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            // Its limits are far beyond the end of the run: waiting for one of them is to be cut off.
            ctx.sse_request(PATHS[usize::try_from(ctx.user_index())?]).send().await?;
            Ok(())
        }
    }

    let chat = Dialect::events([
        json!({"choices": [{"index": 0, "delta": {"content": "word"}}]}).to_string(),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}).to_string(),
    ]);
    let held = |dialect| Script::new().dialect(dialect).hold(true);
    let server = MockServer::builder()
        .path("/gemini", held(Dialect::Gemini))
        .path("/gemini-pings", held(Dialect::Gemini).ping_every(ms(100)))
        .path("/chat", held(chat.clone()))
        .path("/chat-pings", held(chat).ping_every(ms(100)))
        .start();
    let test = Patient::load_test("held_without_marker").host(server.url()).users(PATHS.len() as u64);
    let report = test.max_tasks(PATHS.len() as u64).run_time(secs(60)).stop_timeout(ms(1)).run();
    for path in PATHS {
        let counts = report.request(path).counts();
        assert_eq!((counts.succeeded, counts.failed, counts.cut_off), (1, 0, 0), "{path}\n{report}");
    }
}
