//! What happened how often, added up by cause.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::report::{FailureSummary, MalformedSummary, PanicSummary, TaskErrorSummary, TaskSummary};

pub(super) fn merge_failures(mine: &mut Vec<FailureSummary>, theirs: Vec<FailureSummary>) {
    let cause = |f: &FailureSummary| (f.class, f.origin, f.request.clone(), f.summary.clone());
    merge(mine, theirs, cause, |mine, theirs| {
        if theirs.first_at < mine.first_at {
            mine.first_at = theirs.first_at;
            mine.example = theirs.example;
        }
        mine.last_at = mine.last_at.max(theirs.last_at);
        mine.count += theirs.count;
    });
    mine.sort_by_cached_key(|failure| (Reverse(failure.count), cause(failure)));
}

pub(super) fn merge_task_errors(mine: &mut Vec<TaskErrorSummary>, theirs: Vec<TaskErrorSummary>) {
    let cause = |error: &TaskErrorSummary| (error.origin, error.message.clone());
    merge(mine, theirs, cause, |mine, theirs| mine.count += theirs.count);
    mine.sort_by_cached_key(|error| (Reverse(error.count), cause(error)));
}

pub(super) fn merge_panics(mine: &mut Vec<PanicSummary>, theirs: Vec<PanicSummary>) {
    let cause = |panic: &PanicSummary| (panic.origin, panic.message.clone(), panic.location.clone());
    merge(mine, theirs, cause, |mine, theirs| mine.count += theirs.count);
    mine.sort_by_cached_key(|panic| (Reverse(panic.count), cause(panic)));
}

pub(super) fn merge_malformed(mine: &mut Vec<MalformedSummary>, theirs: Vec<MalformedSummary>) {
    let cause = |malformed: &MalformedSummary| malformed.request.clone();
    merge(mine, theirs, cause, |mine, theirs| mine.requests += theirs.requests);
    mine.sort_by_cached_key(cause);
}

pub(super) fn merge_tasks(mine: &mut Vec<TaskSummary>, theirs: Vec<TaskSummary>) {
    merge(mine, theirs, |task| task.origin, |mine, theirs| mine.count += theirs.count);
    mine.sort_by_key(|task| task.origin);
}

/// Adds each to the one of the same cause.
fn merge<T, K: Ord>(mine: &mut Vec<T>, theirs: Vec<T>, cause: impl Fn(&T) -> K, add: impl Fn(&mut T, T)) {
    let places: BTreeMap<_, _> = mine.iter().enumerate().map(|(place, known)| (cause(known), place)).collect();
    for one in theirs {
        match places.get(&cause(&one)) {
            Some(place) => add(&mut mine[*place], one),
            None => mine.push(one),
        }
    }
}
