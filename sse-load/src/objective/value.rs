//! A measured value or a limit, with its unit.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::stats::{Rate, Ratio, Unit as _};

/// A measured value or a limit. Values of different units never compare.
///
/// ```
/// use sse_load::prelude::*;
/// use sse_load::slo::Value;
///
/// let (measured, limit) = (Value::from(ms(412)), Value::from(ms(250)));
/// assert!(measured > limit);
/// assert_eq!(measured.excess(limit).map(|excess| (excess * 1_000.0).round()), Some(648.0));
/// assert_eq!(measured.partial_cmp(&Value::from(Ratio::from(0.5))), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Value {
    /// A time; [`Duration::MAX`] is +∞.
    Time(Duration),
    /// A count; [`u64::MAX`] is +∞.
    Count(u64),
    /// The mean of counts; it compares with a count.
    MeanCount(f64),
    /// A share.
    Ratio(Ratio),
    /// So many per second.
    Rate(Rate),
}

impl Value {
    /// Whether this is +∞: a percentile that falls on a failed request.
    #[must_use]
    pub fn is_unbounded(self) -> bool {
        matches!(self, Self::Time(Duration::MAX) | Self::Count(u64::MAX))
    }

    /// The value as histograms record it: microseconds, counts, thousandths of a rate.
    pub(crate) fn recorded(self) -> u64 {
        match self {
            Self::Time(time) => u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
            Self::Count(count) => count,
            Self::Rate(rate) => thousandths(rate),
            Self::MeanCount(_) | Self::Ratio(_) => u64::MAX,
        }
    }

    /// How far this value lies from `limit`, relative to it; `None` across units, at +∞, and at a limit of 0.
    #[must_use]
    pub fn excess(self, limit: Self) -> Option<f64> {
        let excess = match (self, limit) {
            _ if self.is_unbounded() => None,
            (Self::Time(value), Self::Time(limit)) => value.excess(limit),
            (Self::Count(value), Self::Count(limit)) => value.excess(limit),
            (Self::MeanCount(value), Self::Count(limit)) => relative(value, as_f64(limit)),
            (Self::Ratio(value), Self::Ratio(limit)) => relative(value.get(), limit.get()),
            (Self::Rate(value), Self::Rate(limit)) => relative(value.get(), limit.get()),
            _ => None,
        };
        excess.filter(|excess| excess.is_finite())
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates: no rate is below 0")]
fn thousandths(rate: Rate) -> u64 {
    (rate.get() * 1e3).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

fn relative(value: f64, limit: f64) -> Option<f64> {
    (limit > 0.0).then(|| value / limit - 1.0)
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Time(a), Self::Time(b)) => a.partial_cmp(b),
            (Self::Count(a), Self::Count(b)) => a.partial_cmp(b),
            (Self::MeanCount(a), Self::Count(b)) => a.partial_cmp(&as_f64(*b)),
            (Self::Ratio(a), Self::Ratio(b)) => a.partial_cmp(b),
            (Self::Rate(a), Self::Rate(b)) => a.partial_cmp(b),
            _ => None,
        }
    }
}

impl From<Duration> for Value {
    fn from(value: Duration) -> Self {
        Self::Time(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Count(value)
    }
}

impl From<Ratio> for Value {
    fn from(value: Ratio) -> Self {
        Self::Ratio(value)
    }
}

impl From<Rate> for Value {
    fn from(value: Rate) -> Self {
        Self::Rate(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_of_counts_is_not_rounded_to_its_limit() {
        assert!(Value::MeanCount(19.67) < Value::Count(20));
        assert!(Value::MeanCount(20.0) >= Value::Count(20));
        assert_eq!(Value::MeanCount(19.67).partial_cmp(&Value::Ratio(Ratio::from(0.5))), None);
    }
}
