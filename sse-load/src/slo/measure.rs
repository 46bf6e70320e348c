//! What a percentile, a mean or a largest value can be of.

use std::fmt;
use std::time::Duration;

use super::{MetricOf, Value};
use crate::record::CustomUnit;
use crate::report::{Distribution, Report, RequestReport};
use crate::sample::{ALL, Metric};
use crate::stats::{Slices, Unit};

/// What a percentile, a mean or a largest value can be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// A metric of requests.
    Metric(Metric),
    /// Times that tasks recorded under this name.
    Time(&'static str),
    /// Counts that tasks recorded under this name.
    Count(&'static str),
}

impl From<Metric> for Measure {
    fn from(metric: Metric) -> Self {
        Self::Metric(metric)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(metric) => f.write_str(&metric.words()),
            Self::Time(name) | Self::Count(name) => f.write_str(name),
        }
    }
}

/// Times that tasks recorded with `ctx.record_time(name, ..)`.
///
/// ```
/// use sse_load::prelude::*;
///
/// let objective = custom_time("tool_call").p95().at_most(ms(40));
/// assert_eq!(objective.to_string(), "tool_call p95 at most 40 ms");
/// ```
pub fn custom_time(name: &'static str) -> MetricOf<Duration, Measure> {
    MetricOf::new(Measure::Time(name), ALL)
}

/// Counts that tasks recorded with `ctx.record_count(name, ..)`.
///
/// ```
/// use sse_load::prelude::*;
///
/// let objective = custom_count("documents").mean().at_least(3);
/// ```
pub fn custom_count(name: &'static str) -> MetricOf<u64, Measure> {
    MetricOf::new(Measure::Count(name), ALL)
}

/// The samples of a measure.
pub(super) struct Samples<'a, U> {
    pub(super) values: Distribution<'a, U>,
    pub(super) over_time: &'a Slices,
    /// Failures that take part.
    pub(super) failed_over_time: Option<&'a Slices>,
    /// Whether its mean is one of counts.
    pub(super) is_count: bool,
    /// How many requests they are of, where one has many.
    pub(super) requests: Option<u64>,
}

impl<'a, U: Unit + Into<Value>> Samples<'a, U> {
    pub(super) fn of_metric(request: &'a RequestReport, metric: Metric) -> Self {
        Self {
            values: request.distribution(metric),
            over_time: request.over_time(metric),
            failed_over_time: metric.counts_failures().then(|| request.failed_over_time()),
            is_count: metric.is_count(),
            requests: matches!(metric, Metric::Icl | Metric::Itl).then(|| request.successes()),
        }
    }

    /// # Errors
    /// Why there are none.
    pub(super) fn of_custom(report: &'a Report, name: &str, unit: CustomUnit) -> Result<Self, String> {
        let custom = report.try_custom(name).ok_or_else(|| report.unknown_custom(name))?;
        if custom.unit() != unit {
            let (has, right) = match custom.unit() {
                CustomUnit::Time => ("times and not counts", "custom_time"),
                CustomUnit::Count => ("counts and not times", "custom_count"),
            };
            return Err(format!("`{name}` has {has}: use {right}(..)"));
        }
        Ok(Self {
            values: custom.distribution(),
            over_time: custom.over_time(),
            failed_over_time: None,
            is_count: unit == CustomUnit::Count,
            requests: None,
        })
    }
}
