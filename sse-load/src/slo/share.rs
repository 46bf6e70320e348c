//! Percentiles and error rates: a share of the requests is beyond a limit.

use super::judge::{Measured, refuse_unbounded};
use super::proof::{Proof, Share, as_f64};
use super::{Bound, Objective, Value, Verdict};
use crate::report::{Distribution, RequestReport};
use crate::sample::Metric;
use crate::stats::{
    Batch, LARGEST, Ratio, Slice, Slices, Unit, binomial, design_effect, rank, rank_interval, telling_quantile,
};

/// The confidence of printed intervals.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Gaps of fewer parts of a run are worth no more than their requests.
const FEWEST_BATCHES: usize = 8;

/// The failed share of the requests. Of `unseen` ones nobody knows how they would have ended.
pub(super) fn error_rate(request: &RequestReport, objective: &Objective, unseen: u64) -> Measured {
    let (n, failed) = (request.count(), request.failures());
    let batches = batches(request.succeeded_over_time(), request.failed_over_time(), |_| 0);
    let effect = design_effect(&batches);
    let limit = match objective.limit {
        Value::Ratio(share) => share.get(),
        _ => 1.0,
    };
    let (share, limit) = match objective.bound {
        Bound::AtMost => (Share { n, hits: failed, effect }, limit),
        Bound::AtLeast => (Share { n, hits: n - failed, effect }, 1.0 - limit),
    };
    let seen = if objective.bound == Bound::AtMost { "failed" } else { "did not" };
    let (proof, undecided) = prove(share, limit, objective.alpha, unseen, seen);
    let (low, high) = binomial::share_interval(as_f64(n) / effect, as_f64(failed) / effect, CONFIDENCE);
    Measured {
        value: Ratio::of(failed, n).into(),
        interval: Some((Ratio::from(low).into(), Ratio::from(high).into())),
        n,
        failed,
        effective: effective(n, effect),
        proof,
        undecided,
    }
}

/// The percentile `q` of a metric, which is `value`. Of `unseen` requests nobody knows theirs.
pub(super) fn percentile<U: Unit + Into<Value>>(
    request: &RequestReport,
    metric: Metric,
    objective: &Objective,
    (value, q): (U, f64),
    unseen: u64,
) -> Result<Measured, String> {
    refuse_unbounded(objective, value.into())?;
    let values: Distribution<'_, U> = request.distribution(metric);
    let (n, failed) = (values.count(), values.failures());
    if objective.bound == Bound::AtLeast && failed > 0 {
        return Err(format!("{failed} of {n} requests failed, on no side of a lower limit: it says nothing"));
    }
    if q <= 0.0 || q >= 1.0 {
        return Ok(Measured::fact(objective, value.into(), n, failed).unless_unseen(unseen));
    }
    let limit = recorded(objective.limit);
    let (beyond, allowed) = match objective.bound {
        Bound::AtMost => (values.histogram().above(limit), 1.0 - q),
        Bound::AtLeast => (values.histogram().below(limit), q),
    };
    let effect = effect(request, metric, &values, q);
    let share = Share { n, hits: beyond + failed, effect };
    let seen = if share.hits == 1 { "is beyond the limit" } else { "are beyond the limit" };
    let (proof, undecided) = prove(share, allowed, objective.alpha, unseen, seen);
    let (low, high) = rank_interval(n, as_f64(n) / effect, q, CONFIDENCE);
    let at = |rank: u64| values.histogram().at_rank(rank).map_or(U::UNBOUNDED, U::from_recorded);
    Ok(Measured {
        value: value.into(),
        interval: Some((low.map_or(U::from_recorded(0), at).into(), high.map_or(U::UNBOUNDED, at).into())),
        n,
        failed,
        effective: effective(n, effect),
        proof,
        undecided,
    })
}

/// How many of the samples, which hang together, are worth one that stands alone: seen where enough are on either side.
fn effect<U: Unit>(request: &RequestReport, metric: Metric, values: &Distribution<'_, U>, q: f64) -> f64 {
    let n = values.count();
    let place = rank(telling_quantile(q, n), n);
    let threshold = values.histogram().at_rank(place).unwrap_or(LARGEST);
    let none = Slices::default();
    let failed = if metric.counts_failures() { request.failed_over_time() } else { &none };
    let batches = batches(request.over_time(metric), failed, |slice| slice.above(threshold));
    let effect = design_effect(&batches);
    let is_of_gaps = matches!(metric, Metric::Icl | Metric::Itl);
    if is_of_gaps && batches.iter().filter(|batch| batch.count > 0).count() < FEWEST_BATCHES {
        // Gaps of one request may all hang together, and that can't be seen.
        return effect.max(as_f64(n) / as_f64(request.successes().max(1)));
    }
    effect
}

/// What the samples prove, and what to say where that is nothing. A pass stands only if it would with all of the `unseen` bad.
fn prove(share: Share, limit: f64, alpha: f64, unseen: u64, seen: &str) -> (Proof, String) {
    let proof = Proof::of_share(share, limit, alpha);
    let told = format!("{} of {} {seen}", share.hits, share.n);
    let worst = Share { n: share.n + unseen, hits: share.hits + unseen, ..share };
    if proof.verdict == Verdict::Pass && Proof::of_share(worst, limit, alpha).verdict != Verdict::Pass {
        return (Proof::UNDECIDED, format!("{told}, but {}", nobody_knows(unseen)));
    }
    (proof, told)
}

pub(super) fn nobody_knows(unseen: u64) -> String {
    format!("of {unseen} more nobody knows: cut off, or arrivals without a user")
}

/// The slices of a run, of which all failures are hits.
fn batches(values: &Slices, failed: &Slices, hits: impl Fn(&Slice) -> u64) -> Vec<Batch> {
    let width = values.width().max(failed.width());
    let (values, failed) = (values.in_slices_of(width), failed.in_slices_of(width));
    let mut batches = vec![Batch::default(); values.iter().len().max(failed.iter().len())];
    for (batch, slice) in batches.iter_mut().zip(values.iter()) {
        *batch = Batch { count: slice.count(), hits: hits(slice) };
    }
    for (batch, slice) in batches.iter_mut().zip(failed.iter()) {
        batch.count += slice.count();
        batch.hits += slice.count();
    }
    batches
}

/// A limit as histograms record it.
fn recorded(limit: Value) -> u64 {
    match limit {
        Value::Time(time) => u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
        Value::Count(count) => count,
        Value::MeanCount(_) | Value::Ratio(_) | Value::Rate(_) => u64::MAX,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the number of samples")]
fn effective(n: u64, effect: f64) -> u64 {
    (as_f64(n) / effect).floor() as u64
}
