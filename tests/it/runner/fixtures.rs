//! What a load test does before its first user and after its last, and what its users share.

use std::future::pending;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;
use sse_load::run::{FixtureError, RunError};

struct Token(String);

async fn ask(ctx: &mut Context, path: &str) -> TaskResult {
    ctx.sse_request(path).body("{}").send().await?;
    Ok(())
}

/// What came, in order, with runs of the same path told once.
fn paths(server: &MockServer) -> Vec<String> {
    let mut paths: Vec<_> = server.requests().into_iter().map(|request| request.path).collect();
    paths.dedup();
    paths
}

mod with_a_log_in {
    use super::*;

    /// Needs the token from its start on.
    struct Member;

    #[sse_user(wait_time = ms(10))]
    impl Member {
        #[on_start]
        async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
            assert_eq!(ctx.shared::<Token>().0, "token-1");
            ask(ctx, "/chat").await?;
            Ok(Self)
        }

        #[task]
        async fn chat(&mut self, ctx: &mut Context) -> TaskResult {
            let token = ctx.shared::<Token>();
            ctx.sse_request("/chat").body("{}").bearer_auth(&token.0).send().await?;
            Ok(())
        }

        #[on_stop]
        async fn leave(&mut self, ctx: &mut Context) -> TaskResult {
            ask(ctx, "/chat").await
        }
    }

    #[test]
    fn a_set_up_runs_once_before_all_and_a_tear_down_once_after_all() {
        static LOG_INS: AtomicU64 = AtomicU64::new(0);
        let server = MockServer::builder().tokens(2).start();
        let report = Member::load_test("log_in")
            .host(server.url())
            .users(4)
            .run_time(ms(300))
            .set_up(async |ctx: &mut Context| -> Result<Token, TaskError> {
                ctx.http().get(format!("{}/plain", ctx.host())).send().await?;
                ask(ctx, "/log-in").await?;
                Ok(Token(format!("token-{}", LOG_INS.fetch_add(1, SeqCst) + 1)))
            })
            .tear_down(async |ctx: &mut Context| -> TaskResult {
                let token = ctx.shared::<Token>();
                assert_eq!(token.0, "token-1");
                ask(ctx, "/log-out").await
            })
            .run();
        assert_eq!(paths(&server), ["/plain", "/log-in", "/chat", "/log-out"], "{report}");
        let once = |path| server.requests().iter().filter(|request| request.path == path).count();
        assert_eq!((once("/log-in"), once("/log-out")), (1, 1));
        assert!(server.requests().iter().any(|request| request.header("authorization") == Some("Bearer token-1")));

        // What is no load is in no figure: set-up, tear-down, four goodbyes.
        let counts = report.total().counts();
        assert_eq!((counts.outside, counts.started()), (6, server.request_count() - 1), "{report}");
        assert_eq!(report.request("/log-in").successes(), 0);
        assert_eq!((report.task_error_count(), report.panic_count()), (0, 0), "{report}");
        assert!(!report.warnings().iter().any(|warning| warning.contains("tear-down")), "{report}");
    }
}

#[sse_user(wait_time = ms(10))]
impl Asker {
    #[task]
    async fn chat(ctx: &mut Context) -> TaskResult {
        ask(ctx, "/chat").await
    }
}

fn asker(server: &MockServer) -> LoadTest {
    Asker::load_test("fixture").host(server.url()).run_time(ms(100))
}

#[test]
fn the_clock_begins_after_the_set_up() {
    let server = MockServer::builder().tokens(1).start();
    let asker = asker(&server).arrivals(Arrivals::at([ms(0), ms(50)])).max_users(1);
    let report = asker
        .set_up(async |_: &mut Context| -> Result<(), TaskError> {
            tokio::time::sleep(ms(300)).await;
            Ok(())
        })
        .run();
    assert_eq!((report.arrivals().due(), report.total().counts().outside), (2, 0), "{report}");
    // On the clock of the set-up both would have been due 250 ms before they began.
    assert!(report.request("/chat").lag().min() < ms(250), "{report}");
}

#[test]
fn several_set_ups_run_in_order_and_tear_downs_in_reverse() {
    static ORDER: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    fn note(what: &'static str) {
        ORDER.lock().expect("no panic").push(what);
    }

    let server = MockServer::builder().tokens(1).start();
    let report = asker(&server)
        .share(7_u32)
        .share("given")
        .set_up(async |ctx: &mut Context| -> Result<u64, TaskError> {
            note("first up");
            Ok(u64::from(*ctx.shared::<u32>()) + 1)
        })
        .tear_down(async |_: &mut Context| note("first down"))
        .set_up(async |ctx: &mut Context| -> Result<&'static str, RequestError> {
            note("second up");
            assert_eq!((*ctx.shared::<u64>(), *ctx.shared::<&str>()), (8, "given"));
            Ok("made")
        })
        .tear_down(async |ctx: &mut Context| {
            note("second down");
            assert_eq!(*ctx.shared::<&str>(), "made");
        })
        .run();
    assert_eq!(*ORDER.lock().expect("no panic"), ["first up", "second up", "second down", "first down"]);
    assert!(report.total().successes() > 0);
    assert!(!report.warnings().iter().any(|warning| warning.contains("tear-down")), "{report}");
}

/// The error of a test whose set-up fails; no user begins and nothing is torn down.
fn refusal(test: impl FnOnce(LoadTest) -> LoadTest) -> FixtureError {
    static TORN_DOWN: AtomicU64 = AtomicU64::new(0);
    let refusing = Fault::status(503).body("no");
    let server = MockServer::builder().path("/log-in", Script::new().fault(refusing, On::all())).tokens(1).start();
    let asker = asker(&server).tear_down(async |_: &mut Context| {
        TORN_DOWN.fetch_add(1, SeqCst);
    });
    let error = test(asker).try_run().expect_err("its set-up fails");
    assert_eq!(TORN_DOWN.load(SeqCst), 0);
    assert!(!paths(&server).contains(&"/chat".to_owned()), "a user began");
    let message = error.to_string();
    assert!(message.starts_with("load test `fixture` was not started: its set-up failed: "), "{message}");
    match error {
        RunError::SetUp { error, .. } => error,
        other => panic!("another error: {other}"),
    }
}

#[test]
fn a_set_up_that_fails_keeps_the_run_from_beginning() {
    let failed = refusal(|test| test.set_up(async |ctx: &mut Context| ask(ctx, "/log-in").await));
    assert!(matches!(&failed, FixtureError::Failed(text) if text.contains("HTTP 503")), "{failed}");
    let secret = refusal(|test| {
        test.set_up(async |_: &mut Context| -> TaskResult { Err(TaskError::new("http://me:pw@host/a?key=1 refused")) })
    });
    assert_eq!(secret, FixtureError::Failed("http://host/a?… refused".to_owned()));
    let panicked = refusal(|test| {
        test.set_up(async |ctx: &mut Context| -> TaskResult {
            let token = ctx.shared::<Token>();
            ask(ctx, &token.0).await
        })
    });
    let FixtureError::Panicked { message, location } = panicked else { panic!("no panic: {panicked}") };
    assert!(message.contains("Token` is shared: give one with .set_up(..) or .share(..)"), "{message}");
    assert!(location.contains("fixtures.rs:"), "{location}");
}

#[test]
#[should_panic(expected = "its set-up failed: no seat left")]
fn run_panics_with_the_reason() {
    let server = MockServer::start();
    let failing = async |_: &mut Context| -> TaskResult { Err(TaskError::new("no seat left")) };
    let _ = asker(&server).set_up(failing).run();
}

#[test]
fn a_tear_down_that_fails_is_a_warning() {
    let server = MockServer::builder().tokens(1).start();
    let report = asker(&server)
        .tear_down(async |_: &mut Context| -> TaskResult { panic!("broken") })
        .tear_down(async |_: &mut Context| -> TaskResult { Err(TaskError::new("the room is still full")) })
        .run();
    let warnings: Vec<_> = report.warnings().iter().filter(|warning| warning.contains("the tear-down of ")).collect();
    let [full, broken] = warnings[..] else { panic!("two warnings: {:?}", report.warnings()) };
    assert!(full.contains("fixtures.rs:") && full.ends_with(" failed: the room is still full"), "{full}");
    assert!(broken.contains(" failed: it panicked: broken  ") && broken.contains("fixtures.rs:"), "{broken}");
    assert!(report.total().successes() > 0 && report.panic_count() == 0, "{report}");
}

#[test]
fn what_is_cut_off_is_torn_down_too() {
    let server = MockServer::builder().tokens(1).path("/chat", Script::new().ttft(secs(3_600))).start();
    let asker = asker(&server).stop_timeout(ms(50)).max_requests(100);
    let report = asker.tear_down(async |ctx: &mut Context| ask(ctx, "/log-out").await).run();
    assert_eq!(paths(&server), ["/chat", "/log-out"]);
    let counts = report.total().counts();
    assert_eq!((counts.cut_off, counts.outside), (1, 1), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_waits_for_is_set_up_no_further() {
    let server = MockServer::builder().tokens(1).start();
    let endless = asker(&server).set_up(async |ctx: &mut Context| {
        ask(ctx, "/log-in").await?;
        pending::<TaskResult>().await
    });
    let waited = tokio::time::timeout(ms(200), endless.try_run_async()).await;
    assert!(waited.is_err(), "a set-up that never ends has ended");
    // It gives the lock back, or this would wait for ever.
    let report = asker(&server).run_async().await;
    assert!(report.total().successes() > 0);
}
