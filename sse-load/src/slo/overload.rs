//! What a generator says of itself that could not do its work, and the cause.

use std::time::Duration;

use crate::record::STALL;
use crate::report::{Health, Profile, Report, RequestReport};
use crate::sample::Metric;
use crate::stats::Ratio;

/// Threads that stall for more than this share of their time do not deliver the load.
const STALLED: f64 = 0.1;

/// Shorter stalls than this in all are a hiccup, however short the run.
const HICCUP: Duration = Duration::from_secs(1);

/// Arrivals that fall short of the requested rate by more than this share are another load.
const SHORT: f64 = 0.1;

/// Fewer arrivals say nothing of a rate.
const FEWEST_ARRIVALS: u64 = 100;

/// A processor that is used to this share has none left.
const FULL: f64 = 0.9;

/// Less throttling or stolen time than this share is no cause.
const NOTABLE: f64 = 0.01;

const BLOCKS: &str =
    "a task blocks its thread: it computes for long, or waits in a call that is not async (std::thread::sleep)";

/// Why the load of the run is not what was asked for, if it is not: then no verdict on it stands.
pub(crate) fn overload(report: &Report) -> Option<String> {
    let health = report.health();
    if health.blocked > 0 {
        return Some(format!(
            "{} measuring threads did not end, and what is open there is in no figure; {BLOCKS}",
            health.blocked
        ));
    }
    let (stalls, share) = (health.lateness.stalls(), health.lateness.stalled_share());
    if share > STALLED && stalls.time > HICCUP {
        return Some(format!(
            "the generator was overloaded, so the load is not what was asked for: its threads stalled for {} of the time, up to {:.1?}; {}",
            Ratio::from(share),
            health.lateness.longest(),
            cause(health)
        ));
    }
    let lag = report.total().lag();
    let achieved = health.achieved.map_or(1.0, Ratio::get);
    (achieved < 1.0 - SHORT && lag.count() >= FEWEST_ARRIVALS).then(|| {
        format!(
            "the generator fell behind its schedule although users were free: {} of the requested rate, lag p99 {:.1?}; {}",
            Ratio::from(achieved),
            Duration::from_micros(report.total().distribution::<Duration>(Metric::Lag).histogram().quantile(0.99).unwrap_or(0)),
            cause(health)
        )
    })
}

/// What this machine had none left of for these requests.
pub(super) fn exhausted(request: &RequestReport) -> Option<String> {
    let counts = request.counts();
    if counts.files_exhausted > 0 {
        return Some(format!(
            "{} requests failed since this process may open no further file, which is no fault of the server: raise the limit (ulimit -Hn), or use fewer users",
            counts.files_exhausted
        ));
    }
    (counts.ports_exhausted > 0).then(|| {
        format!(
            "{} requests failed since this machine had no local port left, which is no fault of the server: keep connections, or use more addresses of it (`Connections::local_addresses`)",
            counts.ports_exhausted
        )
    })
}

/// That events were read late, and why.
pub(crate) fn late(health: &Health) -> String {
    format!(
        "the generator itself can explain this: it read events up to {:.1?} late, {} of the time by more than {STALL:.0?}; {}",
        health.lateness.longest(),
        Ratio::from(health.lateness.share_later_than(STALL)),
        cause(health)
    )
}

/// The most likely cause, and what to do.
fn cause(health: &Health) -> String {
    let machine = &health.machine;
    let above = |share: Option<Ratio>, limit: f64| share.filter(|share| share.get() >= limit);
    if let Some(throttled) = machine.throttled.filter(|throttled| throttled.share.get() >= NOTABLE) {
        return format!(
            "its control group was throttled for {:.1?} in {} periods (cpu quota: {:.2} processors): give it more",
            throttled.time, throttled.periods, machine.cores
        );
    }
    if let Some(steal) = above(machine.steal, NOTABLE) {
        return format!("the host took {steal} of this machine's processors for other machines (steal time)");
    }
    if let Some(used) = above(machine.used, FULL) {
        return format!(
            "this process used {used} of its {:.2} processors: use fewer users here, or a larger machine",
            machine.cores
        );
    }
    let stalls = health.lateness.stalls();
    let is_most = |part: Duration| stalls.time > Duration::ZERO && part * 2 >= stalls.time;
    let others = match (machine.busy, machine.used) {
        (Some(busy), Some(used)) => {
            format!(
                "other threads or processes keep the processors busy ({busy} in all, this process {used}): let nothing run beside it"
            )
        }
        _ => "other threads or processes keep the processors busy: let nothing run beside it".to_owned(),
    };
    if is_most(stalls.waiting) {
        return others;
    }
    // The system tells what the threads did, and they did not wait for a processor.
    if stalls.computing + stalls.waiting > Duration::ZERO {
        return BLOCKS.to_owned();
    }
    if above(machine.busy, FULL).is_some() {
        return others;
    }
    if stalls.time > Duration::ZERO {
        return BLOCKS.to_owned();
    }
    match health.profile {
        Profile::Debug => "this is a debug build, which is slow itself: use cargo test --release".to_owned(),
        Profile::Release => "the cause is not known".to_owned(),
    }
}
