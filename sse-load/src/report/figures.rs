//! The figures of a request name as JSON: every time in seconds, no number that JSON lacks.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::{Distribution, NoSamples, RequestReport, WorstSample};
use crate::record::Counts;
use crate::sample::{FailureClass, Metric, Origin, TokenSource};
use crate::stats::{Histogram, Rate, Ratio, Slices, Unit, seconds};

impl Serialize for RequestReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let figures = RequestFigures {
            name: &self.name,
            counts: &self.counts,
            failures: &self.failures,
            error_rate: (self.count() > 0).then(|| self.error_rate()),
            request_rate: self.request_rate(),
            tok_s: self.tok_s(),
            good: self.good(),
            goodput: self.good().map(|_| self.goodput()),
            good_fraction: self.good().filter(|_| self.count() > 0).map(|good| Ratio::of(good, self.count())),
            tokens_in_window: self.tokens_in_window,
            prompt_sources: &self.prompt_sources,
            completion_sources: &self.completion_sources,
            tokenizers: &self.tokenizers,
            succeeded_over_time: &self.succeeded_over_time,
            failures_over_time: &self.failures_over_time,
            good_over_time: self.good_over_time.as_ref(),
            metrics: Metrics(self),
        };
        figures.serialize(serializer)
    }
}

#[derive(Serialize)]
struct RequestFigures<'a> {
    name: &'a str,
    counts: &'a Counts,
    failures: &'a BTreeMap<FailureClass, u64>,
    error_rate: Option<Ratio>,
    request_rate: Rate,
    tok_s: Rate,
    good: Option<u64>,
    goodput: Option<Rate>,
    good_fraction: Option<Ratio>,
    tokens_in_window: f64,
    prompt_sources: &'a BTreeMap<TokenSource, u64>,
    completion_sources: &'a BTreeMap<TokenSource, u64>,
    tokenizers: &'a BTreeMap<String, u64>,
    succeeded_over_time: &'a Slices,
    failures_over_time: &'a BTreeMap<FailureClass, Slices>,
    good_over_time: Option<&'a Slices>,
    metrics: Metrics<'a>,
}

struct Metrics<'a>(&'a RequestReport);

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Metric::COUNT))?;
        for metric in Metric::ALL {
            let beside = (self.0.worst(metric), self.0.over_time(metric));
            if metric.is_rate() {
                map.serialize_entry(metric.name(), &figures::<Rate>("tokens/s", &self.0.distribution(metric), beside))?;
            } else if metric.is_count() {
                map.serialize_entry(metric.name(), &figures::<u64>("tokens", &self.0.distribution(metric), beside))?;
            } else {
                map.serialize_entry(metric.name(), &figures::<Duration>("s", &self.0.distribution(metric), beside))?;
            }
        }
        map.end()
    }
}

/// One metric: with failures as +∞, which JSON has no number for, and of the successes alone.
#[derive(Serialize)]
pub(super) struct MetricFigures<'a> {
    unit: &'static str,
    n: u64,
    failed: u64,
    #[serde(flatten)]
    statistics: Statistics,
    successes: Successes,
    worst: Option<Worst>,
    hdr: &'a Histogram,
    #[serde(skip_serializing_if = "Slices::is_empty")]
    over_time: &'a Slices,
}

#[derive(Serialize)]
struct Successes {
    n: u64,
    #[serde(flatten)]
    statistics: Statistics,
}

#[derive(Serialize)]
struct Statistics {
    mean: Option<f64>,
    min: Option<Number>,
    p50: Option<Number>,
    p90: Option<Number>,
    p95: Option<Number>,
    p99: Option<Number>,
    max: Option<Number>,
}

#[derive(Serialize)]
struct Worst {
    value: Number,
    origin: Origin,
    #[serde(with = "seconds")]
    at: Duration,
}

/// A time in seconds, a count, or a rate.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Number {
    Seconds(f64),
    Count(u64),
    PerSecond(f64),
}

impl From<Duration> for Number {
    fn from(time: Duration) -> Self {
        Self::Seconds(time.as_secs_f64())
    }
}

impl From<Rate> for Number {
    fn from(rate: Rate) -> Self {
        Self::PerSecond(rate.get())
    }
}

impl From<u64> for Number {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

pub(super) fn figures<'a, U: Unit + Into<Number>>(
    unit: &'static str,
    values: &Distribution<'a, U>,
    (worst, over_time): (Option<&WorstSample>, &'a Slices),
) -> MetricFigures<'a> {
    MetricFigures {
        unit,
        n: values.count(),
        failed: values.failures(),
        statistics: statistics(values),
        successes: Successes { n: values.histogram().len(), statistics: statistics(&values.of_successes()) },
        worst: worst.map(|worst| Worst {
            value: U::from_recorded(worst.value).into(),
            origin: worst.origin,
            at: worst.at,
        }),
        hdr: values.histogram(),
        over_time,
    }
}

fn statistics<U: Unit + Into<Number>>(values: &Distribution<'_, U>) -> Statistics {
    let number = |figure: Result<U, NoSamples>| figure.ok().filter(|value| *value != U::UNBOUNDED).map(U::into);
    let percentile = |q| number(values.try_p(q));
    Statistics {
        mean: values.recorded_mean().map(U::mean_in_base_units),
        min: number(values.try_min()),
        p50: percentile(0.5),
        p90: percentile(0.9),
        p95: percentile(0.95),
        p99: percentile(0.99),
        max: number(values.try_max()),
    }
}
