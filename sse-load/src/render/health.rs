//! The generator's own health in two lines.

use super::plain::one_line;
use super::units::{count, duration, rate};
use crate::record::{Buffered, StampedBy};
use crate::report::{Floor, Health};
use crate::stats::Ratio;

/// Less than this share is not worth a word.
const NOTABLE: f64 = 0.001;

/// The lines; none where nothing was measured.
pub(super) fn health(health: &Health) -> Vec<String> {
    let Some((p99, longest)) = health.late(0.99).zip(health.late(1.0)) else { return Vec::new() };
    let machine = &health.machine;
    let cores = format!("{:.2}", machine.cores);
    let cores = cores.trim_end_matches('0').trim_end_matches('.');
    let notable = |share: Option<Ratio>| share.filter(|share| share.get() >= NOTABLE);
    let stalled = Ratio::from(health.lateness.stalled_share());
    let parts = [
        machine.used.map(|used| format!("{used} of {cores} processor{}", if cores == "1" { "" } else { "s" })),
        Some(format!("events read {} late at p99, {} at most", duration(p99), duration(longest))),
        stamps(&health.buffered),
        notable(Some(stalled)).map(|stalled| format!("stalled {stalled} of the time")),
        machine.throttled.filter(|throttled| throttled.periods > 0).map(|throttled| {
            format!("throttled for {} in {} periods", duration(throttled.time), count(throttled.periods))
        }),
        notable(machine.steal).map(|steal| format!("steal {steal}")),
        machine.busy.map(|busy| format!("machine {busy} busy")),
        health.achieved.map(|achieved| format!("{achieved} of the requested rate")),
        notable(health.coalesced)
            .map(|coalesced| format!("{coalesced} of events came in one read with the one before")),
        (health.exhausted() > 0).then(|| format!("{} requests had no file or port left", count(health.exhausted()))),
    ];
    let generator = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    vec![format!("generator: {generator}"), floor(health)]
}

/// Who stamped the events, and how long they lay in sockets' buffers.
fn stamps(buffered: &Buffered) -> Option<String> {
    let by = match buffered.stamped_by()? {
        StampedBy::Read => return Some("stamps: read".to_owned()),
        StampedBy::Kernel => "kernel".to_owned(),
        StampedBy::Both => format!("kernel for {}", buffered.share_by_kernel()?),
    };
    let (p99, longest) = (duration(buffered.at(0.99)?), duration(buffered.at(1.0)?));
    Some(format!("stamps: {by}, events buffered {p99} at p99, {longest} at most"))
}

fn floor(health: &Health) -> String {
    match &health.floor {
        Ok(Floor { ttft_p50, ttft_p99, events, .. }) => {
            let used =
                health.used.map_or_else(String::new, |used| format!("; the run read {used} of what its threads can"));
            format!(
                "this machine's floor: ttft {} at p50, {} at p99, {} events/s a thread{used}",
                duration(*ttft_p50),
                duration(*ttft_p99),
                rate(*events)
            )
        }
        Err(why) => format!("this machine's floor is not known: {}", one_line(why)),
    }
}
