//! The reports of several processes as one.

mod causes;
mod health;
mod plan;
mod requests;

use std::time::Duration;

use crate::client::Spent;
use crate::record::{Arrived, KEPT, ServerCourse};
use crate::report::{Artifacts, Ending, OnInconclusive, Report, SlowestRequests, Trace};

/// Begins that are further apart make a report that says so.
const SKEW: Duration = Duration::from_secs(1);

/// Reports that are not of one load test.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// No report at all.
    #[error("expected the reports of one load test, but there is none: are they in another folder?")]
    Nothing,
    /// Reports of different load tests.
    #[error(
        "expected the reports of one load test, all of the same {what}, but one has {first} and another {other}: merge only what the \
         processes of one run wrote"
    )]
    Differs {
        /// What differs.
        what: &'static str,
        /// That of the first report.
        first: String,
        /// That of another.
        other: String,
    },
}

impl Report {
    /// The reports of several processes that shared one load test, as one report: as if one process had sent all of their requests.
    ///
    /// Counts, histograms, users and causes of failures add up, and everything over time stands by the begin of each one's own
    /// measured window; a warning says so where they began more than a second apart. The window is the longest. The generator
    /// was as well as the worst of them. Metrics of the server, which all of them read, keep the extremes of each slice. What was decided of an objective while one process ran is not kept, since it rests
    /// on a part of the samples; all of them decide anew.
    ///
    /// ```no_run
    /// use sse_load::report::{MergeError, Report};
    ///
    /// # fn whole(shards: Vec<Report>) -> Result<(), MergeError> {
    /// let report = Report::merged(shards)?;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no report, or they are not of one load test: version, build, name, objectives, limits of a good request, time and
    /// user classes must be the same.
    pub fn merged(reports: impl IntoIterator<Item = Self>) -> Result<Self, MergeError> {
        let mut reports = reports.into_iter();
        let mut merged = reports.next().ok_or(MergeError::Nothing)?;
        let (mut first, mut last) = (merged.started_unix, merged.started_unix);
        let (mut shortest, mut others) = (merged.window, 0);
        for report in reports {
            plan::refuse_another(&merged, &report)?;
            first = first.min(report.started_unix);
            last = last.max(report.started_unix);
            shortest = shortest.min(report.window);
            merged.merge(report);
            others += 1;
        }
        if others > 0 {
            merged.close(last - first, shortest);
        }
        Ok(merged)
    }

    fn merge(&mut self, other: Self) {
        let Self {
            schema_version: _,
            name: _,
            version: _,
            profile: _,
            started_unix,
            window,
            drained,
            ending,
            machine,
            plan,
            total,
            requests,
            turns,
            user_classes,
            tags,
            customs,
            good_if: _,
            failures,
            task_error_count,
            task_errors,
            panic_count,
            panics,
            malformed,
            tasks,
            arrivals,
            spent,
            health,
            course,
            server,
            slowest,
            warnings,
            expected,
            in_flight,
            on_inconclusive,
            artifacts: _,
            baselines: _,
        } = other;
        self.started_unix = self.started_unix.min(started_unix);
        self.window = self.window.max(window);
        self.drained = self.drained.max(drained);
        self.ending = worse_ending(self.ending, ending);
        health::merge_machine(&mut self.machine, &machine);
        plan::merge(&mut self.plan, plan);
        self.total.merge(total);
        requests::merge(&mut self.requests, requests);
        requests::merge_turns(&mut self.turns, turns);
        requests::merge(&mut self.user_classes, user_classes);
        requests::merge(&mut self.tags, tags);
        let refused = requests::merge_customs(&mut self.customs, customs);
        causes::merge_failures(&mut self.failures, failures);
        self.task_error_count += task_error_count;
        causes::merge_task_errors(&mut self.task_errors, task_errors);
        self.panic_count += panic_count;
        causes::merge_panics(&mut self.panics, panics);
        causes::merge_malformed(&mut self.malformed, malformed);
        causes::merge_tasks(&mut self.tasks, tasks);
        self.arrivals = both_arrived(self.arrivals, arrivals);
        self.spent = both_spent(self.spent, spent);
        self.health.merge(health, &self.total);
        self.course.merge(&course);
        merge_server(&mut self.server, server);
        merge_slowest(&mut self.slowest, slowest);
        let new = warnings.into_iter().chain(refused).filter(|warning| !self.warnings.contains(warning));
        self.warnings.extend(new.collect::<Vec<_>>());
        self.expected.first_look = self.expected.first_look.min(expected.first_look);
        self.in_flight = self.in_flight.map_or(in_flight, |mine| Some(mine + in_flight.unwrap_or(0)));
        if self.on_inconclusive != on_inconclusive {
            self.on_inconclusive = OnInconclusive::default();
        }
    }

    /// What can only be said of all of them, which began and measured so far apart.
    fn close(&mut self, skew: f64, shortest: Duration) {
        self.expected.decisions.clear();
        self.artifacts = Artifacts::default();
        let window = self.window;
        for request in self.scopes_mut() {
            request.window = window;
        }
        if skew > SKEW.as_secs_f64() {
            self.warnings.push(format!(
                "the processes began up to {skew:.1} s apart: what is over time stands by the begin of each one's own window, and the load was \
                 not all there at once"
            ));
        }
        if window > shortest + SKEW {
            self.warnings.push(format!(
                "the processes measured from {:.1} s to {:.1} s: every rate is over the longest window, so that those that ended \
                 early lower it",
                shortest.as_secs_f64(),
                window.as_secs_f64()
            ));
        }
    }
}

/// One that was cut short makes all of them so.
fn worse_ending(one: Ending, other: Ending) -> Ending {
    let worst_first = [Ending::Interrupted, Ending::BudgetSpent, Ending::Decided];
    worst_first.into_iter().find(|ending| [one, other].contains(ending)).unwrap_or(Ending::Complete)
}

fn both_arrived(one: Arrived, other: Arrived) -> Arrived {
    Arrived {
        begun: one.begun + other.begun,
        missed: one.missed + other.missed,
        without_user: one.without_user + other.without_user,
    }
}

fn both_spent(one: Option<Spent>, other: Option<Spent>) -> Option<Spent> {
    let both = |one: Spent, other: Spent| Spent {
        requests: one.requests + other.requests,
        tokens: one.tokens + other.tokens,
        usd: one.usd + other.usd,
    };
    one.zip(other).map(|(one, other)| both(one, other)).or(one).or(other)
}

/// All of them read the metrics of the same server.
fn merge_server(mine: &mut Option<ServerCourse>, theirs: Option<ServerCourse>) {
    match (mine, theirs) {
        (Some(mine), Some(theirs)) => mine.merge(theirs),
        (mine @ None, theirs) => *mine = theirs,
        (Some(_), None) => {}
    }
}

fn merge_slowest(mine: &mut SlowestRequests, theirs: SlowestRequests) {
    let SlowestRequests { to_first_token, to_end } = theirs;
    keep_slowest(&mut mine.to_first_token, to_first_token, |trace| {
        trace.generated.first().copied().unwrap_or(trace.end)
    });
    keep_slowest(&mut mine.to_end, to_end, |trace| trace.end);
}

fn keep_slowest(mine: &mut Vec<Trace>, theirs: Vec<Trace>, by: fn(&Trace) -> Duration) {
    mine.extend(theirs);
    mine.sort_by_key(|trace| std::cmp::Reverse(by(trace)));
    mine.truncate(KEPT);
}
