//! Figures of requests, and values of tasks, added up.

use crate::record::{CustomUnit, is_worse, merge_counts};
use crate::report::{CustomReport, RequestReport};
use crate::sample::Metric;

/// Adds figures to those of the same name, in alphabetical order.
pub(super) fn merge(mine: &mut Vec<RequestReport>, theirs: Vec<RequestReport>) {
    add(mine, theirs);
    mine.sort_by(|a, b| a.name.cmp(&b.name));
}

/// Adds figures to those of the same turn, the tenth after the second.
pub(super) fn merge_turns(mine: &mut Vec<RequestReport>, theirs: Vec<RequestReport>) {
    add(mine, theirs);
    mine.sort_by_cached_key(|turn| match turn.name.rsplit_once(" turn ") {
        Some((name, number)) => (name.to_owned(), number.parse().unwrap_or(u32::MAX)),
        None => (turn.name.clone(), 0),
    });
}

fn add(mine: &mut Vec<RequestReport>, theirs: Vec<RequestReport>) {
    for request in theirs {
        match mine.iter_mut().find(|known| known.name == request.name) {
            Some(known) => known.merge(request),
            None => mine.push(request),
        }
    }
}

impl RequestReport {
    /// Adds the figures of another process; the window stays.
    pub(super) fn merge(&mut self, other: Self) {
        let Self {
            name: _,
            window: _,
            counts,
            failures,
            prompt_sources,
            completion_sources,
            tokenizers,
            tokens_in_window,
            metrics,
            over_time,
            succeeded_over_time,
            failed_over_time,
            good_over_time,
            failures_over_time,
            worst,
        } = other;
        self.counts.merge(&counts);
        merge_counts(&mut self.failures, &failures);
        merge_counts(&mut self.prompt_sources, &prompt_sources);
        merge_counts(&mut self.completion_sources, &completion_sources);
        merge_counts(&mut self.tokenizers, &tokenizers);
        self.tokens_in_window += tokens_in_window;
        self.metrics.iter_mut().zip(&metrics).for_each(|(mine, theirs)| mine.merge(theirs));
        self.over_time.iter_mut().zip(&over_time).for_each(|(mine, theirs)| mine.merge(theirs));
        self.succeeded_over_time.merge(&succeeded_over_time);
        self.failed_over_time.merge(&failed_over_time);
        if let Some((mine, theirs)) = self.good_over_time.as_mut().zip(good_over_time) {
            mine.merge(&theirs);
        }
        for (class, slices) in failures_over_time {
            self.failures_over_time.entry(class).or_default().merge(&slices);
        }
        for ((metric, mine), theirs) in Metric::ALL.into_iter().zip(&mut self.worst).zip(worst) {
            if theirs.is_some_and(|theirs| mine.is_none_or(|mine| is_worse(metric, theirs.value, mine.value))) {
                *mine = theirs;
            }
        }
    }
}

/// Adds values to those of the same name, and says which could not be: times and counts don't add up.
pub(super) fn merge_customs(mine: &mut Vec<CustomReport>, theirs: Vec<CustomReport>) -> Vec<String> {
    let mut refused = Vec::new();
    for custom in theirs {
        match mine.iter_mut().find(|known| known.name == custom.name) {
            Some(known) if known.unit == custom.unit => {
                known.values.merge(&custom.values);
                known.over_time.merge(&custom.over_time);
            }
            Some(known) => {
                let (unit, other) = match known.unit {
                    CustomUnit::Time => ("times", "counts"),
                    CustomUnit::Count => ("counts", "times"),
                };
                refused.push(format!(
                    "`{}` has {unit}: {} {other} that another process recorded under it are in no figure; give them another name",
                    known.name,
                    custom.values.len()
                ));
            }
            None => mine.push(custom),
        }
    }
    mine.sort_by_key(|custom| custom.name);
    refused
}
