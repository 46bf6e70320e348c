//! The generator's health: that of the worst process.

use crate::report::{Floor, Health, Machine, MachineLoad, RequestReport, Throttling};
use crate::sample::Metric;
use crate::stats::{Rate, Ratio};

impl Health {
    /// Adds the health of another process; `total` are the requests of both.
    pub(super) fn merge(&mut self, other: Self, total: &RequestReport) {
        let Self {
            lateness,
            buffered,
            machine,
            files_exhausted,
            ports_exhausted,
            achieved,
            coalesced: _,
            blocked,
            profile: _,
            floor,
            used,
        } = other;
        self.lateness.merge(&lateness);
        self.buffered.merge(&buffered);
        merge_load(&mut self.machine, &machine);
        self.files_exhausted += files_exhausted;
        self.ports_exhausted += ports_exhausted;
        self.achieved = extreme(self.achieved, achieved, |new, known| new < known);
        let gaps = total.metrics[Metric::Icl.index()].len();
        self.coalesced = (gaps > 0).then(|| Ratio::of(total.counts.coalesced, gaps));
        self.blocked += blocked;
        self.floor = match (self.floor.clone(), floor) {
            (Ok(mine), Ok(theirs)) => Ok(higher(mine, theirs)),
            (Err(why), _) | (_, Err(why)) => Err(why),
        };
        self.used = most(self.used, used);
    }
}

/// The floor that both processes can measure above.
fn higher(one: Floor, other: Floor) -> Floor {
    Floor {
        ttft_min: one.ttft_min.max(other.ttft_min),
        ttft_p50: one.ttft_p50.max(other.ttft_p50),
        ttft_p99: one.ttft_p99.max(other.ttft_p99),
        events: Rate::per_sec(one.events.get().min(other.events.get())),
    }
}

fn merge_load(mine: &mut MachineLoad, theirs: &MachineLoad) {
    let MachineLoad { cores, used, throttled, steal, busy } = *theirs;
    mine.cores = mine.cores.min(cores);
    mine.used = most(mine.used, used);
    mine.throttled = extreme(mine.throttled, throttled, |new: &Throttling, known| new.share > known.share);
    mine.steal = most(mine.steal, steal);
    mine.busy = most(mine.busy, busy);
}

/// The machines of all processes, each once.
pub(super) fn merge_machine(mine: &mut Machine, theirs: &Machine) {
    if mine != theirs {
        *mine = Machine {
            cpu: joined(&mine.cpu, &theirs.cpu),
            cores: mine.cores.max(theirs.cores),
            os: joined(&mine.os, &theirs.os),
        };
    }
}

fn joined(one: &str, other: &str) -> String {
    if one.split(" + ").any(|known| known == other) { one.to_owned() } else { format!("{one} + {other}") }
}

fn most(one: Option<Ratio>, other: Option<Ratio>) -> Option<Ratio> {
    extreme(one, other, |new, known| new > known)
}

fn extreme<T>(known: Option<T>, new: Option<T>, beats: impl Fn(&T, &T) -> bool) -> Option<T> {
    match (known, new) {
        (Some(known), Some(new)) => Some(if beats(&new, &known) { new } else { known }),
        (known, new) => known.or(new),
    }
}
