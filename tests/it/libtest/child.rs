//! The tests that the other modules run in processes of their own. Run by anything else, they do nothing.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use serde_json::json;
use sse_load::capacity::{Capacity, Conclusion};
use sse_load::prelude::*;
use sse_load::report::Ending;
use sse_load::run::RequestLog;

use super::process::{OTHER_SERVER, SERVER};

const HOUR: Duration = secs(3_600);

/// The URL in a variable that only a parent sets.
fn given(variable: &str) -> Option<String> {
    Some(env_or(variable, "")).filter(|url| !url.is_empty())
}

#[sse_user(wait_time = ms(10))]
impl Asker {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ask(ctx, "/chat").await
    }
}

/// Has the server count the tokens: loading a table to count them takes a debug build longer than the run.
async fn ask(ctx: &mut Context, path: &str) -> TaskResult {
    let body = json!({"stream": true, "stream_options": {"include_usage": true}});
    ctx.sse_request(path).name("chat").json(&body).send().await?;
    Ok(())
}

fn askers(name: &str, host: String) -> LoadTest {
    Asker::load_test(name).host(host).users(2).run_time(ms(400))
}

#[test]
#[ignore = "run by its parent test"]
fn passes() {
    let Some(server) = given(SERVER) else { return };
    askers("passes", server).run().assert([error_rate().at_most(0.0)]);
}

#[test]
#[ignore = "run by its parent test"]
fn is_logged() {
    let Some(server) = given(SERVER) else { return };
    askers("is_logged", server).request_log(RequestLog::JsonLines).run().assert([error_rate().at_most(0.0)]);
}

#[test]
#[ignore = "run by its parent test"]
fn goes_through_the_proxy() {
    let Some(server) = given(SERVER) else { return };
    let test = askers("goes_through_the_proxy", server).connections(Connections::default().environment_proxies());
    test.run().assert([error_rate().at_most(0.0)]);
}

#[test]
#[ignore = "run by its parent test"]
fn runs_twice() {
    let Some(server) = given(SERVER) else { return };
    askers("one", server.clone()).run().assert([error_rate().at_most(0.0)]);
    askers("two", server).run().assert([error_rate().at_most(0.0)]);
}

pub(super) const MISSED_LINE: u32 = line!() + 7;

#[test]
#[ignore = "run by its parent test"]
fn misses() {
    let Some(server) = given(SERVER) else { return };
    let report = askers("misses", server).run();
    report.assert([
        error_rate().at_most(0.0),
        ttft("chat").p95().at_most(ms(1)),
        request_count().at_least(1_000_000_u64),
    ]);
}

pub(super) const EXPECTED_LINE: u32 = line!() + 9;

#[test]
#[ignore = "run by its parent test"]
fn misses_what_it_expects() {
    let Some(server) = given(SERVER) else { return };
    let _report = askers("expecting", server)
        .expect([error_rate().at_most(0.0), ttft("chat").p50().at_most(ms(1))])
        .expect([request_count().at_least(1_u64)])
        .run();
}

#[test]
#[ignore = "run by its parent test"]
fn keeps_what_it_expects_and_asserts_it_again() {
    let Some(server) = given(SERVER) else { return };
    let kept = [error_rate().at_most(0.0), ttft("chat").max().at_most(HOUR)];
    askers("keeping", server).expect(kept.clone()).run().assert(kept);
}

#[test]
#[ignore = "run by its parent test"]
fn misses_what_it_expects_without_a_panic() {
    let Some(server) = given(SERVER) else { return };
    let report = askers("trying", server).expect([ttft("chat").p50().at_most(ms(1))]).try_run().expect("it runs");
    assert_eq!(report.objectives().len(), 1);
    assert_eq!(report.verdicts().count(Verdict::Miss), 1, "{report}");
}

#[test]
#[ignore = "run by its parent test"]
fn proves_little() {
    let Some(server) = given(SERVER) else { return };
    askers("little", server)
        .max_requests(20)
        .run()
        .assert([ttft("chat").p95().at_most(HOUR), error_rate().at_most(0.0)]);
}

pub(super) const PLAIN_LINE: u32 = line!() + 7;

#[test]
#[ignore = "run by its parent test"]
fn misses_the_plain_way() {
    let Some(server) = given(SERVER) else { return };
    let report = askers("plain", server).run();
    assert!(report.request("chat").ttft().p95() < ms(1), "{report}");
}

pub(super) const MISSPELT_LINE: u32 = line!() + 7;

#[test]
#[ignore = "run by its parent test"]
fn misspells_a_request() {
    let Some(server) = given(SERVER) else { return };
    let report = askers("misspelt", server).run();
    assert!(report.request("chatt").ttft().p95() < secs(60), "{report}");
}

#[test]
#[ignore = "run by its parent test"]
fn misspells_an_objective() {
    let Some(server) = given(SERVER) else { return };
    askers("misspelt", server).run().assert([ttft("chatt").p95().at_most(secs(60))]);
}

pub(super) const OUTSIDE_LINE: u32 = line!() + 18;

#[test]
#[ignore = "run by its parent test"]
fn panics_inside_and_outside_of_tasks() {
    #[sse_user]
    impl Panicking {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ask(ctx, "/").await?;
            panic!("inside of a task")
        }
    }

    let Some(server) = given(SERVER) else { return };
    let report = Panicking::load_test("panicking").host(server).run_time(ms(200)).run();
    assert!(report.panic_count() > 0);
    assert!(report.task_errors().is_empty());
    panic!("outside of tasks");
}

#[tokio::test]
#[ignore = "run by its parent test"]
async fn blocks_its_single_threaded_runtime() {
    let Some(server) = given(SERVER) else { return };
    askers("blocking", server).run().assert([error_rate().at_most(0.0)]);
}

#[sse_user]
impl Chooser {
    #[task]
    async fn a(ctx: &mut Context) -> TaskResult {
        ask(ctx, "/a").await
    }

    #[task]
    async fn b(ctx: &mut Context) -> TaskResult {
        ask(ctx, "/b").await
    }
}

#[test]
#[ignore = "run by its parent test"]
fn chooses() {
    let Some(server) = given(SERVER) else { return };
    let _ = Chooser::load_test("chooses").host(server).run_time(ms(400)).run();
}

#[test]
#[ignore = "run by its parent test"]
fn mixes() {
    let Some(server) = given(SERVER) else { return };
    let test = LoadTest::new("mixes").users_of::<Asker>(3).users_of::<Chooser>(1);
    let _ = test.host(server).run_time(ms(100)).run();
}

static HELD: AtomicBool = AtomicBool::new(false);

/// Keeps its run from ending for as long as the server keeps its stream open.
#[sse_user]
impl Holder {
    #[task]
    async fn hold(ctx: &mut Context) -> TaskResult {
        HELD.store(true, SeqCst);
        ctx.sse_request("/").send().await?;
        Ok(())
    }
}

fn holder(server: String) -> LoadTest {
    Holder::load_test("first").host(server).run_time(ms(800)).stop_timeout(HOUR)
}

#[test]
#[ignore = "run by its parent test"]
fn holds_the_lock() {
    let Some(server) = given(SERVER) else { return };
    let _ = holder(server).run();
}

#[test]
#[ignore = "run by its parent test"]
fn two_threads() {
    let (Some(server), Some(other)) = (given(SERVER), given(OTHER_SERVER)) else { return };
    let first = std::thread::spawn(|| drop(holder(server).run()));
    while !HELD.load(SeqCst) {
        std::thread::sleep(ms(5));
    }
    let second = std::thread::spawn(|| drop(askers("second", other).run()));
    first.join().expect("no panic");
    second.join().expect("no panic");
}

#[test]
#[ignore = "run by its parent test"]
fn interrupted() {
    let Some(server) = given(SERVER) else { return };
    let report = askers("interrupted", server).run_time(HOUR).stop_timeout(HOUR).run();
    assert_eq!(report.ending(), Ending::Interrupted);
}

#[test]
#[ignore = "run by its parent test"]
fn interrupted_and_missing() {
    let Some(server) = given(SERVER) else { return };
    let report = askers("missing", server).run_time(HOUR).stop_timeout(HOUR).run();
    report.assert([request_count().at_least(1_000_000_u64)]);
}

fn search(name: &str, server: &str, first: Duration, pause: Duration) -> Capacity {
    let level = |users| Asker::load_test("level").host(server).users(users).stop_timeout(HOUR);
    let times = move |users: u64| level(users).run_time(if users == 1 { first } else { HOUR });
    CapacitySearch::new(name, times).objectives([error_rate().at_most(0.0)]).pause(pause).run()
}

#[test]
#[ignore = "run by its parent test"]
fn searches_for_ever() {
    let Some(server) = given(SERVER) else { return };
    let capacity = search("endless", &server, ms(200), ms(0));
    assert_eq!((capacity.at_least(), capacity.conclusion()), (1.0, Conclusion::CutShort));
}

#[test]
#[ignore = "run by its parent test"]
fn interrupted_and_torn_down() {
    let Some(server) = given(SERVER) else { return };
    let test = askers("torn_down", server).run_time(HOUR).tear_down(async |_: &mut Context| {
        eprintln!("torn down");
        std::future::pending::<()>().await;
    });
    let report = test.run();
    assert!(report.warnings().iter().any(|warning| warning.ends_with("failed: it was interrupted")), "{report}");
}

#[test]
#[ignore = "run by its parent test"]
fn searches_after_a_rest() {
    let Some(server) = given(SERVER) else { return };
    let _ = search("rested", &server, ms(200), HOUR);
}

/// Refuses everything from two users on.
#[test]
#[ignore = "run by its parent test"]
fn searches() {
    let (Some(server), Some(other)) = (given(SERVER), given(OTHER_SERVER)) else { return };
    let level = |users: u64| askers("level", if users < 2 { server.clone() } else { other.clone() }).users(users);
    let search = CapacitySearch::new("searched", level).objectives([error_rate().at_most(0.0)]).up_to(4).pause(ms(0));
    assert!(search.run().at_least() >= 1.0);
}

#[test]
#[ignore = "run by its parent test"]
fn compares_hosts() {
    let Some(server) = given(SERVER) else { return };
    let test = askers("hosts", server.clone()).max_tasks_per_user(1);
    test.compare_hosts(server.clone(), server).pairs(5).pause(ms(0)).tolerance(1e6).run().assert();
}

#[test]
#[ignore = "run by its parent test"]
fn interrupted_while_it_is_set_up() {
    let Some(server) = given(SERVER) else { return };
    let test = askers("set_up", server).set_up(async |ctx: &mut Context| {
        ask(ctx, "/log-in").await?;
        ask(ctx, "/log-in").await?;
        std::future::pending::<TaskResult>().await
    });
    let error = test.try_run().expect_err("it was interrupted");
    assert_eq!(error.to_string(), "load test `set_up` was not started: its set-up failed: it was interrupted");
}

/// In the order of the alphabet the next after `interrupted`.
#[test]
#[ignore = "run by its parent test"]
fn later() {
    let Some(server) = given(SERVER) else { return };
    let _ = askers("later", server).run();
}

#[test]
#[ignore = "run by its parent test"]
fn idles_after_its_run() {
    let Some(server) = given(SERVER) else { return };
    let _ = askers("idle", server).run();
    println!("the load test is over");
    std::thread::sleep(HOUR);
}

#[test]
#[ignore = "run by its parent test"]
fn compares() {
    let Some(server) = given(SERVER) else { return };
    askers("compares", server).run().compare("main").assert();
}

#[test]
#[ignore = "run by its parent test"]
fn is_watched() {
    let Some(server) = given(SERVER) else { return };
    let test = askers("watched", server).run_time(HOUR);
    let report = test.expect([ttft("chat").p95().at_most(HOUR), error_rate().at_most(0.5)]).try_run().expect("it runs");
    println!("{report}");
}
