//! Attempts after a failed one: only when a task asks for them, each counted as a request of its own.

use std::time::Duration;

use sse_load::client::Retry;
use sse_load::clock::Timestamp;
use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;

fn refusing(code: u16, on: On) -> Script {
    Script::new().fault(Fault::status(code).body("later"), on)
}

#[test]
fn each_attempt_is_counted() {
    #[sse_user(wait_time = secs(60))]
    impl Persistent {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let retry = || Retry::attempts(3).backoff(ms(1));
            let reply = ctx.sse_request("/flaky").retry(retry()).validate(|_| Ok::<_, String>(())).send().await?;
            assert!(!reply.text().is_empty());
            for path in ["/down", "/bad"] {
                ctx.sse_request(path).retry(retry()).send().await.expect_err("it never answers");
            }
            ctx.sse_request("/teapot").retry(retry().on_status([418])).send().await?;
            ctx.sse_request("/once").send().await.expect_err("nobody asked for a second attempt");
            Ok(())
        }
    }

    let server = MockServer::builder()
        .path("/flaky", refusing(503, On::first(2)))
        .path("/down", refusing(429, On::all()))
        .path("/bad", refusing(400, On::all()))
        .path("/teapot", refusing(418, On::first(1)))
        .path("/once", refusing(503, On::all()))
        .start();
    let report = Persistent::load_test("retries").host(server.url()).run_time(secs(1)).run();
    assert_eq!(report.panic_count(), 0, "{report}");

    // Successes, failures, attempts after a failed one; and what the server saw of it.
    let expected =
        [("/flaky", 1, 2, 2), ("/down", 0, 3, 2), ("/bad", 0, 1, 0), ("/teapot", 1, 1, 1), ("/once", 0, 1, 0)];
    for (path, successes, failures, retries) in expected {
        let figures = report.request(path);
        assert_eq!((figures.successes(), figures.failures()), (successes, failures), "{path}\n{report}");
        assert_eq!(figures.counts().retries, retries, "{path}");
        let seen = server.requests().into_iter().filter(|request| request.path == path).count() as u64;
        assert_eq!(seen, successes + failures, "{path}");
    }
    assert!(report.to_string().contains("attempts after a failed one"), "{report}");
}

#[test]
fn a_server_that_is_busy_or_limits_says_when_to_come_again() {
    const PAUSE: Duration = secs(1);

    #[sse_user(wait_time = secs(60))]
    impl Obedient {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let path = if ctx.user_index() == 0 { "/limits" } else { "/busy" };
            let begin = Timestamp::now();
            // Without the server's word there is hardly a pause.
            ctx.sse_request(path).retry(Retry::attempts(2).backoff(ms(1))).send().await?;
            let waited = Timestamp::now() - begin;
            assert!(waited >= PAUSE, "{path}: {waited:?}");
            Ok(())
        }
    }

    let busy = |code| {
        Script::new().fault(Fault::status(code).header("Retry-After", PAUSE.as_secs().to_string()), On::first(1))
    };
    let server = MockServer::builder().path("/limits", busy(429)).path("/busy", busy(503)).start();
    let report = Obedient::load_test("retry_after").host(server.url()).users(2).max_tasks(2).run_time(secs(60)).run();
    assert_eq!((report.panic_count(), report.task_errors().len()), (0, 0), "{report}");
    for path in ["/limits", "/busy"] {
        let counts = report.request(path).counts();
        assert_eq!((counts.succeeded, counts.failed, counts.retries), (1, 1, 1), "{path}\n{report}");
    }
}
