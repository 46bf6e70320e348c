//! How well the generator itself was.

use std::time::Duration;

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

use super::Profile;
use crate::record::{Arrived, Buffered, Lateness, Series};
use crate::sample::Metric;
use crate::stats::{Histogram, Rate, Ratio, seconds};

/// How well the generator itself was over the measured window: what it did to the figures, and why.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn look(report: &Report) {
/// let health = report.health();
/// println!("an event in a hundred was read more than {:?} late", health.late(0.99));
/// println!("one in a hundred lay {:?} in a socket's buffer, stamped by {:?}", health.buffered.at(0.99), health.buffered.stamped_by());
/// println!("{:?} of this machine's processors were used", health.machine.used);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Health {
    /// How late an event was read that came at a random moment.
    pub lateness: Lateness,
    /// How long events lay in the sockets' buffers, and who stamped them.
    pub buffered: Buffered,
    /// What the machine left the generator.
    pub machine: MachineLoad,
    /// Failed requests that this process had no open file left for.
    pub files_exhausted: u64,
    /// Failed requests that this machine had no local port left for.
    pub ports_exhausted: u64,
    /// The share of the requested rate that was achieved although users were free, in the open loop.
    pub achieved: Option<Ratio>,
    /// The share of gaps that are 0, since both events came in one read.
    pub coalesced: Option<Ratio>,
    /// Measuring threads that did not end, since a task blocks them.
    pub blocked: usize,
    /// How the test was built.
    pub profile: Profile,
    /// The least that this machine can measure, and the most that it can read; or why that is not known.
    pub floor: Result<Floor, String>,
    /// The events of the run a second / what its threads can read.
    pub used: Option<Ratio>,
}

/// What a machine left the generator over the measured window; `None` where the system does not tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MachineLoad {
    /// Processors that this process may use.
    pub cores: f64,
    /// The share of them that it used.
    pub used: Option<Ratio>,
    /// How long its control group was kept from running.
    pub throttled: Option<Throttling>,
    /// The share of the machine's time that the host gave to other machines.
    pub steal: Option<Ratio>,
    /// The share of the machine's time in which its processors ran this or any other process.
    pub busy: Option<Ratio>,
}

/// How long a control group was kept from running, since it had used its quota.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Throttling {
    /// In how many periods of the quota.
    pub periods: u64,
    /// Over all processors.
    #[serde(with = "seconds")]
    pub time: Duration,
    /// The time / the window, 1 at most.
    pub share: Ratio,
}

/// What one thread measures and reads of a server that takes no time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// The least time to first token.
    #[serde(with = "seconds")]
    pub ttft_min: Duration,
    /// The median.
    #[serde(with = "seconds")]
    pub ttft_p50: Duration,
    /// Its 99th percentile.
    #[serde(with = "seconds")]
    pub ttft_p99: Duration,
    /// Events that one thread reads.
    pub events: Rate,
}

/// What is known of the generator beside what was recorded.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// What the machine left it.
    pub machine: MachineLoad,
    /// The measuring threads.
    pub threads: usize,
    /// Those of them that did not end, since a task blocks them.
    pub blocked: usize,
    /// What one of them can do, or why that is not known.
    pub floor: Result<Floor, String>,
}

impl Default for Surroundings {
    /// Of a run that nothing was measured of.
    fn default() -> Self {
        Self { machine: MachineLoad::default(), threads: 1, blocked: 0, floor: Err("it was not calibrated".to_owned()) }
    }
}

impl Health {
    pub(super) fn new(
        (lateness, buffered): (Lateness, Buffered),
        total: &Series,
        arrivals: Arrived,
        window: Duration,
        profile: Profile,
        surroundings: Surroundings,
    ) -> Self {
        let Surroundings { machine, threads, blocked, floor } = surroundings;
        let gaps = total.metric(Metric::Icl).len();
        let events = Rate::over(as_f64(gaps + total.counts.succeeded), window);
        // More threads than processors read no more.
        let readers = as_f64(threads as u64).min(machine.cores.max(1.0));
        let used = floor.as_ref().ok().filter(|floor| floor.events.get() > 0.0);
        Self {
            achieved: (arrivals.due() > 0).then(|| achieved(total.metric(Metric::Lag), window)),
            coalesced: (gaps > 0).then(|| Ratio::of(total.counts.coalesced, gaps)),
            used: used.map(|floor| Ratio::from(events.get() / (floor.events.get() * readers))),
            files_exhausted: total.counts.files_exhausted,
            ports_exhausted: total.counts.ports_exhausted,
            lateness,
            buffered,
            machine,
            blocked,
            profile,
            floor,
        }
    }

    /// How late an event was read at most, of the share `q` (0 to 1) of random moments; `None` if nothing was measured.
    #[must_use]
    pub fn late(&self, q: f64) -> Option<Duration> {
        self.lateness.histogram().quantile(q).map(Duration::from_micros)
    }

    /// Failed requests that are the generator's own fault: the machine had nothing left to connect with.
    #[must_use]
    pub fn exhausted(&self) -> u64 {
        self.files_exhausted + self.ports_exhausted
    }
}

/// Arrivals on a schedule are all begun in the end, but late: what came by the end of the window is the window less the lateness.
fn achieved(lag: &Histogram, window: Duration) -> Ratio {
    let late = Duration::from_micros(lag.quantile(0.99).unwrap_or(0));
    if window.is_zero() {
        return Ratio::from(1.0);
    }
    Ratio::from(1.0 - late.as_secs_f64().min(window.as_secs_f64()) / window.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let late = |q| self.late(q).map(|late| late.as_secs_f64());
        let stalls = self.lateness.stalls();
        let mut fields = serializer.serialize_struct("Health", 30)?;
        fields.serialize_field("late_n", &self.lateness.histogram().len())?;
        fields.serialize_field("late_mean", &self.lateness.histogram().mean().map(|mean| mean / 1e6))?;
        fields.serialize_field("late_min", &late(0.0))?;
        fields.serialize_field("late_p50", &late(0.5))?;
        fields.serialize_field("late_p99", &late(0.99))?;
        fields.serialize_field("late_max", &late(1.0))?;
        fields.serialize_field("late_hdr", self.lateness.histogram())?;
        let buffered = |q| self.buffered.at(q).map(|time| time.as_secs_f64());
        fields.serialize_field("stamps", &self.buffered.stamped_by())?;
        fields.serialize_field("stamped_at_the_read", &self.buffered.at_the_read())?;
        fields.serialize_field("buffered_n", &self.buffered.histogram().len())?;
        fields.serialize_field("buffered_mean", &self.buffered.histogram().mean().map(|mean| mean / 1e6))?;
        fields.serialize_field("buffered_min", &buffered(0.0))?;
        fields.serialize_field("buffered_p50", &buffered(0.5))?;
        fields.serialize_field("buffered_p99", &buffered(0.99))?;
        fields.serialize_field("buffered_max", &buffered(1.0))?;
        fields.serialize_field("buffered_hdr", self.buffered.histogram())?;
        fields.serialize_field("stalled", &self.lateness.stalled_share())?;
        fields.serialize_field("stalls", &stalls.time.as_secs_f64())?;
        fields.serialize_field("stalls_computing", &stalls.computing.as_secs_f64())?;
        fields.serialize_field("stalls_waiting", &stalls.waiting.as_secs_f64())?;
        fields.serialize_field("blocked", &self.blocked)?;
        fields.serialize_field("machine", &self.machine)?;
        fields.serialize_field("files_exhausted", &self.files_exhausted)?;
        fields.serialize_field("ports_exhausted", &self.ports_exhausted)?;
        fields.serialize_field("achieved", &self.achieved)?;
        fields.serialize_field("coalesced", &self.coalesced)?;
        fields.serialize_field("profile", &self.profile)?;
        fields.serialize_field("floor", &self.floor.as_ref().ok())?;
        fields.serialize_field("no_floor", &self.floor.as_ref().err())?;
        fields.serialize_field("used", &self.used)?;
        fields.end()
    }
}
