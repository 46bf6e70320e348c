//! Whether reports are of one load test, and what was asked for in all.

use std::fmt::Debug;

use super::MergeError;
use crate::report::{ClassSummary, PlanSummary, Report};

/// Refuses a report of another load test. Users, arrivals and the seed are each process's own.
pub(super) fn refuse_another(first: &Report, other: &Report) -> Result<(), MergeError> {
    same("version of sse-load", &first.version, &other.version)?;
    same("build", &first.profile, &other.profile)?;
    same("load test", &first.name, &other.name)?;
    same("objectives", &words(first), &words(other))?;
    if first.expected.objectives != other.expected.objectives {
        return Err(differs("objectives", &first.expected.objectives, &other.expected.objectives));
    }
    same("looks at them", &first.expected.looks, &other.expected.looks)?;
    if first.good_if != other.good_if {
        return Err(differs("limits of a good request", &first.good_if, &other.good_if));
    }
    same("run time", &first.plan.run_time, &other.plan.run_time)?;
    same("warm-up", &first.plan.warm_up, &other.plan.warm_up)?;
    same("user classes", &classes(&first.plan), &classes(&other.plan))
}

fn words(report: &Report) -> Vec<String> {
    report.expected.objectives.iter().map(ToString::to_string).collect()
}

/// Each class with what it does.
fn classes(plan: &PlanSummary) -> Vec<String> {
    plan.classes.iter().map(|ClassSummary { name, flow, .. }| format!("{name}: {flow}")).collect()
}

fn same<T: PartialEq + Debug>(what: &'static str, first: &T, other: &T) -> Result<(), MergeError> {
    if first == other { Ok(()) } else { Err(differs(what, first, other)) }
}

fn differs(what: &'static str, first: &impl Debug, other: &impl Debug) -> MergeError {
    MergeError::Differs { what, first: format!("{first:?}"), other: format!("{other:?}") }
}

/// Adds what was asked of another process.
pub(super) fn merge(mine: &mut PlanSummary, theirs: PlanSummary) {
    let PlanSummary {
        users,
        arrivals,
        has_steady_load,
        max_users,
        spawn_rate,
        ramp,
        warm_up: _,
        run_time: _,
        stop_timeout,
        seed: _,
        classes,
    } = theirs;
    mine.users += users;
    mine.arrivals.extend(arrivals);
    mine.has_steady_load &= has_steady_load;
    mine.max_users = mine.max_users.zip(max_users).map(|(mine, theirs)| mine + theirs).or(mine.max_users).or(max_users);
    mine.spawn_rate = mine.spawn_rate.zip(spawn_rate).map(|(mine, theirs)| mine + theirs);
    mine.ramp = mine.ramp.max(ramp);
    mine.stop_timeout = mine.stop_timeout.max(stop_timeout);
    for (mine, theirs) in mine.classes.iter_mut().zip(classes) {
        mine.users += theirs.users;
        if !mine.host.split(", ").any(|host| host == theirs.host) {
            mine.host = format!("{}, {}", mine.host, theirs.host);
        }
    }
}
