//! A histogram of microseconds or counts over `hdrhistogram`.

use std::fmt;
use std::time::Duration;

use super::rank;

/// Significant decimal digits kept of each value.
pub(super) const DIGITS: u8 = 3;

/// The largest value: one hour in microseconds. Larger ones are recorded as this.
pub const LARGEST: u64 = 3_600_000_000;

/// A mergeable histogram with three significant digits up to [`LARGEST`], and the exact smallest, largest and sum beside it.
///
/// Storage is that of HdrHistogram (Gil Tene, <https://hdrhistogram.org>): 0.1 % of error at most, exact below 2,048.
///
/// ```
/// use sse_load::stats::Histogram;
///
/// let mut tokens = Histogram::new();
/// for n in [12, 7, 30] {
///     tokens.record(n);
/// }
/// assert_eq!((tokens.len(), tokens.min(), tokens.max()), (3, Some(7), Some(30)));
/// assert_eq!(tokens.at_rank(2), Some(12));
/// ```
#[derive(Clone)]
pub struct Histogram {
    pub(super) counts: hdrhistogram::Histogram<u64>,
    sum: u128,
    smallest: u64,
    largest: u64,
}

impl Histogram {
    /// An empty histogram; it takes memory as its values spread (184 KiB at the most).
    ///
    /// # Panics
    /// Never: the precision is a constant within the range that the storage accepts.
    #[must_use]
    pub fn new() -> Self {
        let counts = hdrhistogram::Histogram::new(DIGITS).expect("three digits are within the accepted range");
        Self { counts, sum: 0, smallest: u64::MAX, largest: 0 }
    }

    /// The histogram of counts that were kept elsewhere; its smallest, largest and sum are those of the counts, within 0.1 %.
    pub(super) fn of_counts(mut counts: hdrhistogram::Histogram<u64>) -> Self {
        counts.auto(true);
        let values = counts.iter_recorded();
        let products = values.map(|v| u128::from(v.value_iterated_to()) * u128::from(v.count_since_last_iteration()));
        let sum = products.sum();
        let (smallest, largest) = if counts.is_empty() { (u64::MAX, 0) } else { (counts.min(), counts.max()) };
        Self { counts, sum, smallest, largest }
    }

    /// The same with its exact mean, smallest and largest value, as far as they agree with its counts within their precision.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "casts saturate"
    )]
    pub(crate) fn with_exact(mut self, mean: f64, smallest: u64, largest: u64) -> Self {
        let sum = (mean * self.len() as f64).round() as u128;
        let agrees = |exact: u128, kept: u128| exact.abs_diff(kept) <= kept / 500 + 1;
        if smallest <= largest
            && agrees(sum, self.sum)
            && agrees(smallest.into(), self.smallest.into())
            && agrees(largest.into(), self.largest.into())
        {
            (self.sum, self.smallest, self.largest) = (sum, smallest, largest);
        }
        self
    }

    /// An empty one with room for the same values.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self { counts: hdrhistogram::Histogram::new_from(&self.counts), ..Self::new() }
    }

    /// Forgets all values, and keeps the room for them.
    pub fn clear(&mut self) {
        self.counts.reset();
        (self.sum, self.smallest, self.largest) = (0, u64::MAX, 0);
    }

    /// Adds one value; one above [`LARGEST`] counts as that.
    ///
    /// # Panics
    /// Never: the storage resizes itself.
    pub fn record(&mut self, value: u64) {
        self.record_n(value, 1);
    }

    /// Adds one value `times` times; one above [`LARGEST`] counts as that.
    ///
    /// # Panics
    /// Never: the storage resizes itself.
    pub fn record_n(&mut self, value: u64, times: u64) {
        if times == 0 {
            return;
        }
        let value = value.min(LARGEST);
        self.counts.record_n(value, times).expect("a histogram that resizes itself takes any value");
        self.sum += u128::from(value) * u128::from(times);
        self.smallest = self.smallest.min(value);
        self.largest = self.largest.max(value);
    }

    /// Adds a duration, in whole microseconds.
    pub fn record_duration(&mut self, value: Duration) {
        self.record(u64::try_from(value.as_micros()).unwrap_or(LARGEST));
    }

    /// Adds all values of `other`; the order of merges makes no difference.
    ///
    /// # Panics
    /// Never: both grow to the same largest value.
    pub fn merge(&mut self, other: &Self) {
        self.counts.add(&other.counts).expect("a histogram that resizes itself takes any other of its precision");
        self.sum += other.sum;
        self.smallest = self.smallest.min(other.smallest);
        self.largest = self.largest.max(other.largest);
    }

    /// The same, corrected for coordinated omission: each value beyond `interval` stands for those too that one who asks at this
    /// interval would have found meanwhile, value − interval, value − 2 · interval and so on. No value stands for more than
    /// 10,000 others.
    ///
    /// ```
    /// use sse_load::stats::Histogram;
    /// use std::time::Duration;
    ///
    /// let mut times = Histogram::new();
    /// [10, 10, 50].into_iter().for_each(|time| times.record(time));
    /// // 40, 30, 20 and 10 beside the 50.
    /// assert_eq!(times.corrected(Duration::from_micros(10)).len(), 7);
    /// ```
    #[must_use]
    pub fn corrected(&self, interval: Duration) -> Self {
        let interval = u64::try_from(interval.as_micros()).unwrap_or(LARGEST).max(self.largest / 10_000).max(1);
        let mut corrected = Self::new();
        for value in self.counts.iter_recorded() {
            let (mut time, times) = (value.value_iterated_to(), value.count_since_last_iteration());
            corrected.record_n(time, times);
            while time >= 2 * interval {
                time -= interval;
                corrected.record_n(time, times);
            }
        }
        corrected
    }

    /// How many values were recorded.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.counts.len()
    }

    /// Whether no value was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sum of all values.
    #[must_use]
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// The smallest value, exact.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        (!self.is_empty()).then_some(self.smallest)
    }

    /// The largest value, exact.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        (!self.is_empty()).then_some(self.largest)
    }

    /// The mean, exact but for the rounding of one division.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 52 bits")]
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum as f64 / self.len() as f64)
    }

    /// The value at `rank` from 1 in sorted order, within 0.1 %; `None` outside of `1..=len`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn at_rank(&self, rank: u64) -> Option<u64> {
        if rank == 0 || rank > self.len() {
            return None;
        }
        // The storage rounds `quantile · len` up to a rank; half a rank below meets this one whatever the rounding.
        let quantile = (rank as f64 - 0.5) / self.len() as f64;
        Some(self.counts.value_at_quantile(quantile).clamp(self.smallest, self.largest))
    }

    /// The value of percentile `q` (0 to 1) by [`rank()`]; `None` when empty.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        self.at_rank(rank(q, self.len()))
    }

    /// The values in order, within 0.1 %, and how often each is there.
    pub fn values(&self) -> impl Iterator<Item = (u64, u64)> {
        let within = |value: u64| value.clamp(self.smallest, self.largest);
        self.counts.iter_recorded().map(move |v| (within(v.value_iterated_to()), v.count_since_last_iteration()))
    }

    /// How many values are above `limit`; those within 0.1 % of it may count as not above.
    #[must_use]
    pub fn above(&self, limit: u64) -> u64 {
        self.len() - self.counts.count_between(0, limit.min(LARGEST))
    }

    /// How many values are below `limit`; those within 0.1 % of it may count as not below.
    #[must_use]
    pub fn below(&self, limit: u64) -> u64 {
        let lowest = self.counts.lowest_equivalent(limit.min(LARGEST));
        lowest.checked_sub(1).map_or(0, |highest| self.counts.count_between(0, highest))
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("len", &self.len())
            .field("min", &self.min())
            .field("p50", &self.quantile(0.5))
            .field("max", &self.max())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::new();
        values.into_iter().for_each(|value| histogram.record(value));
        histogram
    }

    #[test]
    fn an_empty_histogram_has_no_figure() {
        let empty = Histogram::new();
        assert!(empty.is_empty());
        assert_eq!((empty.min(), empty.max(), empty.mean(), empty.quantile(0.5)), (None, None, None, None));
    }

    #[test]
    fn each_rank_gives_its_own_value() {
        let histogram = of(1..=1_000);
        for rank in 1..=1_000 {
            assert_eq!(histogram.at_rank(rank), Some(rank));
        }
        assert_eq!(histogram.at_rank(0), None);
        assert_eq!(histogram.at_rank(1_001), None);
    }

    #[test]
    fn zero_is_a_value() {
        let histogram = of([0, 0, 5]);
        assert_eq!((histogram.quantile(0.5), histogram.min(), histogram.len()), (Some(0), Some(0), 3));
    }

    #[test]
    fn the_largest_value_is_exact_and_more_than_an_hour_counts_as_one() {
        assert_eq!(of([123_457]).quantile(1.0), Some(123_457));
        assert_eq!(of([u64::MAX]).max(), Some(LARGEST));
        assert_eq!(of([u64::MAX]).len(), 1);
    }

    #[test]
    fn a_limit_parts_the_values() {
        let histogram = of([0, 10, 10, 250_000, 300_000]);
        for (limit, above, below) in [
            (0, 4, 0),
            (9, 4, 1),
            (10, 2, 1),
            (11, 2, 3),
            (250_000, 1, 3),
            (249_000, 2, 3),
            (251_000, 1, 4),
            (u64::MAX, 0, 5),
        ] {
            assert_eq!((histogram.above(limit), histogram.below(limit)), (above, below), "{limit}");
        }
        assert_eq!((Histogram::new().above(5), Histogram::new().below(5)), (0, 0));
    }

    #[test]
    fn a_percentile_is_within_a_thousandth() {
        let histogram = of((1..=10_000).map(|n| n * 997));
        let p90 = histogram.quantile(0.9).expect("it is not empty");
        assert!(p90.abs_diff(9_000 * 997) <= 9_000 * 997 / 1_000, "{p90}");
    }

    #[test]
    fn merging_is_recording_into_one() {
        let (low, high) = (1..=500, 501..=70_000_u64);
        let mut merged = of(low.clone());
        merged.merge(&of(high.clone()));
        let whole = of(low.chain(high));
        assert_eq!(merged.counts, whole.counts);
        assert_eq!((merged.sum, merged.min(), merged.max()), (whole.sum, whole.min(), whole.max()));
    }
}
