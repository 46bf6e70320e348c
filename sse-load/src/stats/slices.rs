//! Values over the time of a run.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::packing::Numbers;
use super::rank;

/// The most slices; with more, each two become one.
const MOST: usize = 128;

/// How long a slice is at first, in nanoseconds.
const FIRST_WIDTH: u64 = 10_000_000;

/// No slice is longer, in nanoseconds: five years.
const WIDEST: u64 = FIRST_WIDTH << 34;

/// No run has so many values in a slice.
const MOST_VALUES: u64 = 1 << 52;

/// Buckets for each doubling of a value are 2 to the power of this.
const PRECISION: u32 = 5;

/// The values of a run in up to 128 slices of equal time, by when their requests began: how they hang together in time, which
/// a histogram of all does not tell.
///
/// A slice is 10 ms long at first; whenever there are too many, each two become one. So memory is bounded however long the
/// run, and slices of several threads merge without loss. Values are kept to 3.2 %.
///
/// ```
/// use sse_load::stats::Slices;
/// use std::time::Duration;
///
/// let mut slices = Slices::default();
/// slices.record(Duration::from_millis(3), 250, 1);
/// slices.record(Duration::from_millis(25), 900, 2);
/// let above: Vec<_> = slices.iter().map(|slice| (slice.count(), slice.above(300))).collect();
/// assert_eq!(above, [(1, 0), (0, 0), (2, 2)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slices {
    /// In nanoseconds.
    width: u64,
    slices: Vec<Slice>,
}

/// The values of one slice of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    count: u64,
    sum: u128,
    /// Numbers of buckets in order, with how many values they hold.
    buckets: Vec<(u16, u64)>,
}

impl Slices {
    /// Adds a value `times` times, of a request that began `at` after the begin of the measured window.
    pub fn record(&mut self, at: Duration, value: u64, times: u64) {
        let place = self.place(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX));
        self.slices[place].add(value, times);
    }

    /// All of these in one.
    #[must_use]
    pub fn merged<'a>(each: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for slices in each {
            all.merge(slices);
        }
        all
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }

    /// Adds all values of `other`; the order of merges makes no difference.
    pub fn merge(&mut self, other: &Self) {
        while self.width < other.width {
            self.coarsen();
        }
        for (place, slice) in other.slices.iter().enumerate().filter(|(_, slice)| slice.count > 0) {
            let place = self.place(other.width.saturating_mul(place as u64));
            self.slices[place].merge(slice);
        }
    }

    /// The same in slices of at least this width, so that slices of several kinds can be looked at side by side.
    #[must_use]
    pub fn in_slices_of(&self, width: Duration) -> Self {
        let mut slices = self.clone();
        while slices.width() < width && slices.width < WIDEST {
            slices.coarsen();
        }
        slices
    }

    /// Of slices so many seconds long, with their numbers; none if there are too many, or no slices are so long.
    pub(super) fn of_slices(width: f64, slices: Vec<Numbers>) -> Option<Self> {
        let mut of_width = Self::default();
        while of_width.width < WIDEST && of_width.width().as_secs_f64() / width < 1.0 - 1e-6 {
            of_width.width *= 2;
        }
        let is_width = (of_width.width().as_secs_f64() / width - 1.0).abs() < 1e-6;
        let slice = |(sum, buckets): Numbers| {
            let count = buckets.iter().try_fold(0_u64, |all, (_, count)| all.checked_add(*count))?;
            let is_sound = count < MOST_VALUES
                && sum <= u128::from(count) * u128::from(u64::MAX)
                && buckets.iter().all(|(number, _)| *number <= bucket(u64::MAX));
            is_sound.then_some(Slice { count, sum, buckets })
        };
        of_width.slices = slices.into_iter().map(slice).collect::<Option<_>>()?;
        (is_width && of_width.slices.len() <= MOST).then_some(of_width)
    }

    /// How many values there are in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.slices.iter().map(Slice::count).sum()
    }

    /// How long each slice is.
    #[must_use]
    pub fn width(&self) -> Duration {
        Duration::from_nanos(self.width)
    }

    /// The slices from the begin of the measured window up to the last that holds a value; empty ones are among them.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Slice> {
        self.slices.iter()
    }

    /// The slice of a moment in nanoseconds.
    fn place(&mut self, at: u64) -> usize {
        loop {
            let place = usize::try_from(at / self.width).unwrap_or(usize::MAX);
            if place < MOST {
                if self.slices.len() <= place {
                    self.slices.resize_with(place + 1, Slice::default);
                }
                return place;
            }
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        self.width = self.width.saturating_mul(2);
        let mut halved = Vec::with_capacity(MOST);
        for pair in self.slices.chunks_mut(2) {
            let mut first = std::mem::take(&mut pair[0]);
            pair.get(1).inspect(|second| first.merge(second));
            halved.push(first);
        }
        self.slices = halved;
    }
}

impl Default for Slices {
    fn default() -> Self {
        Self { width: FIRST_WIDTH, slices: Vec::new() }
    }
}

impl Slice {
    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum, exact.
    #[must_use]
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// How many are above `limit`; those within 3.2 % of it may count as not above.
    #[must_use]
    pub fn above(&self, limit: u64) -> u64 {
        let limit = bucket(limit);
        let first = self.buckets.partition_point(|(bucket, _)| *bucket <= limit);
        self.buckets[first..].iter().map(|(_, count)| count).sum()
    }

    /// The values that cannot be told apart, lowest first, and how many there are of them.
    #[must_use]
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = (RangeInclusive<u64>, u64)> + '_ {
        self.buckets.iter().map(|(bucket, count)| (values(*bucket), *count))
    }

    /// The value at rank ceil(q·n), `q` from 0 to 1: at most 3.2 % above it and never below; none without values.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let mut left = rank(q, self.count);
        let at_rank = |(values, count): (RangeInclusive<u64>, u64)| match left.checked_sub(count) {
            Some(more) if more > 0 => {
                left = more;
                None
            }
            _ => Some(*values.end()),
        };
        self.buckets().find_map(at_rank)
    }

    /// Numbers of buckets in order, with how many values they hold.
    pub(super) fn numbered_buckets(&self) -> impl Iterator<Item = (u16, u64)> + '_ {
        self.buckets.iter().copied()
    }

    fn add(&mut self, value: u64, times: u64) {
        self.count += times;
        self.sum += u128::from(value) * u128::from(times);
        self.add_to(bucket(value), times);
    }

    fn add_to(&mut self, bucket: u16, times: u64) {
        match self.buckets.binary_search_by_key(&bucket, |(known, _)| *known) {
            Ok(found) => self.buckets[found].1 += times,
            Err(place) => self.buckets.insert(place, (bucket, times)),
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        for (bucket, times) in &other.buckets {
            self.add_to(*bucket, *times);
        }
    }
}

/// The number of a value's bucket: its own for small values, then 32 for each doubling.
fn bucket(value: u64) -> u16 {
    let exponent = value.checked_ilog2().unwrap_or_default();
    let number = match exponent.checked_sub(PRECISION) {
        None => value,
        Some(shift) => (u64::from(shift) << PRECISION) + (value >> shift),
    };
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// The values of a bucket.
fn values(bucket: u16) -> RangeInclusive<u64> {
    let number = u64::from(bucket);
    let shift = (number >> PRECISION).saturating_sub(1);
    let low = (number - (shift << PRECISION)) << shift;
    low..=low.saturating_add((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[(u64, u64)]) -> Slices {
        let mut slices = Slices::default();
        for (at, value) in values {
            slices.record(Duration::from_millis(*at), *value, 1);
        }
        slices
    }

    #[test]
    fn buckets_keep_the_order_and_the_precision() {
        assert_eq!((bucket(0), bucket(1), bucket(63)), (0, 1, 63));
        let mut last = 0;
        for value in 1..100_000_u64 {
            let own = bucket(value);
            assert!(own == last || own == last + 1, "{value}");
            last = own;
            assert!(bucket(value + value / 32 + 1) > own, "{value}");
        }
        assert!(bucket(u64::MAX) > bucket(u64::MAX / 2));
    }

    #[test]
    fn a_bucket_knows_its_values() {
        for value in (0..10_000_u64).chain([u64::MAX / 3, u64::MAX]) {
            let own = bucket(value);
            let values = values(own);
            assert!(
                values.contains(&value) && bucket(*values.start()) == own && bucket(*values.end()) == own,
                "{value}"
            );
            assert!(values.end() - values.start() <= value / 31, "{value} {values:?}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let slices = of(&(1..=1_000).map(|value| (0, value)).collect::<Vec<_>>());
        let slice = slices.iter().next().expect("one");
        for (q, value) in [(0.0, 1), (0.001, 1), (0.01, 10), (0.5, 500), (0.95, 950), (1.0, 1_000)] {
            let found = slice.quantile(q).expect("there are values");
            assert!((value..=value + value / 31).contains(&found), "{q}: {found}");
        }
        assert_eq!(Slice::default().quantile(0.5), None);
    }

    #[test]
    fn a_long_run_has_no_more_slices_than_a_short_one() {
        let day = of(&(0..86_400).map(|second| (second * 1_000, second)).collect::<Vec<_>>());
        assert!((64..=MOST).contains(&day.iter().len()), "{}", day.iter().len());
        assert_eq!(day.iter().map(Slice::count).sum::<u64>(), 86_400);
        assert_eq!(day.iter().map(Slice::sum).sum::<u128>(), 86_400 * 86_399 / 2);
    }

    proptest! {
        #[test]
        fn merging_is_recording_into_one(
            one in prop::collection::vec((0..1_000_000_u64, 0..1_000_000_u64), 0..50),
            other in prop::collection::vec((0..10_000_u64, 0..1_000_000_u64), 0..50),
        ) {
            let whole = of(&[one.clone(), other.clone()].concat());
            let (mut merged, mut reversed) = (of(&one), of(&other));
            merged.merge(&of(&other));
            reversed.merge(&of(&one));
            prop_assert_eq!(&merged, &whole);
            prop_assert_eq!(&reversed, &whole);
        }
    }
}
