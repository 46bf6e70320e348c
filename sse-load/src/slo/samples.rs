//! The samples that a percentile, a mean or a largest value is of.

use super::Value;
use crate::record::CustomUnit;
use crate::report::{Distribution, Report, RequestReport};
use crate::sample::Metric;
use crate::stats::{Slices, Unit};

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
