//! Percentiles and error rates: a share of the requests is beyond a limit.

use std::time::Duration;

use super::judge::Measured;
use super::proof::{Proof, Rule, Share, as_f64};
use super::samples::Samples;
use super::{Bound, Looks, Objective, Value, Verdict};
use crate::report::RequestReport;
use crate::sample::{FailureClasses, Metric};
use crate::stats::{
    Batch, LARGEST, Ratio, Slice, Slices, Unit, binomial, design_effect, rank, rank_interval, telling_quantile,
};

/// The confidence of printed intervals.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Gaps of fewer parts of a run are worth no more than their requests.
const FEWEST_BATCHES: usize = 8;

/// The share of the requests that failed in one of these ways. Of `unseen` ones nobody knows how they would have ended.
pub(super) fn error_rate(
    request: &RequestReport,
    classes: FailureClasses,
    objective: &Objective,
    rule: Rule,
    unseen: u64,
) -> Measured {
    let failed = request.failures_over_time(classes);
    let failures = failed.total();
    let batches = ends(request, &failed);
    let of_requests = share(request, (failures, &batches), (objective, rule), (unseen, ["failed", "did not"]));
    Measured { failed: failures, ..of_requests }
}

/// A share of the finished requests, to which `hits` belong; `batches` have both over time.
pub(super) fn share(
    request: &RequestReport,
    (hits, batches): (u64, &[Batch]),
    (objective, rule): (&Objective, Rule),
    (unseen, [they_did, they_did_not]): (u64, [&str; 2]),
) -> Measured {
    let n = request.count();
    let (effect, parts) = (design_effect(batches), held(batches));
    let limit = match objective.limit {
        Value::Ratio(share) => share.get(),
        _ => 1.0,
    };
    let (broken_by, limit, seen) = if objective.bound == Bound::AtLeast {
        (Share { n, hits: n - hits, effect, parts }, 1.0 - limit, they_did_not)
    } else {
        (Share { n, hits, effect, parts }, limit, they_did)
    };
    let (proof, undecided) = prove(broken_by, limit, rule, unseen, seen);
    let (low, high) = binomial::share_interval(as_f64(n) / effect, as_f64(hits) / effect, CONFIDENCE);
    Measured {
        value: Ratio::of(hits, n).into(),
        interval: Some((Ratio::from(low).into(), Ratio::from(high).into())),
        n,
        failed: request.failures(),
        effective: effective(n, effect),
        proof,
        undecided,
    }
}

/// The finished requests over time, those of `hits` as hits.
pub(super) fn ends(request: &RequestReport, hits: &Slices) -> Vec<Batch> {
    let (succeeded, failed) = (request.succeeded_over_time(), request.failed_over_time());
    let width = succeeded.width().max(failed.width()).max(hits.width());
    let counts = [succeeded, failed, hits].map(|slices| slices.in_slices_of(width));
    let mut batches = vec![Batch::default(); counts.iter().map(|slices| slices.iter().len()).max().unwrap_or_default()];
    for slices in &counts[..2] {
        batches.iter_mut().zip(slices.iter()).for_each(|(batch, slice)| batch.count += slice.count());
    }
    batches.iter_mut().zip(counts[2].iter()).for_each(|(batch, slice)| batch.hits += slice.count());
    batches
}

/// The percentile `q` of the samples, which is `value`. Of `unseen` requests nobody knows theirs.
pub(super) fn percentile<U: Unit + Into<Value>>(
    samples: &Samples<'_, U>,
    objective: &Objective,
    (value, q): (U, f64),
    rule: Rule,
    unseen: u64,
) -> Measured {
    let values = &samples.values;
    let (n, failed) = (values.count(), values.failures());
    if q <= 0.0 || q >= 1.0 {
        return Measured::fact(objective, value.into(), n, failed).unless_unseen(unseen);
    }
    let limit = objective.limit.recorded();
    let is_lower = objective.bound == Bound::AtLeast;
    let (beyond, allowed) =
        if is_lower { (values.histogram().below(limit), q) } else { (values.histogram().above(limit), 1.0 - q) };
    let (effect, parts) = effect(samples, q);
    // Failures stand beyond every upper limit, and in a rate below every lower one.
    let hits = if is_lower == U::FAILED_IS_LEAST { beyond + failed } else { beyond };
    let share = Share { n, hits, effect, parts };
    let seen = if share.hits == 1 { "is beyond the limit" } else { "are beyond the limit" };
    let (proof, undecided) = prove(share, allowed, rule, unseen, seen);
    let (low, high) = rank_interval(n, as_f64(n) / effect, q, CONFIDENCE);
    let at = |rank: u64| values.at_rank(rank);
    Measured {
        value: value.into(),
        interval: Some((low.map_or(U::from_recorded(0), at).into(), high.map_or(U::UNBOUNDED, at).into())),
        n,
        failed,
        effective: effective(n, effect),
        proof,
        undecided,
    }
}

/// How many requests, which hang together, are worth one that stands alone, as far as failures go.
pub(crate) fn failure_effect(request: &RequestReport) -> f64 {
    design_effect(&ends(request, request.failed_over_time()))
}

/// How many values of a time, which hang together, are worth one that stands alone, as far as this percentile goes.
pub(crate) fn percentile_effect(request: &RequestReport, metric: Metric, q: f64) -> f64 {
    effect(&Samples::<Duration>::of_metric(request, metric), q).0
}

/// How many of the samples, which hang together, are worth one that stands alone, seen where enough are on either side; and in how
/// many parts of the run they began.
fn effect<U: Unit>(samples: &Samples<'_, U>, q: f64) -> (f64, usize) {
    let values = &samples.values;
    let n = values.count();
    let place = rank(telling_quantile(q, n), n);
    let first = if U::FAILED_IS_LEAST { values.failures() } else { 0 };
    let threshold = match place.saturating_sub(first) {
        0 => 0,
        place => values.histogram().at_rank(place).unwrap_or(LARGEST),
    };
    let none = Slices::default();
    let failed = samples.failed_over_time.unwrap_or(&none);
    let batches = batches(samples.over_time, failed, !U::FAILED_IS_LEAST, |slice| slice.above(threshold));
    let (effect, parts) = (design_effect(&batches), held(&batches));
    let effect = match samples.requests {
        // Gaps of one request may all hang together, and that can't be seen.
        Some(requests) if parts < FEWEST_BATCHES => effect.max(as_f64(n) / as_f64(requests.max(1))),
        _ => effect,
    };
    (effect, parts)
}

fn held(batches: &[Batch]) -> usize {
    batches.iter().filter(|batch| batch.count > 0).count()
}

/// What the samples prove, and what to say where that is nothing. A pass stands only if it would with all of the `unseen` bad.
fn prove(share: Share, limit: f64, rule: Rule, unseen: u64, seen: &str) -> (Proof, String) {
    let proof = Proof::of_share(share, limit, rule);
    let told = format!("{} of {} {seen}", share.hits, share.n);
    let worst = Share { n: share.n + unseen, hits: share.hits + unseen, ..share };
    let best = Share { hits: share.hits, ..worst };
    let may_be_other = match proof.verdict {
        Verdict::Pass => Proof::of_share(worst, limit, rule).verdict != Verdict::Pass,
        Verdict::Miss if rule.looks == Looks::Many => Proof::of_share(best, limit, rule).verdict != Verdict::Miss,
        _ => false,
    };
    if may_be_other {
        return (proof.undecided(), format!("{told}, but {}", nobody_knows(unseen)));
    }
    (proof, told)
}

pub(crate) fn nobody_knows(unseen: u64) -> String {
    format!("of {unseen} more nobody knows: in flight, cut off, or arrivals without a user")
}

/// The slices of a run; failures are all hits, or none is.
fn batches(values: &Slices, failed: &Slices, failed_are_hits: bool, hits: impl Fn(&Slice) -> u64) -> Vec<Batch> {
    let width = values.width().max(failed.width());
    let (values, failed) = (values.in_slices_of(width), failed.in_slices_of(width));
    let mut batches = vec![Batch::default(); values.iter().len().max(failed.iter().len())];
    for (batch, slice) in batches.iter_mut().zip(values.iter()) {
        *batch = Batch { count: slice.count(), hits: hits(slice) };
    }
    for (batch, slice) in batches.iter_mut().zip(failed.iter()) {
        batch.count += slice.count();
        batch.hits += if failed_are_hits { slice.count() } else { 0 };
    }
    batches
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the number of samples")]
fn effective(n: u64, effect: f64) -> u64 {
    (as_f64(n) / effect).floor() as u64
}
