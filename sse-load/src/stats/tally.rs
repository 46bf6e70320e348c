//! Amounts over the time of a run.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::timeline::{Content, MOST, Timeline, rounded, seconds};

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally(Timeline<f64>);

impl Content for f64 {
    fn is_empty(&self) -> bool {
        *self == 0.0
    }

    fn absorb(&mut self, other: &Self) {
        *self += other;
    }
}

impl Tally {
    /// Adds an amount at a moment.
    pub fn add(&mut self, at: i64, amount: f64) {
        *self.0.at(at) += amount;
    }

    /// Adds amounts at moments of which none is before the one before it.
    pub fn add_in_order(&mut self, amounts: impl Iterator<Item = (i64, f64)>) {
        let (mut begin, mut end, mut sum) = (0, 0, 0.0);
        for (at, amount) in amounts {
            if !(begin..end).contains(&at) {
                if sum > 0.0 {
                    self.add(begin, sum);
                }
                (begin, end) = self.0.slice_of(at);
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
        if to > from {
            self.0.span(from, to).for_each(|(sum, nanos)| *sum += seconds(nanos));
        }
    }

    /// Adds all amounts of `other`; the order of merges makes no difference but in rounding.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// The same in slices of at least this width, so that several can be looked at side by side.
    #[must_use]
    pub fn in_slices_of(&self, width: Duration) -> Self {
        Self(self.0.in_slices_of(width))
    }

    /// How long each slice is.
    #[must_use]
    pub fn width(&self) -> Duration {
        self.0.width()
    }

    /// The number of the first slice: slice `n` begins `n` widths after the begin of the measured window.
    #[must_use]
    pub fn first(&self) -> i64 {
        self.0.first()
    }

    /// The amount of each slice, from the first that has one to the last.
    #[must_use]
    pub fn sums(&self) -> &[f64] {
        self.0.slices()
    }

    /// The amount of the slice of a number; 0 outside of what there is.
    #[must_use]
    pub fn sum(&self, number: i64) -> f64 {
        self.0.slice(number).copied().unwrap_or(0.0)
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
        let sums = self.sums().iter().copied().map(rounded).collect();
        Fields { width: self.width().as_secs_f64(), first: self.first(), sums }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tally {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { width, first, sums } = Fields::deserialize(deserializer)?;
        let (number, is_sound) = (sums.len(), sums.iter().all(|sum| sum.is_finite()));
        let timeline = if is_sound { Timeline::of_slices(width, first, sums) } else { None };
        timeline.map(Self).ok_or_else(|| {
            D::Error::custom(format!(
                "expected up to {MOST} slices of 0.01 s times a power of two, near the begin of the run, but came {number} of {width} s from \
                 number {first}"
            ))
        })
    }
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
            for number in whole.first().min(merged.first())..whole.first() + i64::try_from(whole.sums().len()).expect("few") {
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
