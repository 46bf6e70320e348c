//! Looks at a run while it goes on, until what it is expected to keep is decided, or for those who want to see how it stands.

use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use super::dashboard::Feed;
use super::plan::Plan;
use super::start::profile;
use super::watch::Standing;
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

/// How often verdicts are judged that are only shown.
const JUDGED: Duration = Duration::from_secs(2);

/// Looks that are only shown take no more than one part in so many of one processor,
const PART_OF_TIME: u32 = 50;

/// unless they are so slow that what is shown would seem to stand still.
const LONGEST_REST: Duration = Duration::from_secs(10);

/// The looks at one run, and what they decided.
pub(super) struct Decisions<'p> {
    plan: &'p Plan,
    pub(super) gathering: Gathering,
    pub(super) expected: Expected,
    pub(super) started: Timestamp,
    pub(super) started_wall: SystemTime,
    floor: Result<Floor, String>,
    shown: Option<Shown>,
    /// Those who look at the page of the run.
    feed: Option<Feed>,
}

/// Verdicts that are shown while the run goes on.
struct Shown {
    standing: Standing,
    due: Timestamp,
}

impl Decisions<'_> {
    /// Waits until more requests would decide nothing; for ever where nobody asked to end the run then. Looks meanwhile, if what they
    /// find is shown.
    pub(super) async fn made(&mut self) {
        let begin = self.started + self.plan.lead;
        let interval = match self.plan.earliest {
            Some(earliest) => (earliest / LOOKS_BEFORE).clamp(SHORTEST_INTERVAL, INTERVAL),
            None if self.shown.is_some() || self.feed.is_some() => INTERVAL,
            None => return std::future::pending().await,
        };
        let mut next = begin;
        loop {
            tokio::time::sleep_until(next.instant().into()).await;
            let before = Timestamp::now();
            if self.look(begin) {
                return;
            }
            let now = Timestamp::now();
            let took = now - before;
            // Looks that take longer than the interval leave the run some time too.
            next = next.max(now) + interval;
            if self.plan.earliest.is_none() {
                next = next.max(now + (took * PART_OF_TIME).min(LONGEST_REST));
                // What is only shown never holds up the end of the window.
                if next + took * 3 > begin + self.plan.run_time {
                    return std::future::pending().await;
                }
            }
        }
    }

    /// Gives whether more requests would decide nothing.
    fn look(&mut self, begin: Timestamp) -> bool {
        let now = Timestamp::now();
        let after = now - begin;
        let is_watched = self.feed.as_ref().is_some_and(Feed::is_watched);
        if self.plan.earliest.is_none() && self.shown.is_none() && !is_watched {
            return false;
        }
        let snapshot = self.gathering.look();
        let decides = self.plan.earliest.is_some_and(|earliest| after >= earliest);
        let is_empty = snapshot.recording.finished() == (0, 0);
        let shown = self.shown.as_mut().filter(|shown| now >= shown.due && !is_empty);
        let feed = self.feed.as_ref().filter(|feed| feed.wants_report() && !is_empty);
        if !decides && shown.is_none() && feed.is_none() {
            return false;
        }
        let mut report = report(self.plan, &snapshot, (self.started, self.started_wall), begin, self.floor.clone());
        report.set_expected(self.expected.clone());
        let are_made = decides && decide(&report, &mut self.expected, after);
        report.set_expected(self.expected.clone());
        if let Some(shown) = shown {
            *shown.standing.lock().unwrap_or_else(PoisonError::into_inner) = report.verdicts().judged().to_vec();
            shown.due = now + JUDGED;
        }
        if let Some(feed) = feed {
            feed.report(report);
        }
        are_made
    }
}

impl<'p> Decisions<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        gathering: Gathering,
        (started, started_wall): (Timestamp, SystemTime),
        floor: Result<Floor, String>,
        (standing, feed): (Option<Standing>, Option<Feed>),
    ) -> Self {
        let shown = standing.map(|standing| Shown { standing, due: started });
        Self { plan, gathering, expected: plan.expected.clone(), started, started_wall, floor, shown, feed }
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
