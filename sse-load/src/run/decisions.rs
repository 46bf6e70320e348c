//! Looks at a run while it goes on, until what it is expected to keep is decided.

use std::time::{Duration, SystemTime};

use super::plan::Plan;
use super::start::profile;
use crate::clock::Timestamp;
use crate::objective::Expected;
use crate::record::{Gathering, Snapshot};
use crate::report::{self, Ending, Facts, Floor, OnInconclusive, Report, Surroundings};
use crate::slo::decide;

/// How often a run is looked at; a short one more often.
const INTERVAL: Duration = Duration::from_secs(1);

/// A run is looked at so many times before anything may be decided, if that takes less than the interval.
const LOOKS_BEFORE: u32 = 8;

/// No run is looked at more often than this.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);

/// The looks at one run, and what they decided.
pub(super) struct Decisions<'p> {
    plan: &'p Plan,
    pub(super) gathering: Gathering,
    pub(super) expected: Expected,
    pub(super) started: Timestamp,
    pub(super) started_wall: SystemTime,
    floor: Result<Floor, String>,
}

impl Decisions<'_> {
    /// Waits until more requests would decide nothing; for ever where nobody asked to end the run then.
    pub(super) async fn made(&mut self) {
        let Some(earliest) = self.plan.earliest else {
            return std::future::pending().await;
        };
        let begin = self.started + self.plan.lead;
        let interval = (earliest / LOOKS_BEFORE).clamp(SHORTEST_INTERVAL, INTERVAL);
        let mut next = begin;
        loop {
            tokio::time::sleep_until(next.instant().into()).await;
            if self.look(begin, earliest) {
                return;
            }
            // Looks that take longer than the interval leave the run some time too.
            next = next.max(Timestamp::now()) + interval;
        }
    }

    /// Gives whether more requests would decide nothing.
    fn look(&mut self, begin: Timestamp, earliest: Duration) -> bool {
        let after = Timestamp::now() - begin;
        let snapshot = self.gathering.look();
        if after < earliest {
            return false;
        }
        let mut report = report(self.plan, &snapshot, (self.started, self.started_wall), begin, self.floor.clone());
        report.set_expected(self.expected.clone());
        decide(&report, &mut self.expected, after)
    }
}

impl<'p> Decisions<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        gathering: Gathering,
        (started, started_wall): (Timestamp, SystemTime),
        floor: Result<Floor, String>,
    ) -> Self {
        Self { plan, gathering, expected: plan.expected.clone(), started, started_wall, floor }
    }
}

/// The report of the requests that a look sees.
fn report(
    plan: &Plan,
    snapshot: &Snapshot<'_>,
    (started, started_wall): (Timestamp, SystemTime),
    begin: Timestamp,
    floor: Result<Floor, String>,
) -> Report {
    let facts = Facts {
        name: plan.name.clone(),
        plan: plan.summary(),
        started,
        started_wall,
        window: snapshot.until - begin,
        drained: Duration::ZERO,
        ending: Ending::Complete,
        spent: None,
        profile: profile(),
        on_inconclusive: OnInconclusive::default(),
        surroundings: Surroundings { floor, threads: plan.threads, ..Surroundings::default() },
        warnings: Vec::new(),
    };
    let mut report = report::build(snapshot.recording, facts);
    report.set_in_flight(snapshot.in_flight);
    report
}
