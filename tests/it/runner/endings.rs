//! How a run ends: no request begins, those in flight finish, the rest is cut off.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use sse_load::client::RequestError;
use sse_load::clock::Timestamp;
use sse_load::mock::{Activity, Fault, Finish, MockServer, On, Script};
use sse_load::prelude::*;

use crate::mock::eventually;

const HOUR: Duration = secs(3_600);

#[test]
fn no_request_begins_after_the_window() {
    static SENT: Mutex<Vec<(Timestamp, bool)>> = Mutex::new(Vec::new());

    #[sse_user(wait_time = ms(1))]
    impl Noter {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let asked = Timestamp::now();
            let answer = ctx.sse_request("/").send().await;
            let refused = matches!(answer, Err(RequestError::Stopped));
            // A refusal is dated by its answer: the window ended before that.
            let stamp = if refused { Timestamp::now() } else { asked };
            SENT.lock().expect("no panic").push((stamp, refused));
            answer?;
            Ok(())
        }

        // Keeps users at work for as long as the streams of the others take.
        #[task]
        async fn wait_for_a_stream(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/slow").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).path("/slow", Script::new().ttft(ms(300))).start();
    let before = Timestamp::now();
    let report = Noter::load_test("window").host(server.url()).users(8).run_time(ms(400)).run();
    let after = Timestamp::now();

    assert!(report.window() >= ms(400));
    let sent = SENT.lock().expect("no panic");
    let begun = sent.iter().filter(|(_, refused)| !refused);
    // The window ended at the latest when the drain began.
    let latest_end = (after - before).saturating_sub(report.drained());
    assert!(begun.clone().all(|(asked, _)| *asked - before <= latest_end));
    assert!(sent.iter().filter(|(_, refused)| *refused).all(|(answered, _)| *answered - before >= ms(400)));
    let on_server = server.requests().iter().filter(|request| request.path == "/").count();
    assert_eq!(on_server, begun.count());
    assert_eq!(report.total().counts().started(), server.request_count());
}

#[test]
fn no_request_begins_after_the_window_although_its_thread_was_busy_when_that_ended() {
    static REFUSED: AtomicBool = AtomicBool::new(false);

    #[sse_user]
    impl Busy {
        #[task]
        async fn ask(ctx: &mut Context) {
            let stop = std::sync::Arc::clone(&ctx.sink().stop);
            let busy = async {
                while !stop.is_draining() {
                    std::thread::sleep(ms(1));
                }
            };
            let (answer, ()) = tokio::join!(ctx.sse_request("/").send(), busy);
            REFUSED.store(matches!(answer, Err(RequestError::Stopped)), SeqCst);
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let report = Busy::load_test("busy_end").host(server.url()).run_time(ms(100)).run();
    assert!(REFUSED.load(SeqCst), "{report}");
    assert_eq!(server.request_count(), 0);
}

#[sse_user(wait_time = ms(10))]
impl Patient {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        let path = if ctx.user_index().is_multiple_of(2) { "/even" } else { "/odd" };
        ctx.sse_request(path).name("ask").send().await?;
        Ok(())
    }
}

#[test]
fn streams_in_flight_at_the_end_finish_and_count() {
    let server = MockServer::builder().ttft(ms(700)).inter_token(ms(20)).tokens(5).start();
    let report = Patient::load_test("graceful").host(server.url()).users(6).run_time(ms(300)).run();
    assert!(server.requests().iter().all(|request| request.finished == Some(Finish::Completed)));
    assert!(server.request_count() >= 6);
    assert_eq!(report.total().successes(), server.request_count());
    assert_eq!(report.total().counts().started(), server.request_count());
    assert_eq!(report.request("ask").ttft().count(), server.request_count());
}

#[test]
fn streams_longer_than_the_stop_timeout_are_cut_off_and_in_no_figure() {
    let server =
        MockServer::builder().path("/even", Script::new().tokens(3)).path("/odd", Script::new().ttft(HOUR)).start();
    let test = Patient::load_test("cut_off").host(server.url()).users(6).run_time(ms(400)).stop_timeout(ms(200));
    let report = test.run();
    eventually("the server to see the last client leave", || server.in_flight() == 0);

    let counts = report.total().counts();
    assert_eq!((counts.cut_off, counts.failed, counts.hung_up), (3, 0, 0));
    assert_eq!(counts.finished() + counts.cut_off, server.request_count());
    let finished = |finish| server.requests().iter().filter(|request| request.finished == Some(finish)).count() as u64;
    assert_eq!((finished(Finish::Completed), finished(Finish::ClientGone)), (counts.succeeded, 3));
    assert_eq!(report.request("ask").ttft().count(), counts.succeeded);
    assert_eq!(report.request("ask").processing_time().count(), counts.succeeded);
    assert!(report.to_string().contains("cut off by the end of the run, in no figure: 3"), "{report}");
    assert!(report.failures().is_empty() && report.task_errors().is_empty());
    let verdicts = report.check([error_rate().at_most(0.0)]);
    let reason = &verdicts.judged()[0].reason;
    assert!(reason.contains("of 3 more nobody knows"), "what was cut off may have been bad\n{verdicts}");
    assert_eq!(verdicts.count(Verdict::Inconclusive), 1, "{verdicts}");
}

#[test]
fn requests_that_a_task_drops_are_counted_as_hung_up() {
    static BEGUN: AtomicU64 = AtomicU64::new(0);

    #[sse_user(wait_time = ms(20))]
    impl Impatient {
        #[task]
        async fn ask(ctx: &mut Context) {
            let before = BEGUN.load(SeqCst);
            let seen = async {
                while BEGUN.load(SeqCst) == before {
                    tokio::time::sleep(ms(1)).await;
                }
            };
            tokio::select! {
                _ = ctx.sse_request("/").send() => {}
                () = seen => {}
            }
        }
    }

    let count = |activity: &Activity| {
        if matches!(activity, Activity::Started { .. }) {
            BEGUN.fetch_add(1, SeqCst);
        }
    };
    let server = MockServer::builder().ttft(HOUR).on_activity(count).start();
    let report = Impatient::load_test("hung_up").host(server.url()).run_time(ms(400)).stop_timeout(secs(60)).run();
    let counts = report.total().counts();
    assert!(counts.hung_up > 0);
    assert_eq!(counts.finished() + counts.cut_off + counts.hung_up, server.request_count());
    assert_eq!(counts.hung_up, server.request_count());
}

#[test]
fn a_task_that_blocks_its_thread_does_not_hang_the_run() {
    static RELEASED: AtomicBool = AtomicBool::new(false);

    #[sse_user(wait_time = ms(10))]
    impl Blocker {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").name("ask").send().await?;
            while ctx.user_index() == 1 && !RELEASED.load(SeqCst) {
                std::thread::sleep(ms(5));
            }
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let test = Blocker::load_test("blocked").host(server.url()).users(2).threads(2).run_time(ms(300));
    let report = test.stop_timeout(Duration::ZERO).run();
    RELEASED.store(true, SeqCst);
    let warning = report.warnings().iter().find(|warning| warning.contains("did not end"));
    let warning = warning.unwrap_or_else(|| panic!("no warning: {:?}", report.warnings()));
    assert!(warning.starts_with("1 measuring thread") && warning.contains("a task blocks"), "{warning}");
    assert!(report.to_string().contains(warning), "{report}");
    // The other user's request may be cut off, before or after the server has it.
    let counts = report.request("ask").counts();
    assert!((counts.succeeded..=counts.started()).contains(&server.request_count()), "{report}");
}

#[test]
fn a_task_that_tries_for_ever_blocks_no_thread() {
    #[sse_user]
    impl Stubborn {
        #[task]
        async fn ask(ctx: &mut Context) {
            while ctx.sse_request("/").name("ask").send().await.is_err() {}
        }
    }

    let refused = Fault::status(503);
    let server = MockServer::builder().fault(refused, On::all()).start();
    let test = Stubborn::load_test("stubborn").host(server.url()).users(2).run_time(ms(200)).stop_timeout(ms(100));
    let report = test.run();
    let blocked = report.warnings().iter().find(|warning| warning.contains("did not end"));
    assert_eq!(blocked, None);
    assert_eq!(report.request("ask").counts().started(), server.request_count());
}

#[test]
fn a_blocking_call_that_ends_in_time_is_waited_for() {
    static RETURNED: AtomicU64 = AtomicU64::new(0);

    #[sse_user(wait_time = secs(3_600))]
    impl Caller {
        #[task]
        async fn call(ctx: &mut Context) -> TaskResult {
            drop(tokio::task::spawn_blocking(|| {
                std::thread::sleep(ms(400));
                RETURNED.fetch_add(1, SeqCst);
            }));
            ctx.sse_request("/").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let report = Caller::load_test("blocking_call").host(server.url()).users(2).run_time(ms(100)).run();
    assert_eq!(RETURNED.load(SeqCst), 2);
    assert!(!report.warnings().iter().any(|warning| warning.contains("did not end")), "{:?}", report.warnings());
}
