//! The values of one metric of one request name, as accessors for gates.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::stats::{Histogram, Rate, Unit, assert_percentile, rank};

/// The values of one metric, in its unit: [`Duration`] or `u64`.
///
/// Failed requests take part as +∞ (see [`of_successes`](Self::of_successes)): with more than 5 % of failures the 95th
/// percentile is [`Duration::MAX`], so a gate on it misses. An accessor never returns an `Option`, since `None < Some(..)`
/// would pass a gate; where there is no sample at all it panics and says what failed.
///
/// A percentile is within 0.1 % of the sample at its rank, and never below it.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn gate(report: &Report) {
/// let ttft = report.request("chat").ttft();
/// assert!(ttft.p95() < ms(250), "{report}");
/// assert!(ttft.of_successes().p(0.999) < secs(1), "{report}");
/// println!("{} of {} requests failed", ttft.failures(), ttft.count());
/// # }
/// ```
#[derive(Clone)]
pub struct Distribution<'a, U> {
    name: String,
    histogram: &'a Histogram,
    failures: u64,
    why_empty: String,
    /// Why its values do not compare with each other, if they don't.
    incomparable: Option<String>,
    unit: PhantomData<U>,
}

/// There is no sample to take a figure of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` has no sample: {why}")]
pub struct NoSamples {
    name: String,
    why: String,
}

impl<'a, U: Unit> Distribution<'a, U> {
    /// `failures` take part as +∞; `why_empty` says why there may be no sample.
    pub(super) fn new(name: String, histogram: &'a Histogram, failures: u64, why_empty: String) -> Self {
        Self { name, histogram, failures, why_empty, incomparable: None, unit: PhantomData }
    }

    /// The same, with a reason why its values do not compare with each other: the accessors for gates panic with it.
    pub(super) fn incomparable(self, reason: Option<String>) -> Self {
        Self { incomparable: reason, ..self }
    }

    /// A figure for a gate.
    #[track_caller]
    fn gated(&self, figure: Result<U, NoSamples>) -> U {
        if let Some(reason) = &self.incomparable {
            panic!("`{}`: {reason}", self.name);
        }
        figure_of(figure)
    }

    /// The same without the failed requests.
    #[must_use]
    pub fn of_successes(&self) -> Self {
        Self { failures: 0, ..self.clone() }
    }

    /// How many samples there are, failed requests included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len() + self.failures
    }

    /// How many of the samples are failed requests.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// The values without the failed requests.
    #[must_use]
    pub fn histogram(&self) -> &'a Histogram {
        self.histogram
    }

    /// The percentile `q`, from 0 to 1: the sample at rank ceil(q·n), failures last.
    ///
    /// # Panics
    /// When there is no sample, or `q` is not between 0 and 1.
    #[must_use]
    #[track_caller]
    pub fn p(&self, q: f64) -> U {
        self.gated(self.try_p(q))
    }

    /// The percentile `q`, from 0 to 1.
    ///
    /// # Errors
    /// When there is no sample.
    ///
    /// # Panics
    /// When `q` is not between 0 and 1: the 95th percentile is 0.95.
    #[track_caller]
    pub fn try_p(&self, q: f64) -> Result<U, NoSamples> {
        assert_percentile(q);
        self.not_empty()?;
        Ok(self.at_rank(rank(q, self.count())))
    }

    /// The median.
    ///
    /// # Panics
    /// When there is no sample.
    #[must_use]
    #[track_caller]
    pub fn p50(&self) -> U {
        self.p(0.5)
    }

    /// The 90th percentile.
    ///
    /// # Panics
    /// When there is no sample.
    #[must_use]
    #[track_caller]
    pub fn p90(&self) -> U {
        self.p(0.9)
    }

    /// The 95th percentile.
    ///
    /// # Panics
    /// When there is no sample.
    #[must_use]
    #[track_caller]
    pub fn p95(&self) -> U {
        self.p(0.95)
    }

    /// The 99th percentile.
    ///
    /// # Panics
    /// When there is no sample.
    #[must_use]
    #[track_caller]
    pub fn p99(&self) -> U {
        self.p(0.99)
    }

    /// The 95th percentile.
    ///
    /// # Errors
    /// When there is no sample.
    pub fn try_p95(&self) -> Result<U, NoSamples> {
        self.try_p(0.95)
    }

    /// The smallest value, exact; unbounded where every request failed.
    ///
    /// # Panics
    /// When there is no sample.
    #[must_use]
    #[track_caller]
    pub fn min(&self) -> U {
        self.gated(self.try_min())
    }

    /// The smallest value, exact; unbounded where every request failed.
    ///
    /// # Errors
    /// When there is no sample.
    pub fn try_min(&self) -> Result<U, NoSamples> {
        self.not_empty()?;
        Ok(if U::FAILED_IS_LEAST { self.unless_failed(Histogram::min) } else { self.of_the_good(Histogram::min) })
    }

    /// The largest value, exact; unbounded as soon as one request failed.
    ///
    /// # Panics
    /// When there is no sample.
    #[must_use]
    #[track_caller]
    pub fn max(&self) -> U {
        self.gated(self.try_max())
    }

    /// The largest value, exact; unbounded as soon as one request failed.
    ///
    /// # Errors
    /// When there is no sample.
    pub fn try_max(&self) -> Result<U, NoSamples> {
        self.not_empty()?;
        Ok(if U::FAILED_IS_LEAST { self.of_the_good(Histogram::max) } else { self.unless_failed(Histogram::max) })
    }

    /// The mean; unbounded as soon as one request failed.
    ///
    /// # Panics
    /// When there is no sample.
    #[must_use]
    #[track_caller]
    pub fn mean(&self) -> U {
        self.gated(self.try_mean())
    }

    /// The mean; unbounded as soon as one request failed.
    ///
    /// # Errors
    /// When there is no sample.
    pub fn try_mean(&self) -> Result<U, NoSamples> {
        self.not_empty()?;
        Ok(self.recorded_mean().map_or(U::FAILED, U::from_mean))
    }

    /// The value at `rank` from 1 in sorted order: failures stand last, and where they are the least value, first.
    pub(crate) fn at_rank(&self, rank: u64) -> U {
        let before = if U::FAILED_IS_LEAST { self.failures } else { 0 };
        let found = rank.checked_sub(before).and_then(|rank| self.histogram.at_rank(rank));
        found.map_or(U::FAILED, U::from_recorded)
    }

    /// The mean in the unit of the histogram, in which failures are 0 where that is the least value; none where they make it unbounded.
    #[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 52 bits")]
    pub(crate) fn recorded_mean(&self) -> Option<f64> {
        let has_mean = self.count() > 0 && (self.failures == 0 || U::FAILED_IS_LEAST);
        has_mean.then(|| self.histogram.sum() as f64 / self.count() as f64)
    }

    fn unless_failed(&self, figure: fn(&Histogram) -> Option<u64>) -> U {
        if self.failures > 0 { U::FAILED } else { self.of_the_good(figure) }
    }

    fn of_the_good(&self, figure: fn(&Histogram) -> Option<u64>) -> U {
        figure(self.histogram).map_or(U::FAILED, U::from_recorded)
    }

    fn not_empty(&self) -> Result<(), NoSamples> {
        if self.count() > 0 {
            return Ok(());
        }
        Err(NoSamples { name: self.name.clone(), why: self.why_empty.clone() })
    }
}

#[track_caller]
fn figure_of<U>(figure: Result<U, NoSamples>) -> U {
    match figure {
        Ok(figure) => figure,
        Err(error) => panic!("{error}"),
    }
}

impl<U: Unit> fmt::Debug for Distribution<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Distribution")
            .field("name", &self.name)
            .field("histogram", self.histogram)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

/// A distribution of times.
pub type Times<'a> = Distribution<'a, Duration>;

/// A distribution of counts.
pub type Numbers<'a> = Distribution<'a, u64>;

/// A distribution of rates: a failed request takes part as 0, the worst of them.
pub type Rates<'a> = Distribution<'a, Rate>;

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(ms: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::new();
        ms.into_iter().for_each(|ms| histogram.record(ms * 1_000));
        histogram
    }

    fn times(histogram: &Histogram, failures: u64) -> Times<'_> {
        Distribution::new("chat_ttft".to_owned(), histogram, failures, "3 requests failed".to_owned())
    }

    fn about(value: Duration, ms: u64) -> bool {
        value.abs_diff(Duration::from_millis(ms)) <= Duration::from_millis(ms) / 1_000
    }

    #[test]
    fn failures_stand_behind_every_success() {
        let histogram = histogram(1..=95);
        let with_five_percent = times(&histogram, 5);
        assert!(about(with_five_percent.p95(), 95));
        assert_eq!(with_five_percent.p99(), Duration::MAX);
        assert_eq!(times(&histogram, 6).p95(), Duration::MAX);
        assert!(about(times(&histogram, 6).of_successes().p95(), 91));
    }

    #[test]
    fn failures_are_the_least_rate() {
        let mut histogram = Histogram::new();
        (1..=95).for_each(|rate| histogram.record(rate * 1_000));
        let rates = |failures| Rates::new("rate".to_owned(), &histogram, failures, String::new());
        assert_eq!((rates(5).p(0.05), rates(5).p(0.06), rates(5).max()), (0.0.into(), 1.into(), 95.into()));
        assert_eq!((rates(5).min(), rates(0).min(), rates(5).of_successes().min()), (0.into(), 1.into(), 1.into()));
        assert_eq!((rates(5).mean(), rates(0).mean()), (45.6.into(), 48.into()), "4560 of 100, and of 95");
        let none = Histogram::new();
        let none = Rates::new("rate".to_owned(), &none, 3, String::new());
        assert_eq!((none.max(), none.p95(), none.mean()), (0.into(), 0.into(), 0.into()));
    }

    #[test]
    fn one_failure_makes_mean_and_max_unbounded() {
        let histogram = histogram([10, 20]);
        assert_eq!((times(&histogram, 1).max(), times(&histogram, 1).mean()), (Duration::MAX, Duration::MAX));
        assert_eq!(
            (times(&histogram, 0).max(), times(&histogram, 0).mean()),
            (Duration::from_millis(20), Duration::from_millis(15))
        );
        assert_eq!(times(&histogram, 1).min(), Duration::from_millis(10));
    }

    #[test]
    fn only_failures_are_samples_too() {
        let empty = Histogram::new();
        assert_eq!(times(&empty, 3).p50(), Duration::MAX);
        assert_eq!(times(&empty, 3).count(), 3);
    }

    #[test]
    #[should_panic(expected = "`chat_ttft` has no sample: 3 requests failed")]
    fn a_figure_of_nothing_panics_and_says_why() {
        let _ = times(&Histogram::new(), 0).p95();
    }

    #[test]
    #[should_panic(expected = "the 95th is 0.95")]
    fn a_percentile_in_per_cent_is_refused() {
        let _ = times(&histogram([10]), 0).p(95.0);
    }

    #[test]
    fn the_careful_way_gives_an_error() {
        assert!(times(&Histogram::new(), 0).try_p95().is_err());
    }
}
