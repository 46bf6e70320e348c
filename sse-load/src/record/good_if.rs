//! What makes a request a good one.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::sample::{Metric, Outcome, Sample, Scope};
use crate::stats::{Rate, Unit};

/// A limit that each request must keep to be good: `ttft("chat").each().at_most(ms(500))`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a limit on each request counts nothing by itself: pass it to `.good_if([..])`"]
pub struct RequestLimit {
    /// The metric.
    pub metric: Metric,
    /// On which requests.
    pub scope: Scope,
    /// The least value that is good, as histograms record it: microseconds, a count, thousandths of a rate.
    pub low: u64,
    /// The largest value that is good; [`u64::MAX`] is none.
    pub high: u64,
}

impl RequestLimit {
    /// Whether the request keeps the limit: it is none of those limited, or all its values of the metric lie within. One without
    /// a value keeps it.
    fn is_kept_by(&self, sample: &Sample) -> bool {
        let mut kept = true;
        if self.scope.covers(&sample.name, &sample.origin, sample.turn) {
            sample.each_value(self.metric, |value, _| kept &= (self.low..=self.high).contains(&value));
        }
        kept
    }
}

/// A limit in seconds, tokens or tokens a second.
#[derive(Serialize, Deserialize)]
struct Limit {
    metric: Metric,
    scope: Scope,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

impl Serialize for RequestLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { metric, scope, low, high } = self;
        let limit = Limit {
            metric: *metric,
            scope: scope.clone(),
            at_least: (*low > 0).then(|| in_base_units(*metric, *low)),
            at_most: (*high < u64::MAX).then(|| in_base_units(*metric, *high)),
        };
        limit.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RequestLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Limit { metric, scope, at_least, at_most } = Limit::deserialize(deserializer)?;
        let recorded = |limit: f64| (limit / in_base_units(metric, 1)).round();
        Ok(Self {
            metric,
            scope,
            low: at_least.map_or(0, |limit| saturated(recorded(limit))),
            high: at_most.map_or(u64::MAX, |limit| saturated(recorded(limit))),
        })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
fn saturated(number: f64) -> u64 {
    number as u64
}

#[expect(clippy::cast_precision_loss, reason = "recorded values are far below 2^52")]
fn in_base_units(metric: Metric, recorded: u64) -> f64 {
    let recorded = recorded as f64;
    match metric {
        metric if metric.is_rate() => Rate::mean_in_base_units(recorded),
        metric if metric.is_count() => u64::mean_in_base_units(recorded),
        _ => Duration::mean_in_base_units(recorded),
    }
}

/// The limits that a good request keeps, if the load test says what a good one is.
#[derive(Clone, Debug, Default)]
pub struct GoodIf(Option<Arc<[RequestLimit]>>);

impl GoodIf {
    /// A request is good if it succeeds and keeps all these.
    pub fn all(limits: impl IntoIterator<Item = RequestLimit>) -> Self {
        Self(Some(limits.into_iter().collect()))
    }

    /// The limits; `None` where nothing says what a good request is.
    #[must_use]
    pub fn limits(&self) -> Option<&[RequestLimit]> {
        self.0.as_deref()
    }

    /// Whether something says what a good request is, and this is one.
    pub(super) fn admits(&self, sample: &Sample) -> bool {
        let keeps = |limits: &Arc<[RequestLimit]>| limits.iter().all(|limit| limit.is_kept_by(sample));
        sample.outcome == Outcome::Success && self.0.as_ref().is_some_and(keeps)
    }
}
