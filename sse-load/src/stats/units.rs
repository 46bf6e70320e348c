//! Units as types, so that a duration can't be compared with a ratio.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A share between 0 and 1; printed in per cent.
///
/// ```
/// use sse_load::stats::Ratio;
///
/// assert_eq!(Ratio::of(37, 1_204).to_string(), "3.07 %");
/// assert!(Ratio::of(1, 100) <= Ratio::from(0.01));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Ratio(f64);

impl Ratio {
    /// `part` of `whole`; none of nothing is 0.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn of(part: u64, whole: u64) -> Self {
        if whole == 0 { Self(0.0) } else { Self(part as f64 / whole as f64) }
    }

    /// The share as a number; 0.01 is one per cent.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl From<f64> for Ratio {
    fn from(share: f64) -> Self {
        Self(share)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", significant(self.0 * 100.0))
    }
}

/// So many per second.
///
/// ```
/// use sse_load::stats::Rate;
///
/// assert_eq!(Rate::per_sec(20.0).to_string(), "20/s");
/// assert_eq!(Rate::from(1.5).get(), 1.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Rate(f64);

impl Rate {
    /// So many per second.
    #[must_use]
    pub const fn per_sec(count: f64) -> Self {
        Self(count)
    }

    /// `count` spread over `time`; nothing over no time is 0.
    ///
    /// ```
    /// use sse_load::stats::Rate;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Rate::over(30.0, Duration::from_secs(60)).get(), 0.5);
    /// ```
    #[must_use]
    pub fn over(count: f64, time: Duration) -> Self {
        if time.is_zero() { Self(0.0) } else { Self(count / time.as_secs_f64()) }
    }

    /// How many a second.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// The number alone, as it is printed: `20.1`.
    #[must_use]
    pub fn number(self) -> String {
        significant(self.0)
    }
}

impl From<i32> for Ratio {
    /// For the literals 0 and 1.
    fn from(share: i32) -> Self {
        Self(f64::from(share))
    }
}

impl From<i32> for Rate {
    /// For literals without a point.
    fn from(per_second: i32) -> Self {
        Self(f64::from(per_second))
    }
}

impl From<u32> for Rate {
    fn from(per_second: u32) -> Self {
        Self(f64::from(per_second))
    }
}

impl From<f64> for Rate {
    fn from(per_second: f64) -> Self {
        Self(per_second)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.number())
    }
}

/// Three significant digits and no trailing zeros, but never fewer digits than the integer has.
fn significant(number: f64) -> String {
    let decimals = match number.abs() {
        n if n >= 100.0 => 0,
        n if n >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{number:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// What a histogram's integers stand for: microseconds, a plain count, or thousandths of a rate.
pub trait Unit: Copy + PartialOrd + fmt::Debug {
    /// More than any limit.
    const UNBOUNDED: Self;

    /// What a sample that failed counts as.
    const FAILED: Self = Self::UNBOUNDED;

    /// Whether that is less than any other value, and not more.
    const FAILED_IS_LEAST: bool = false;

    /// The value that a recorded integer stands for.
    fn from_recorded(recorded: u64) -> Self;

    /// The value of a mean, which is no integer.
    fn from_mean(mean: f64) -> Self;

    /// A mean of recorded integers in seconds, or as the count that it is.
    fn mean_in_base_units(mean: f64) -> f64;

    /// How far `self` lies from `limit`, relative to the limit; `None` if the limit is 0.
    fn excess(self, limit: Self) -> Option<f64>;
}

impl Unit for Duration {
    const UNBOUNDED: Self = Self::MAX;

    fn from_recorded(recorded: u64) -> Self {
        Self::from_micros(recorded)
    }

    fn from_mean(mean: f64) -> Self {
        Self::from_secs_f64(Self::mean_in_base_units(mean))
    }

    fn mean_in_base_units(mean: f64) -> f64 {
        mean / 1e6
    }

    fn excess(self, limit: Self) -> Option<f64> {
        relative(self.as_secs_f64(), limit.as_secs_f64())
    }
}

/// Recorded in thousandths.
impl Unit for Rate {
    const UNBOUNDED: Self = Self(f64::INFINITY);
    const FAILED: Self = Self(0.0);
    const FAILED_IS_LEAST: bool = true;

    #[expect(clippy::cast_precision_loss, reason = "recorded values are far below 2^52")]
    fn from_recorded(recorded: u64) -> Self {
        Self(recorded as f64 / 1e3)
    }

    fn from_mean(mean: f64) -> Self {
        Self(mean / 1e3)
    }

    fn mean_in_base_units(mean: f64) -> f64 {
        mean / 1e3
    }

    fn excess(self, limit: Self) -> Option<f64> {
        relative(self.0, limit.0)
    }
}

impl Unit for u64 {
    const UNBOUNDED: Self = Self::MAX;

    fn from_recorded(recorded: u64) -> Self {
        recorded
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a mean of recorded counts lies within their range"
    )]
    fn from_mean(mean: f64) -> Self {
        mean.round() as Self
    }

    fn mean_in_base_units(mean: f64) -> f64 {
        mean
    }

    #[expect(clippy::cast_precision_loss, reason = "a display value")]
    fn excess(self, limit: Self) -> Option<f64> {
        relative(self as f64, limit as f64)
    }
}

fn relative(value: f64, limit: f64) -> Option<f64> {
    (limit > 0.0).then(|| value / limit - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_nothing_is_zero() {
        assert_eq!(Ratio::of(0, 0), Ratio::from(0.0));
        assert_eq!(Ratio::of(1, 4), Ratio::from(0.25));
    }

    #[test]
    fn digits_are_kept_where_they_say_something() {
        assert_eq!(Ratio::from(0.01).to_string(), "1 %");
        assert_eq!(Ratio::from(0.0312).to_string(), "3.12 %");
        assert_eq!(Ratio::from(1.0).to_string(), "100 %");
        assert_eq!(Rate::from(1234.5).to_string(), "1234/s");
        assert_eq!(Rate::from(100.0).to_string(), "100/s");
        assert_eq!(Rate::from(20.06).to_string(), "20.1/s");
    }

    #[test]
    fn a_recorded_integer_is_microseconds_or_a_count() {
        assert_eq!(Duration::from_recorded(1_500), Duration::from_micros(1_500));
        assert_eq!(u64::from_recorded(1_500), 1_500);
        assert_eq!(u64::from_mean(2.5), 3);
    }

    #[test]
    fn excess_is_relative_to_the_limit() {
        let excess = Duration::from_millis(412).excess(Duration::from_millis(250)).expect("the limit is not 0");
        assert!((excess - 0.648).abs() < 1e-9);
        assert_eq!(7_u64.excess(0), None);
    }
}
