//! The load over the time of a run, as it is planned.

use std::time::Duration;

use super::sources::Source;
use crate::load::{Arrivals, Stay};
use crate::progress::Load;
use crate::stats::Rate;

/// The load over the time of a run, as it is planned.
pub(super) struct PlannedLoad {
    /// When users come, in order.
    come: Vec<Duration>,
    /// When users go, in order.
    go: Vec<Duration>,
    arrivals: Vec<Arrivals>,
}

impl PlannedLoad {
    pub(super) fn new(stays: &[(Stay, usize)], sources: &[Source]) -> Self {
        let mut come: Vec<_> = stays.iter().map(|(stay, _)| stay.from).collect();
        let mut go: Vec<_> = stays.iter().filter_map(|(stay, _)| stay.until).collect();
        come.sort_unstable();
        go.sort_unstable();
        Self { come, go, arrivals: sources.iter().map(|source| source.arrivals.clone()).collect() }
    }

    /// The load so long after the begin.
    pub(super) fn at(&self, time: Duration) -> Load {
        let passed = |moments: &[Duration]| moments.partition_point(|moment| *moment <= time) as u64;
        let users = (!self.come.is_empty()).then(|| passed(&self.come) - passed(&self.go));
        let rates: Vec<_> = self.arrivals.iter().filter_map(|arrivals| arrivals.rate_at(time)).map(Rate::get).collect();
        let arrivals = (!rates.is_empty()).then(|| Rate::per_sec(rates.iter().sum()));
        Load { users, arrivals }
    }

    /// The most users at once until then.
    pub(super) fn peak(&self, until: Duration) -> u64 {
        let come = self.come.iter().take_while(|come| **come <= until);
        come.filter_map(|come| self.at(*come).users).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::secs;

    #[test]
    fn users_come_and_go() {
        let stay =
            |from, until: Option<u64>| (Stay { user: 0, number: 0, from: secs(from), until: until.map(secs) }, 0);
        let load = PlannedLoad::new(&[stay(0, None), stay(2, Some(5)), stay(4, Some(6))], &[]);
        let users = [0, 1, 2, 4, 5, 9].map(|time| load.at(secs(time)).users);
        assert_eq!(users, [1, 1, 2, 3, 2, 1].map(Some));
        assert_eq!(load.at(secs(1)).arrivals, None);
        assert_eq!([1, 2, 9].map(|until| load.peak(secs(until))), [1, 2, 3]);
        assert_eq!(PlannedLoad::new(&[], &[]).at(secs(1)), Load::default());
    }
}
