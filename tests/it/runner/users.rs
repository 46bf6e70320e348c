//! When users come, and how long they wait.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant, UNIX_EPOCH};

use sse_load::clock::{Timestamp, wall};
use sse_load::mock::MockServer;
use sse_load::prelude::*;

/// A run notes its begin on two clocks, one after the other: the second may be this late.
const BETWEEN_CLOCKS: Duration = ms(20);

/// Says its number, again and again.
#[sse_user(wait_time = ms(50))]
impl Walker {
    #[task]
    async fn step(ctx: &mut Context) -> TaskResult {
        let user = ctx.user_index();
        ctx.sse_request(format!("/{user}")).name("step").send().await?;
        Ok(())
    }
}

/// When the requests of each user came in, in their order.
fn arrivals(server: &MockServer) -> BTreeMap<u32, Vec<Instant>> {
    let mut arrivals = BTreeMap::<_, Vec<_>>::new();
    for request in server.requests() {
        let user = request.path.trim_start_matches('/').parse().expect("a user's number");
        arrivals.entry(user).or_default().push(server.epoch() + request.at);
    }
    arrivals
}

/// The begin of the run on the monotonic clock. A pause between the two readings makes it earlier, never later.
fn begin(report: &Report) -> Instant {
    let now = Timestamp::now().instant();
    let since_epoch = wall().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let json = serde_json::to_value(report).expect("a report serialises");
    let started = Duration::from_secs_f64(json["started_unix"].as_f64().expect("a number"));
    now.checked_sub(since_epoch.saturating_sub(started)).expect("a run of this process")
}

#[test]
fn users_come_no_faster_than_their_rate_and_all_come() {
    let server = MockServer::builder().tokens(2).start();
    let report = Walker::load_test("spawn_rate").host(server.url()).users(6).spawn_rate(10.0).run_time(ms(1_000)).run();
    let (arrivals, begin) = (arrivals(&server), begin(&report));
    assert_eq!(arrivals.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    for (user, arrivals) in arrivals {
        let due = begin + ms(100) * user;
        assert!(arrivals[0] + BETWEEN_CLOCKS >= due, "user {user} came {:?} too early", due - arrivals[0]);
    }
    assert_eq!(report.plan().spawn_rate, Some(10.0));
}

#[test]
fn without_a_rate_all_users_come_at_once() {
    let server = MockServer::builder().tokens(2).start();
    let report = Walker::load_test("all_at_once").host(server.url()).users(20).run_time(ms(500)).run();
    assert_eq!(arrivals(&server).len(), 20);
    assert_eq!(server.connection_count(), 20, "a user has a connection of its own, and keeps it");
    assert_eq!((report.plan().users, report.plan().spawn_rate), (20, None));
    assert_eq!(report.total().successes(), server.request_count());
}

/// Whatever the time all of it takes: each is where it waits for the outside before the next but one begins.
#[test]
fn users_that_come_at_once_do_not_keep_those_waiting_who_have_begun() {
    static WAITING: AtomicU64 = AtomicU64::new(0);
    static MOST: AtomicU64 = AtomicU64::new(0);

    #[sse_user(wait_time = secs(3_600))]
    impl Newcomer {
        #[task]
        async fn wait_for_the_runtime(_ctx: &mut Context) -> TaskResult {
            MOST.fetch_max(WAITING.fetch_add(1, SeqCst) + 1, SeqCst);
            tokio::task::yield_now().await;
            WAITING.fetch_sub(1, SeqCst);
            Ok(())
        }
    }

    let report = Newcomer::load_test("crowd").users(500).threads(1).run_time(ms(300)).run();
    assert_eq!(report.panics().len(), 0, "{report}");
    assert!((1..=3).contains(&MOST.load(SeqCst)), "{MOST:?} waited at once");
}

#[test]
fn a_user_waits_between_two_tasks() {
    let server = MockServer::builder().tokens(2).start();
    let report = Walker::load_test("wait_time").host(server.url()).users(3).run_time(ms(400)).run();
    for (user, arrivals) in arrivals(&server) {
        assert!(arrivals.len() > 1, "user {user} came only once");
        for pair in arrivals.windows(2) {
            let gap = pair[1] - pair[0];
            assert!(gap >= ms(50), "user {user} waited only {gap:?}");
        }
    }
    assert!(report.total().successes() >= 6);
}

#[test]
fn a_wait_is_cut_short_by_the_end_of_the_run() {
    #[sse_user(wait_time = secs(3_600))]
    impl Sleeper {
        #[task]
        async fn once(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let report =
        Sleeper::load_test("long_wait").host(server.url()).users(4).run_time(ms(300)).stop_timeout(secs(3_600)).run();
    assert_eq!((server.request_count(), report.total().successes()), (4, 4));
}
