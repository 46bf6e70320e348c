//! What a percentile, a mean or a largest value can be of.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::MetricOf;
use crate::sample::{ALL, Metric, Name, name};

/// What a percentile, a mean or a largest value can be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Measure {
    /// Times that tasks recorded under this name.
    Time(#[serde(deserialize_with = "name")] Name),
    /// Counts that tasks recorded under this name.
    Count(#[serde(deserialize_with = "name")] Name),
    /// A metric of requests.
    #[serde(untagged)]
    Metric(Metric),
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
