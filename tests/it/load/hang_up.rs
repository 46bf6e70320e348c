//! Clients who leave before the end, and what the server has of it.

use std::thread;

use sse_load::client::HangUp;
use sse_load::mock::{Finish, MockServer, Script};
use sse_load::prelude::*;

/// Waits for what the server does on its own thread; a server that never does it fails the test by its time-out.
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        thread::sleep(ms(10));
    }
    panic!("waited for {what} in vain");
}

#[test]
fn who_hangs_up_is_counted_as_that_and_leaves_the_server_free() {
    #[sse_user(wait_time = secs(60))]
    impl Impatient {
        #[task]
        async fn leave(ctx: &mut Context) -> TaskResult {
            let error = ctx.sse_request("/slow").hang_up(HangUp::after_tokens(3)).send().await.expect_err("it hung up");
            assert_eq!(error, RequestError::HungUp);
            ctx.sse_request("/mute").hang_up(HangUp::after(ms(30))).send().await.expect_err("it hung up");
            // The same user goes on, on a connection of its own.
            ctx.sse_request("/quick").send().await?;
            Err(ctx
                .sse_request("/slow")
                .name("passed on")
                .hang_up(HangUp::after_tokens(1))
                .send()
                .await
                .map(drop)
                .unwrap_err()
                .into())
        }
    }

    let server = MockServer::builder()
        .path("/slow", Script::new().tokens(1_000).inter_token(ms(20)))
        .path("/mute", Script::new().ttft(secs(3_600)))
        .path("/quick", Script::new().tokens(2))
        .start();
    let report = Impatient::load_test("impatient").host(server.url()).users(5).max_tasks_per_user(1).run();
    let counts = |name| report.request(name).counts().clone();
    for name in ["/slow", "/mute", "passed on"] {
        assert_eq!((counts(name).hung_up, counts(name).finished()), (5, 0), "{name}\n{report}");
    }
    assert_eq!((report.request("/quick").successes(), report.task_error_count(), report.panic_count()), (5, 0, 0));
    assert!(report.to_string().contains("hung up before the end, in no figure: 15"), "{report}");

    eventually("the slots of the server", || server.in_flight() == 0);
    let left: Vec<_> = server.requests().into_iter().filter(|request| request.path != "/quick").collect();
    assert_eq!(left.len(), 15);
    assert!(left.iter().all(|request| request.finished == Some(Finish::ClientGone)), "{left:?}");
    assert!(left.iter().filter(|request| request.path == "/slow").all(|request| (1..1_000).contains(&request.tokens)));
}

#[test]
fn a_share_of_the_requests_is_hung_up_and_the_others_finish() {
    #[sse_user]
    impl Fickle {
        #[task]
        async fn ask(ctx: &mut Context) {
            let hang_up = HangUp::after(ms(1)).share(0.3);
            let _ = ctx.sse_request("/").name("ask").hang_up(hang_up).send().await;
        }
    }

    let server = MockServer::builder().ttft(ms(50)).tokens(1).start();
    let report = Fickle::load_test("fickle").host(server.url()).users(10).max_tasks_per_user(20).seed(3).run();
    let counts = report.request("ask").counts();
    assert_eq!((counts.succeeded + counts.hung_up, counts.failed), (200, 0), "{report}");
    // A busy machine may be too late to hang up, but never hangs up on one that was not chosen.
    assert!((1..100).contains(&counts.hung_up), "{report}");
}
