//! The library, as its users have it: a load test whose users read one stream after the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use sse_load::prelude::*;
use sse_load::stats::Histogram;

use super::plan::{Fallible, Plan};
use super::{MEASURED, cpu, memory, stamp};

/// What the users read.
static PLAN: OnceLock<Plan> = OnceLock::new();
/// The clock that all processes share when that of the stamps was at 0.
static ZERO: OnceLock<u64> = OnceLock::new();
/// Whether the stamps of events are compared with those that they carry. That costs time, too.
static COMPARES: OnceLock<bool> = OnceLock::new();
static EVENTS: AtomicU64 = AtomicU64::new(0);
static REQUESTS: AtomicU64 = AtomicU64::new(0);
static LATE: Mutex<Option<Late>> = Mutex::new(None);

/// How much later than the server's own stamp events were, in nanoseconds.
struct Late {
    /// By the stamp that the library gives them.
    stamped: Histogram,
    /// By the read that brought them.
    read: Histogram,
}

/// Reads one stream after the other.
#[sse_user]
impl Reader {
    #[task]
    async fn read(ctx: &mut Context) -> TaskResult {
        static MEASURING: OnceLock<()> = OnceLock::new();
        MEASURING.get_or_init(|| drop(thread::spawn(measure)));
        let plan = PLAN.get().ok_or_else(|| TaskError::new("there is no plan"))?;
        let reply = ctx.sse_request(plan.path()).name("stream").send().await?;
        EVENTS.fetch_add(reply.metrics().generated.len() as u64, Ordering::Relaxed);
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        if COMPARES.get() == Some(&true) {
            compare(&reply);
        }
        Ok(())
    }
}

/// Runs the load test, and tells what the measured time cost and what was reported.
pub(crate) fn run(compares: bool, plan: &Plan, address: &str) -> Fallible<()> {
    let zero = sse_load::clock::Timestamp::now().as_nanos();
    ZERO.get_or_init(|| stamp::now() - zero);
    COMPARES.get_or_init(|| compares);
    PLAN.get_or_init(|| *plan);
    let mut test =
        Reader::load_test("streams").host(format!("http://{address}")).users(u64::from(plan.streams)).threads(1);
    if !plan.ramp.is_zero() {
        test = test.spawn_rate(f64::from(plan.streams) / plan.ramp.as_secs_f64());
    }
    let report = test.warm_up(secs(1)).run_time(MEASURED + secs(1)).try_run()?;
    let stream = report.request("stream");
    println!("failed {}", stream.failures());
    println!("ttft_p50 {}", stream.ttft().p50().as_nanos());
    println!("ttft_p99 {}", stream.ttft().p99().as_nanos());
    if let Some(late) = LATE.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        for (name, times) in [("stamped", &late.stamped), ("read", &late.read)] {
            for (label, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
                if let Some(late) = times.quantile(share) {
                    println!("{name}_{label} {late}");
                }
            }
        }
    }
    Ok(())
}

/// Tells what the measured time costs. It begins with the first user's first request.
fn measure() {
    let Some(plan) = PLAN.get() else { return };
    let alone = memory::resident("self");
    thread::sleep(plan.settled());
    let counts = || (cpu::time(), EVENTS.load(Ordering::Relaxed), REQUESTS.load(Ordering::Relaxed));
    let before = counts();
    thread::sleep(MEASURED);
    let after = counts();
    println!("cpu_ns {}", after.0.saturating_sub(before.0).as_nanos());
    println!("events {}", after.1 - before.1);
    println!("requests {}", after.2 - before.2);
    println!("memory {}", memory::resident("self").saturating_sub(alone) / u64::from(plan.streams));
}

/// Adds how late the events of a reply were.
fn compare(reply: &Reply) {
    let mut late = LATE.lock().unwrap_or_else(PoisonError::into_inner);
    let late = late.get_or_insert_with(|| Late { stamped: Histogram::new(), read: Histogram::new() });
    let stamps = reply.metrics();
    // Only where the kernel stamped every event is it known which.
    if stamps.buffered.len() != stamps.generated.len() {
        return;
    }
    for (event, buffered) in reply.events().zip(&stamps.buffered) {
        let (Ok(sent), Some(zero)) = (event.text.parse::<u64>(), ZERO.get()) else { continue };
        let at = zero + (stamps.start + event.at).as_nanos();
        let stamped = at.saturating_sub(sent);
        late.stamped.record(stamped);
        late.read.record(stamped + u64::from(*buffered) * 1_000);
    }
}
