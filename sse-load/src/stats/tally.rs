//! Amounts over the time of a run.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most slices; with more, each two become one.
const MOST: usize = 256;

/// How long a slice is at first, in nanoseconds.
const FIRST_WIDTH: i64 = 10_000_000;

/// Nothing in a run is further from the begin of its window than this, in nanoseconds: 50 years.
const FURTHEST: i64 = 1 << 60;

/// Amounts in up to 256 slices of equal time: what was going on when, such as tokens that came or requests that were in flight.
///
/// Moments are nanoseconds from the begin of the measured window, which a slice begins with; what came before is negative. A slice is
/// 10 ms long at first; whenever there are too many, each two become one. So memory is bounded however long the run, and
/// tallies of several threads merge.
///
/// ```
/// use sse_load::stats::Tally;
///
/// let mut tally = Tally::default();
/// tally.add(-1, 1.0);
/// tally.add(12_000_000, 3.0);
/// assert_eq!((tally.first(), tally.sums()), (-1, &[1.0, 0.0, 3.0][..]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// In nanoseconds.
    width: i64,
    /// The number of the first slice; slice `n` begins at `n · width`.
    first: i64,
    sums: Vec<f64>,
}

impl Tally {
    /// Adds an amount at a moment.
    pub fn add(&mut self, at: i64, amount: f64) {
        let place = self.place(at);
        self.sums[place] += amount;
    }

    /// Adds amounts at moments of which none is before the one before it.
    pub fn add_in_order(&mut self, amounts: impl Iterator<Item = (i64, f64)>) {
        let (mut begin, mut end, mut sum) = (0, 0, 0.0);
        for (at, amount) in amounts {
            if !(begin..end).contains(&at) {
                if sum > 0.0 {
                    self.add(begin, sum);
                }
                begin = at.div_euclid(self.width) * self.width;
                end = begin + self.width;
                sum = 0.0;
            }
            sum += amount;
        }
        if sum > 0.0 {
            self.add(begin, sum);
        }
    }

    /// Adds the seconds from one moment to another, to each slice as many as lie in it.
    pub fn add_span(&mut self, from: i64, to: i64) {
        if to <= from {
            return;
        }
        // Both ends before any slice, since they may change the width.
        self.place(from);
        self.place(to - 1);
        let (first, last) = (self.place(from), self.place(to - 1));
        for place in first..=last {
            let begin = self.begin(place);
            self.sums[place] += seconds(to.min(begin + self.width) - from.max(begin));
        }
    }

    /// Adds all amounts of `other`; the order of merges makes no difference but in rounding.
    pub fn merge(&mut self, other: &Self) {
        while self.width < other.width {
            self.coarsen();
        }
        for (place, sum) in other.sums.iter().enumerate().filter(|(_, sum)| **sum != 0.0) {
            self.add(other.begin(place), *sum);
        }
    }

    /// The same in slices of at least this width, so that several can be looked at side by side.
    #[must_use]
    pub fn in_slices_of(&self, width: Duration) -> Self {
        let mut tally = self.clone();
        while tally.width() < width && tally.width < FURTHEST {
            tally.coarsen();
        }
        tally
    }

    /// How long each slice is.
    #[must_use]
    pub fn width(&self) -> Duration {
        Duration::from_nanos(self.width.unsigned_abs())
    }

    /// The number of the first slice: slice `n` begins `n` widths after the begin of the measured window.
    #[must_use]
    pub fn first(&self) -> i64 {
        self.first
    }

    /// The amount of each slice, from the first that has one to the last.
    #[must_use]
    pub fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// The amount of the slice of a number; 0 outside of what there is.
    #[must_use]
    pub fn sum(&self, number: i64) -> f64 {
        usize::try_from(number - self.first).ok().and_then(|place| self.sums.get(place)).copied().unwrap_or(0.0)
    }

    /// When a slice begins.
    fn begin(&self, place: usize) -> i64 {
        (self.first + signed(place)) * self.width
    }

    /// The slice of a moment.
    fn place(&mut self, at: i64) -> usize {
        let at = at.clamp(-FURTHEST, FURTHEST);
        loop {
            let number = at.div_euclid(self.width);
            if self.sums.is_empty() {
                self.first = number;
            }
            let first = self.first.min(number);
            let last = (self.first + signed(self.sums.len()) - 1).max(number);
            if last - first < signed(MOST) {
                let before = usize::try_from(self.first - first).unwrap_or_default();
                self.sums.splice(0..0, std::iter::repeat_n(0.0, before));
                self.first = first;
                self.sums.resize(usize::try_from(last - first + 1).unwrap_or(MOST), 0.0);
                return usize::try_from(number - first).unwrap_or_default();
            }
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        self.width *= 2;
        let first = self.first.div_euclid(2);
        let mut halved = Vec::with_capacity(MOST);
        for (number, sum) in (self.first..).zip(&self.sums) {
            let place = usize::try_from(number.div_euclid(2) - first).unwrap_or_default();
            halved.resize(halved.len().max(place + 1), 0.0);
            halved[place] += sum;
        }
        (self.first, self.sums) = (first, halved);
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self { width: FIRST_WIDTH, first: 0, sums: Vec::new() }
    }
}

/// A tally as text: its width is in seconds, and its sums are kept to a millionth.
#[derive(Serialize, Deserialize)]
struct Fields {
    width: f64,
    first: i64,
    sums: Vec<f64>,
}

impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Fields {
            width: seconds(self.width),
            first: self.first,
            sums: self.sums.iter().map(|sum| (sum * 1e6).round() / 1e6).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tally {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { width: text, first, sums } = Fields::deserialize(deserializer)?;
        let widths =
            std::iter::successors(Some(FIRST_WIDTH), |width| Some(width * 2).filter(|width| *width < FURTHEST));
        let width = widths.into_iter().find(|width| (seconds(*width) / text - 1.0).abs() < 1e-6);
        let is_near = |width: &i64| first.checked_mul(*width).is_some_and(|begin| begin.abs() <= FURTHEST);
        let is_sound = sums.len() <= MOST && sums.iter().all(|sum| sum.is_finite());
        if let Some(width) = width.filter(is_near).filter(|_| is_sound) {
            return Ok(Self { width, first, sums });
        }
        Err(D::Error::custom(format!(
            "expected up to {MOST} slices of 0.01 s times a power of two, near the begin of the run, but came {} of {text} s from \
             number {first}",
            sums.len()
        )))
    }
}

#[expect(clippy::cast_precision_loss, reason = "times of a run need no more than 52 bits")]
fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

fn signed(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: i64 = 1_000_000;

    fn of(amounts: &[(i64, u32)]) -> Tally {
        let mut tally = Tally::default();
        for (at, amount) in amounts {
            tally.add(*at, f64::from(*amount));
        }
        tally
    }

    #[test]
    fn a_span_is_shared_by_the_slices_that_it_crosses() {
        let mut tally = Tally::default();
        tally.add_span(-5 * MS, 22 * MS);
        tally.add_span(3 * MS, 3 * MS);
        let ms: Vec<_> = tally.sums().iter().map(|seconds| (seconds * 1e3).round()).collect();
        assert_eq!((tally.first(), ms), (-1, vec![5.0, 10.0, 10.0, 2.0]));
        assert!(tally.sum(-1) > 0.0 && tally.sum(-2) == 0.0 && tally.sum(3) == 0.0);
    }

    #[test]
    fn a_long_run_has_no_more_slices_and_the_window_still_begins_with_one() {
        let mut tally = of(&[(-1, 1), (0, 2)]);
        tally.add_span(0, 86_400_000 * MS);
        assert!((64..=MOST).contains(&tally.sums().len()), "{}", tally.sums().len());
        assert_eq!((tally.first(), tally.sums()[0]), (-1, 1.0));
        assert!((tally.sums().iter().sum::<f64>() - 86_403.0).abs() < 1e-3);
    }

    #[test]
    fn moments_beyond_all_measure_end_no_run() {
        let mut tally = of(&[(i64::MIN, 1), (i64::MAX, 2), (0, 3)]);
        tally.add_span(i64::MIN + 1, i64::MAX);
        assert!(tally.sums().len() <= MOST);
    }

    #[test]
    fn what_is_no_tally_is_an_error() {
        let sound = serde_json::to_string(&of(&[(-20 * MS, 3)])).expect("it serialises");
        assert_eq!(serde_json::from_str::<Tally>(&sound).expect("it is one"), of(&[(-20 * MS, 3)]));
        for (width, first) in [(0.0, 0), (-0.01, 0), (0.03, 0), (1e300, 0), (0.01, i64::MIN)] {
            let text = format!(r#"{{"width":{width},"first":{first},"sums":[1.0]}}"#);
            let error = serde_json::from_str::<Tally>(&text).expect_err(&text).to_string();
            assert!(error.contains("expected up to 256 slices"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn merging_is_adding_to_one(
            one in prop::collection::vec((-1_000_000_000_000..1_000_000_000_000_i64, 0..1_000_u32), 0..50),
            other in prop::collection::vec((-1_000_000_000..1_000_000_000_i64, 0..1_000_u32), 0..50),
        ) {
            let whole = of(&[one.clone(), other.clone()].concat());
            let (mut merged, mut reversed) = (of(&one), of(&other));
            merged.merge(&of(&other));
            reversed.merge(&of(&one));
            let total = |tally: &Tally| tally.sums().iter().sum::<f64>();
            prop_assert!((total(&merged) - total(&whole)).abs() < 1e-6);
            let width = whole.width().max(merged.width()).max(reversed.width());
            let [whole, merged, reversed] = [&whole, &merged, &reversed].map(|tally| tally.in_slices_of(width));
            for number in whole.first().min(merged.first())..whole.first() + signed(whole.sums().len()) {
                prop_assert_eq!((merged.sum(number), reversed.sum(number)), (whole.sum(number), whole.sum(number)));
            }
        }

        #[test]
        fn in_order_is_one_by_one(mut amounts in prop::collection::vec((-1_000_000_000..100_000_000_000_i64, 0..9_u32), 0..50)) {
            amounts.sort_unstable();
            let mut tally = Tally::default();
            tally.add_in_order(amounts.iter().map(|(at, amount)| (*at, f64::from(*amount))));
            amounts.retain(|(_, amount)| *amount > 0);
            let one_by_one = of(&amounts);
            let width = tally.width().max(one_by_one.width());
            prop_assert_eq!(tally.in_slices_of(width), one_by_one.in_slices_of(width));
        }
    }
}
