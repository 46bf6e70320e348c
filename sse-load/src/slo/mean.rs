//! Means and rates.

use std::time::Duration;

use super::judge::Measured;
use super::proof::{Proof, Rule};
use super::samples::Samples;
use super::share::CONFIDENCE;
use super::{Looks, Objective, Value};
use crate::report::RequestReport;
use crate::sample::Metric;
use crate::stats::{Rate, Slice, Slices, Total, Unit, mean_interval, sequential};

const TOO_SHORT: &str = "too few parts of the run have samples to say how sure the figure is: run longer";

const ACROSS: &str = "the limit lies within the interval of the figure: run longer";

/// The mean of the samples, which is `value`.
pub(super) fn mean<U: Unit + Into<Value>>(
    samples: &Samples<'_, U>,
    objective: &Objective,
    value: U,
    rule: Rule,
) -> Measured {
    let values = &samples.values;
    // Counts are not rounded: 19.67 is not at least 20.
    let exact = values.histogram().mean().unwrap_or_default();
    let value = if samples.is_count && values.failures() == 0 { Value::MeanCount(exact) } else { value.into() };
    if value.is_unbounded() {
        return Measured::fact(objective, value, values.count(), values.failures());
    }
    let parts = match samples.failed_over_time {
        Some(failed) if U::FAILED_IS_LEAST => with_failures_as_zero(samples.over_time, failed),
        _ => samples.over_time.iter().map(total).collect(),
    };
    let in_unit = |mean: f64| {
        if samples.is_count { Value::MeanCount(mean) } else { U::from_mean(mean.max(0.0)).into() }
    };
    let limit = match objective.limit {
        Value::Time(time) => time.as_secs_f64() * 1e6,
        Value::Rate(rate) => rate.get() * 1e3,
        limit => number(limit),
    };
    let measured = of_parts(&parts, (objective, rule), Figure { value, limit, n: values.count() }, in_unit);
    Measured { failed: values.failures(), ..measured }
}

fn with_failures_as_zero(values: &Slices, failed: &Slices) -> Vec<Total> {
    let width = values.width().max(failed.width());
    let (values, failed) = (values.in_slices_of(width), failed.in_slices_of(width));
    let mut parts = vec![Total::default(); values.iter().len().max(failed.iter().len())];
    for (part, slice) in parts.iter_mut().zip(values.iter()) {
        *part = total(slice);
    }
    for (part, slice) in parts.iter_mut().zip(failed.iter()) {
        part.count += total(slice).count;
    }
    parts
}

/// Finished requests a second.
pub(super) fn request_rate(request: &RequestReport, objective: &Objective, rule: Rule) -> Measured {
    let ends = [request.succeeded_over_time(), request.failed_over_time()];
    rate(&ends, request, (objective, rule), request.request_rate(), |slice| total(slice).count)
}

/// Good requests a second.
pub(super) fn goodput(request: &RequestReport, good: &Slices, objective: &Objective, rule: Rule) -> Measured {
    rate(&[good], request, (objective, rule), request.goodput(), |slice| total(slice).count)
}

/// Tokens a second.
pub(super) fn tok_s(request: &RequestReport, objective: &Objective, rule: Rule) -> Measured {
    let tokens = [request.over_time(Metric::CompletionTokens)];
    rate(&tokens, request, (objective, rule), request.tok_s(), |slice| total(slice).sum)
}

/// A rate, of what each slice of time has.
fn rate(
    slices: &[&Slices],
    request: &RequestReport,
    (objective, rule): (&Objective, Rule),
    rate: Rate,
    amount: impl Fn(&Slice) -> f64,
) -> Measured {
    let mut parts = parts(slices, request.window(), amount);
    let all = parts.iter().map(|part| part.sum).sum::<f64>() / parts.iter().map(|part| part.count).sum::<f64>();
    if all <= 0.0 && rate.get() > 0.0 {
        // All of it lies in the last slice, which is no whole one.
        parts.clear();
    }
    // A slice that the end of the window cuts is left out, and tokens stand where their request began.
    let scale = if all > 0.0 { rate.get() / all } else { 1.0 };
    let figure = Figure { value: rate.into(), limit: number(objective.limit) / scale, n: request.count() };
    of_parts(&parts, (objective, rule), figure, |mean| Rate::per_sec(mean.max(0.0) * scale).into())
}

/// The whole slices of the window, each with its length in seconds as its count.
fn parts(slices: &[&Slices], window: Duration, amount: impl Fn(&Slice) -> f64) -> Vec<Total> {
    let width = slices.iter().map(|slices| slices.width()).max().unwrap_or(window);
    let whole = usize::try_from(window.as_nanos() / width.as_nanos().max(1)).unwrap_or_default();
    let mut parts = vec![Total { count: width.as_secs_f64(), sum: 0.0 }; whole];
    for slices in slices {
        for (part, slice) in parts.iter_mut().zip(slices.in_slices_of(width).iter()) {
            part.sum += amount(slice);
        }
    }
    parts
}

#[derive(Clone, Copy)]
struct Figure {
    value: Value,
    /// In the unit of the parts.
    limit: f64,
    n: u64,
}

/// What the parts of a run prove; each side of the interval may be wrong with the objective's probability.
fn of_parts(
    parts: &[Total],
    (objective, rule): (&Objective, Rule),
    figure: Figure,
    in_unit: impl Fn(f64) -> Value,
) -> Measured {
    let Figure { value, limit, n } = figure;
    let confidence = 1.0 - 2.0 * rule.alpha;
    let proof = match rule.looks {
        Looks::Once => mean_interval(parts, confidence),
        Looks::Many => sequential::mean_interval(parts, confidence, rule.stretch),
    };
    let proof = proof.map(|interval| Proof::of_interval(interval, objective.bound, limit));
    Measured {
        value,
        interval: mean_interval(parts, CONFIDENCE).map(|(low, high)| (in_unit(low), in_unit(high))),
        n,
        failed: 0,
        effective: n,
        undecided: if proof.is_some() { ACROSS } else { TOO_SHORT }.to_owned(),
        proof: proof.unwrap_or(Proof::UNDECIDED),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 52 bits")]
fn total(slice: &Slice) -> Total {
    Total { count: slice.count() as f64, sum: slice.sum() as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn number(limit: Value) -> f64 {
    match limit {
        Value::Count(count) => count as f64,
        Value::MeanCount(mean) => mean,
        Value::Ratio(share) => share.get(),
        Value::Rate(rate) => rate.get(),
        Value::Time(time) => time.as_secs_f64(),
    }
}
