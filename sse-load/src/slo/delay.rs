//! By how much the generator's own delays may have raised a percentile.

use std::time::Duration;

use super::exposure::Exposure;
use crate::report::{Report, RequestReport};
use crate::sample::Metric;
use crate::stats::Histogram;

/// Of the values beyond a percentile so many may have met a longer delay: a tenth of them moves it little.
const UNHEEDED: f64 = 0.1;

/// What the generator may have added to the values of a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Delay {
    /// The most that it added to nearly all values.
    pub(crate) time: Duration,
    /// The share of the values, 0 to 1, that it may have added more to.
    pub(crate) share: f64,
}

impl Delay {
    /// The delay that all but a small part of the values beyond the percentile `q` stayed within: the smallest δ for which
    /// k · f(δ) ≤ (1 − q) / 10, where f is the share of moments later than δ, and k the moments at which a delay meets a value.
    pub(crate) fn of(report: &Report, request: &RequestReport, metric: Metric, q: f64) -> Self {
        let lateness = &report.health().lateness;
        let Exposure { adds, moments, is_scheduled, .. } = Exposure::of(request, metric);
        let lag = if is_scheduled { request.lag().histogram().clone() } else { Histogram::new() };
        let unheeded = UNHEEDED * (1.0 - q) / if is_scheduled { 2.0 } else { 1.0 };
        let beyond = |histogram: &Histogram, share: f64| histogram.quantile(1.0 - share).unwrap_or(0);
        let longest = beyond(lateness.histogram(), unheeded / moments).max(beyond(&lag, unheeded));
        let later = lateness.share_later_than(Duration::from_micros(longest));
        Self { time: Duration::from_micros(longest) * adds, share: moments * later + share_above(&lag, longest) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn share_above(lag: &Histogram, limit: u64) -> f64 {
    if lag.is_empty() { 0.0 } else { lag.above(limit) as f64 / lag.len() as f64 }
}
