//! The processor time of the last seconds.

use std::collections::VecDeque;
use std::time::Duration;

use super::cgroup::Cgroup;
use super::cpu;
use crate::clock::Timestamp;
use crate::stats::Ratio;

/// Over how long.
const SPAN: Duration = Duration::from_secs(10);

/// Tells how much of its processors this process used over the last seconds.
pub(in super::super) struct Meter {
    readings: VecDeque<(Timestamp, Duration)>,
    cores: f64,
}

impl Meter {
    pub(in super::super) fn new() -> Self {
        let cores = cpu::allowed(Cgroup::own().as_ref().and_then(Cgroup::quota));
        let readings = cpu::used().into_iter().map(|used| (Timestamp::now(), used)).collect();
        Self { readings, cores }
    }

    /// How many processors it may use.
    pub(in super::super) fn cores(&self) -> f64 {
        self.cores
    }

    /// The share of them that it used; `None` where the system does not tell.
    pub(in super::super) fn used(&mut self) -> Option<Ratio> {
        let (now, used) = (Timestamp::now(), cpu::used()?);
        self.readings.push_back((now, used));
        while self.readings.len() > 2 && now - self.readings[0].0 > SPAN {
            self.readings.pop_front();
        }
        let (begin, before) = *self.readings.front()?;
        let could = (now - begin).as_secs_f64() * self.cores;
        (could > 0.0).then(|| Ratio::from(used.saturating_sub(before).as_secs_f64() / could))
    }
}
