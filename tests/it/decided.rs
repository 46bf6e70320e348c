//! Runs that end as soon as what they are expected to keep is decided.

use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;
use sse_load::report::Ending;

/// Longer than any test waits.
const FAR: std::time::Duration = secs(600);

#[sse_user]
impl Asker {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/chat").body("{}").name("chat").send().await?;
        Ok(())
    }
}

fn askers(name: &str, server: &MockServer) -> LoadTest {
    Asker::load_test(name).host(server.url()).users(4).run_time(ms(300))
}

fn server() -> MockServer {
    MockServer::builder().ttft(ms(5)).tokens(2).start()
}

#[test]
fn a_server_far_within_its_limits_is_decided_long_before_the_end() {
    let server = server();
    let expected = [ttft("chat").p50().at_most(secs(5)), error_rate().at_most(0.0)];
    let report = askers("decided", &server).until_decided(FAR).expect(expected).run();
    assert_eq!(report.ending(), Ending::Decided, "{report}");
    assert!(report.window() >= ms(300) && report.window() < FAR, "{report}");
    let verdicts = report.verdicts();
    let judged = |place: usize| &verdicts.judged()[place];
    assert!(judged(0).decided_after.is_some_and(|after| after >= ms(300) && after <= report.window()), "{verdicts}");
    assert!(judged(0).n >= 80, "so many it takes: {verdicts}");
    assert_eq!((judged(1).verdict, judged(1).decided_after), (Verdict::Pass, None), "that stands only at the end");
    assert!(verdicts.to_string().contains(", decided after "), "{verdicts}");
    assert!(report.to_string().contains("decided after ") && report.to_string().contains(" of at most "), "{report}");
    let json: serde_json::Value =
        serde_json::from_str(&sse_load::render::json(&report).expect("it is data")).expect("JSON");
    assert_eq!((&json["ending"], &json["expected"]["looks"]), (&"decided".into(), &"many".into()));
    assert_eq!(json["expected"]["decisions"][0]["verdict"], "pass");
}

#[test]
fn a_clear_miss_ends_the_run_although_the_rest_is_open() {
    // So far from the limit that no delay of a busy machine explains it.
    let server = MockServer::builder().ttft(ms(400)).tokens(2).start();
    let expected = [ttft("chat").p50().at_most(ms(1)), request_count().at_least(1_000_000_000_u64)];
    let test = askers("missed", &server).users(100).until_decided(FAR).expect(expected);
    let report = test.try_run().expect("it runs");
    assert_eq!(report.ending(), Ending::Decided, "{report}");
    let verdicts = report.verdicts();
    if verdicts.count(Verdict::Invalid) == 2 {
        assert!(verdicts.to_string().contains("the generator was overloaded"), "{verdicts}");
        return;
    }
    assert_eq!(verdicts.count(Verdict::Miss), 2, "{verdicts}");
    let of_ttft = verdicts.judged().iter().find(|judged| judged.n > 0 && judged.decided_after.is_some());
    assert!(of_ttft.is_some_and(|judged| judged.verdict == Verdict::Miss && judged.n >= 80), "{verdicts}");
}

#[test]
fn what_nothing_decides_runs_to_the_end_and_is_inconclusive() {
    let server = MockServer::builder().ttft(ms(2)).tokens(2).fault(Fault::status(503), On::every(2)).start();
    let test = askers("open", &server).users(1).until_decided(ms(900)).expect([error_rate().at_most(0.5)]);
    let report = test.try_run().expect("it runs");
    assert_eq!(report.ending(), Ending::Complete, "{report}");
    assert!(report.window() >= ms(900), "{report}");
    let verdicts = report.verdicts();
    assert_eq!((verdicts.judged()[0].verdict, verdicts.judged()[0].decided_after), (Verdict::Inconclusive, None));
    assert!(verdicts.to_string().contains(" failed"), "{verdicts}");
}

#[test]
fn a_run_that_was_looked_at_is_never_judged_as_if_it_had_not_been() {
    let server = server();
    let test = askers("short", &server).users(1).max_requests(79).until_decided(FAR);
    let report = test.expect([ttft("chat").p50().at_most(secs(5))]).try_run().expect("it runs");
    let decided = |objective| report.check([objective]).judged()[0].verdict;
    // 79 within the limit are enough for a p95 of one look; of many not even for a median.
    assert_eq!(report.total().count(), 79, "{report}");
    assert_eq!(decided(ttft("chat").p50().at_most(secs(6))), Verdict::Inconclusive, "{report}");
    assert_eq!(decided(ttft("chat").p95().at_most(secs(6))), Verdict::Inconclusive, "{report}");
    assert!(report.verdicts().judged()[0].needs.is_some(), "{}", report.verdicts());
}

#[test]
fn a_request_that_hangs_does_not_hold_up_the_decision() {
    #[sse_user]
    impl Hanging {
        #[task]
        async fn wait(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/hangs").body("{}").name("hangs").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().ttft(ms(5)).tokens(2).path("/hangs", Script::new().ttft(secs(3_600))).start();
    let test = LoadTest::new("hanging").users_of::<Asker>(3).users_of::<Hanging>(1).host(server.url());
    let test = test.run_time(ms(300)).stop_timeout(ms(300)).until_decided(FAR);
    let report = test.expect([ttft("chat").p50().at_most(secs(5))]).run();
    assert_eq!((report.ending(), report.total().counts().cut_off), (Ending::Decided, 1), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "expected at tests/it/decided.rs:")]
async fn an_awaited_run_names_the_line_that_expects() {
    let server = server();
    let _report = askers("awaited", &server).expect([ttft("chat").p50().at_most(ms(1))]).run_async().await;
}
