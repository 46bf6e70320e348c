//! What a generator does that is itself too late: it says so, and blames no server.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::Duration;

use sse_load::mock::MockServer;
use sse_load::prelude::*;
use sse_load::record::Lateness;
use sse_load::slo::{Judged, Objective, Verdict};

use crate::libtest::process::{Child, SERVER};

const USERS: u64 = 8;

#[sse_user(wait_time = ms(5))]
impl Asker {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/chat").name("chat").send().await?;
        Ok(())
    }
}

fn server() -> MockServer {
    MockServer::builder().ttft(ms(20)).tokens(2).inter_token(ms(1)).start()
}

fn askers(name: &str, host: impl Into<String>) -> LoadTest {
    Asker::load_test(name).host(host.into()).users(USERS).run_time(secs(2))
}

/// One objective on a report.
fn judged(report: &Report, objective: Objective) -> Judged {
    report.check([objective]).judged()[0].clone()
}

/// Busy for this long by the clock that stamps use.
fn compute(time: Duration) {
    let begin = sse_load::clock::Timestamp::now();
    let mut number = 1_u64;
    while sse_load::clock::Timestamp::now() - begin < time {
        number = std::hint::black_box(number.wrapping_mul(3));
    }
}

fn cores() -> u64 {
    std::thread::available_parallelism().map_or(1, usize::from) as u64
}

/// Threads that compute until this is dropped.
struct Burners {
    done: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Burners {
    /// So many, each of which does this with its number and that of the round, over and over.
    fn start(number: u64, burn: impl Fn(u64, u64) + Copy + Send + 'static) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let threads = (0..number).map(|thread| {
            let done = Arc::clone(&done);
            std::thread::spawn(move || {
                (0..u64::MAX).take_while(|_| !done.load(SeqCst)).for_each(|round| burn(thread, round));
            })
        });
        Self { threads: threads.collect(), done: Arc::clone(&done) }
    }
}

impl Drop for Burners {
    fn drop(&mut self) {
        self.done.store(true, SeqCst);
        for thread in self.threads.drain(..) {
            assert!(thread.join().is_ok(), "a burner panicked");
        }
    }
}

#[test]
fn a_run_tells_how_late_its_threads_were_and_what_the_machine_can_do() {
    let server = server();
    let report = askers("healthy", server.url()).threads(2).run();
    let health = report.health();
    // One moment in each 5 ms on each of two threads.
    let moments = health.lateness.histogram().len();
    let periods = report.window().as_nanos() / Lateness::PERIOD.as_nanos();
    assert!((1..=2 * (periods + 1)).contains(&u128::from(moments)) && moments > 300, "{moments} of 2 · {periods}");
    assert!(health.late(0.5) <= health.late(0.99) && health.late(0.99) <= health.late(1.0));
    assert!(health.floor.as_ref().is_ok_and(|floor| floor.events.get() > 0.0), "{:?}", health.floor);
    assert!(health.used.is_some_and(|used| used.get() > 0.0));
    let text = report.to_string();
    assert!(text.contains("\ngenerator: ") && text.contains("this machine's floor: ttft "), "{text}");
    let json: serde_json::Value = serde_json::from_str(&sse_load::render::json(&report).expect("JSON")).expect("JSON");
    assert_eq!(json["health"]["late_n"], moments);
    if cfg!(target_os = "linux") {
        assert!(health.machine.used.is_some() && health.machine.busy.is_some() && health.machine.steal.is_some());
    }
}

#[test]
fn a_task_that_blocks_its_thread_is_not_the_servers_miss() {
    #[sse_user(wait_time = ms(5))]
    impl Computing {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            static MADE: AtomicU64 = AtomicU64::new(0);
            ctx.sse_request("/chat").name("chat").send().await?;
            if MADE.fetch_add(1, SeqCst) % 10 == 9 {
                compute(ms(50));
            }
            Ok(())
        }
    }

    let server = server();
    let test = Computing::load_test("computing").host(server.url()).users(USERS).threads(1).run_time(secs(4));
    let report = test.run();
    // About half of the time is lost. 40 ms is twice the truth.
    let close = judged(&report, ttft("chat").p95().at_most(ms(40)));
    assert_eq!(close.verdict, Verdict::Invalid, "{close}\n{report}");
    assert!(close.value.is_some() && close.n > 0, "{close}");
    let stalls = report.health().lateness.stalls();
    // On a machine that is full, the thread that computes waits as well, and others may be the cause just as much.
    if stalls.waiting * 2 < stalls.time && report.health().machine.steal.is_none_or(|steal| steal.get() < 0.01) {
        assert!(close.reason.contains("a task blocks its thread"), "{close}");
    }
}

#[test]
fn a_miss_that_no_delay_explains_stands_beside_a_few_stalls() {
    #[sse_user(wait_time = ms(5))]
    impl Hiccup {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            static STALLED: AtomicBool = AtomicBool::new(false);
            ctx.sse_request("/chat").name("chat").send().await?;
            if !STALLED.swap(true, SeqCst) {
                std::thread::sleep(ms(60));
            }
            Ok(())
        }
    }

    let slow = MockServer::builder().ttft(ms(200)).tokens(2).start();
    let report = Hiccup::load_test("hiccup").host(slow.url()).users(USERS).threads(1).run_time(secs(2)).run();
    assert!(report.health().lateness.longest() >= ms(30), "{report}");
    if report.health().lateness.stalled_share() > 0.1 {
        eprintln!("skipped: this machine is too busy for any verdict\n{report}");
        return;
    }
    let missed = judged(&report, ttft("chat").p50().at_most(ms(2)));
    assert_eq!(missed.verdict, Verdict::Miss, "{missed}\n{report}");
    let kept = judged(&report, ttft("chat").p50().at_most(secs(20)));
    assert_eq!(kept.verdict, Verdict::Pass, "a delay makes no time shorter: {kept}");
}

#[cfg(unix)]
#[test]
#[ignore = "run by its parent test"]
fn has_few_files() {
    let host = env_or(SERVER, "");
    if host.is_empty() {
        return;
    }
    Asker::load_test("few_files")
        .host(host)
        .users(47)
        .threads(1)
        .run_time(ms(600))
        .run()
        .assert([error_rate().at_most(0.01), ttft("chat").p95().at_most(secs(3_600))]);
}

#[cfg(unix)]
#[test]
fn files_that_run_out_are_not_the_servers_errors() {
    let server = server();
    let outcome = Child::of_module("health", &["has_few_files"]).server(&server).after("ulimit -n 48").run();
    outcome.assert_failed();
    outcome.assert_says("2 of 2 objectives invalid");
    outcome
        .assert_says("since this process may open no further file, which is no fault of the server: raise the limit");
    outcome.assert_says("no open file left");
    assert!(outcome.json("few_files")["health"]["files_exhausted"].as_u64() > Some(0));
}

#[cfg(unix)]
#[test]
fn users_who_cannot_have_a_connection_each_do_not_begin() {
    let server = server();
    let child = Child::of_module("health", &["has_few_files"]).server(&server).env("SSE_LOAD_USERS", "100");
    let outcome = child.after("ulimit -n 48").run();
    outcome.assert_failed();
    outcome.assert_says("this process may open 48 files, and 100 users who keep a connection each need about 164");
    assert_eq!(server.connection_count(), 0);
}

#[test]
#[ignore = "run by its parent test"]
fn runs_beside_its_own_burners() {
    let host = env_or(SERVER, "");
    if host.is_empty() {
        return;
    }
    let burners = Burners::start(2 * cores(), |_, _| compute(ms(1)));
    let report = askers("burnt", host).run();
    drop(burners);
    // Half as much again as the truth: an idle machine keeps it.
    let verdicts = report.check([ttft("chat").p95().at_most(ms(30)), e2e("chat").p90().at_most(ms(40))]);
    assert_eq!(verdicts.count(Verdict::Miss), 0, "{verdicts}\n{report}");
}

#[test]
fn processors_that_others_use_are_not_the_servers_miss() {
    let server = server();
    Child::of_module("health", &["runs_beside_its_own_burners"]).server(&server).run().assert_passed();
}

#[test]
#[ignore = "run by its parent test"]
fn is_throttled() {
    let host = env_or(SERVER, "");
    if host.is_empty() {
        return;
    }
    // What it burns is its quota, so that the group must pause.
    let burners = Burners::start(1, |_, _| compute(ms(1)));
    let report = askers("throttled", host).run();
    drop(burners);
    report.assert([ttft("chat").p95().at_most(ms(30))]);
}

/// A group of its own with a fifth of a processor, for a process that joins it by itself.
#[cfg(target_os = "linux")]
fn quota_group() -> Option<std::path::PathBuf> {
    let name = format!("sse-load-suite-{}", std::process::id());
    let first = std::path::Path::new("/sys/fs/cgroup/cpu").join(&name);
    if std::fs::create_dir(&first).is_ok() {
        if std::fs::write(first.join("cpu.cfs_quota_us"), "20000").is_ok() {
            return Some(first);
        }
        let _ = std::fs::remove_dir(&first);
    }
    let second = std::path::Path::new("/sys/fs/cgroup").join(&name);
    std::fs::create_dir(&second).ok()?;
    if std::fs::write(second.join("cpu.max"), "20000 100000").is_ok() {
        return Some(second);
    }
    let _ = std::fs::remove_dir(&second);
    None
}

#[cfg(target_os = "linux")]
#[test]
fn a_quota_that_is_used_up_is_not_the_servers_miss() {
    let Some(group) = quota_group() else {
        eprintln!("skipped: this machine lets the test make no control group with a quota");
        return;
    };
    let server = server();
    let join = format!("echo $$ > {}/cgroup.procs", group.display());
    let outcome = Child::of_module("health", &["is_throttled"]).server(&server).after(&join).run();
    let json = outcome.json("throttled");
    let removed = Command::new("rmdir").arg(&group).status();
    assert!(removed.is_ok_and(|status| status.success()), "{}", group.display());
    outcome.assert_failed();
    outcome.assert_says("1 of 1 objective invalid");
    outcome.assert_says("its control group was throttled for ");
    assert!(json["health"]["machine"]["throttled"]["periods"].as_u64() > Some(0), "{json}");
}

/// How often a stress test runs; `tests/stress.sh 50` sets it.
fn runs() -> u64 {
    env_or("SUITE_STRESS_RUNS", "5").parse().expect("a number of runs")
}

/// Runs and counts the verdicts on a gate of p95: pass, miss, inconclusive, invalid.
fn counted(server: &MockServer, limit: Duration, bursts: bool) -> [usize; 4] {
    // Bursts and pauses, of another length in each thread, as those of a neighbour on the machine.
    let burners = Burners::start(if bursts { 2 * cores() } else { 0 }, |thread, round| {
        compute(ms(10 + (7 * round + 13 * thread) % 40));
        std::thread::sleep(ms((11 * round + 5 * thread) % 30));
    });
    let mut counts = [0; 4];
    for _ in 0..runs() {
        let report = askers("stress", server.url()).run();
        let judged = judged(&report, ttft("chat").p95().at_most(limit));
        eprintln!("{:?}: {judged}", judged.verdict);
        let place = [Verdict::Pass, Verdict::Miss, Verdict::Inconclusive, Verdict::Invalid];
        counts[place.iter().position(|verdict| *verdict == judged.verdict).expect("one of four")] += 1;
    }
    drop(burners);
    eprintln!("pass, miss, inconclusive, invalid: {counts:?}");
    counts
}

/// 20 ms, and what a request takes beside it on this machine: p95 of a run that nothing disturbs.
fn true_p95() -> Duration {
    let server = server();
    let report = askers("undisturbed", server.url()).run();
    report.request("chat").ttft().p95()
}

#[test]
#[ignore = "minutes on a machine of its own: tests/stress.sh"]
fn stress_a_generator_under_stress_never_misses() {
    let limit = true_p95().mul_f64(1.1);
    let [_, missed, ..] = counted(&server(), limit, true);
    assert_eq!(missed, 0);
}

#[test]
#[ignore = "minutes on a machine of its own: tests/stress.sh"]
fn stress_a_slower_server_never_passes() {
    let truth = true_p95();
    let slower = MockServer::builder().ttft(ms(20) + truth.mul_f64(0.15)).tokens(2).inter_token(ms(1)).start();
    // The limit lies 10 % above the truth, and the server 15 %.
    let [passed, ..] = counted(&slower, truth.mul_f64(1.1), false);
    assert_eq!(passed, 0);
}
