//! Values that are looked at from time to time, over the time of a run.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::timeline::{Content, MOST, Timeline, rounded};

/// Between which values something was, and where on average.
///
/// ```
/// use sse_load::stats::Extent;
///
/// let mut extent = Extent::of(2.0, 1.0);
/// extent.merge(&Extent::of(8.0, 3.0));
/// assert_eq!((extent.least, extent.mean, extent.most), (2.0, 6.5, 8.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// The smallest value.
    pub least: f64,
    /// The mean, by weights.
    pub mean: f64,
    /// The largest value.
    pub most: f64,
    /// What all values weigh; 0: there is none, and the other numbers mean nothing.
    pub weight: f64,
}

impl Extent {
    /// One value; none if it is no finite number, or weighs nothing.
    #[must_use]
    pub fn of(value: f64, weight: f64) -> Self {
        if value.is_finite() && weight.is_finite() && weight > 0.0 {
            Self { least: value, mean: value, most: value, weight }
        } else {
            Self::default()
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weight <= 0.0
    }

    /// Adds the values of `other`.
    pub fn merge(&mut self, other: &Self) {
        if self.is_empty() {
            *self = *other;
        } else if !other.is_empty() {
            let weight = self.weight + other.weight;
            *self = Self {
                least: self.least.min(other.least),
                mean: self.mean + (other.mean - self.mean) * (other.weight / weight),
                most: self.most.max(other.most),
                weight,
            };
        }
    }

    fn is_sound(&self) -> bool {
        self.is_empty() || [self.least, self.mean, self.most, self.weight].into_iter().all(f64::is_finite)
    }
}

impl Content for Extent {
    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn absorb(&mut self, other: &Self) {
        self.merge(other);
    }
}

/// The [`Extent`] of a value in each of up to 256 slices of equal time, such as the length of a queue: no peak is lost, and memory is bounded
/// however long the run. Slices are those of a [`Tally`](super::Tally).
///
/// ```
/// use sse_load::stats::Extents;
///
/// let mut queue = Extents::default();
/// queue.record(1_000_000, 3.0, 1.0);
/// queue.record(2_000_000, 9.0, 1.0);
/// queue.record(25_000_000, 0.0, 1.0);
/// assert_eq!(queue.slice(0).map(|slice| (slice.least, slice.most)), Some((3.0, 9.0)));
/// assert_eq!(queue.slice(1), None);
/// assert_eq!(queue.slice(2).map(|slice| slice.mean), Some(0.0));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extents(Timeline<Extent>);

impl Extents {
    /// Adds a value at a moment, in nanoseconds from the begin of the measured window. One that is no finite number, or weighs
    /// nothing, is left out.
    pub fn record(&mut self, at: i64, value: f64, weight: f64) {
        let extent = Extent::of(value, weight);
        if !extent.is_empty() {
            self.0.at(at).merge(&extent);
        }
    }

    /// Adds all values of `other`.
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

    /// The slices from the first that has a value to the last; empty ones are among them.
    #[must_use]
    pub fn slices(&self) -> &[Extent] {
        self.0.slices()
    }

    /// The slice of a number; none where there is no value.
    #[must_use]
    pub fn slice(&self, number: i64) -> Option<Extent> {
        self.0.slice(number).copied().filter(|slice| !slice.is_empty())
    }
}

/// As text: the width is in seconds, numbers are kept to a millionth, and slices without a value are null.
#[derive(Serialize, Deserialize)]
struct Fields {
    width: f64,
    first: i64,
    slices: Vec<Option<Extent>>,
}

impl Serialize for Extents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let slice = |slice: &Extent| {
            let [least, mean, most, weight] = [slice.least, slice.mean, slice.most, slice.weight].map(rounded);
            (!slice.is_empty()).then_some(Extent { least, mean, most, weight })
        };
        let slices = self.slices().iter().map(slice).collect();
        Fields { width: self.width().as_secs_f64(), first: self.first(), slices }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Extents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { width, first, slices } = Fields::deserialize(deserializer)?;
        let slices: Vec<_> = slices.into_iter().map(Option::unwrap_or_default).collect();
        let (number, is_sound) = (slices.len(), slices.iter().all(Extent::is_sound));
        let timeline = if is_sound { Timeline::of_slices(width, first, slices) } else { None };
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

    const SECOND: i64 = 1_000_000_000;

    fn of(values: &[(i64, f64)]) -> Extents {
        let mut extents = Extents::default();
        for (at, value) in values {
            extents.record(*at, *value, 1.0);
        }
        extents
    }

    fn whole(extents: &Extents) -> Extent {
        let mut whole = Extent::default();
        extents.slices().iter().for_each(|slice| whole.merge(slice));
        whole
    }

    #[test]
    fn a_day_of_scrapes_keeps_its_one_peak_and_few_slices() {
        let values: Vec<_> =
            (0..86_400).map(|second| (second * SECOND, if second == 40_000 { 93.0 } else { 1.0 })).collect();
        let day = of(&values);
        assert!((64..=MOST).contains(&day.slices().len()), "{}", day.slices().len());
        let all = whole(&day);
        assert_eq!((all.least, all.most, all.weight), (1.0, 93.0, 86_400.0));
        assert!((all.mean - (86_399.0 + 93.0) / 86_400.0).abs() < 1e-9, "{all:?}");
        assert_eq!(day.slices().iter().filter(|slice| slice.most > 1.0).count(), 1);
    }

    #[test]
    fn what_is_no_number_is_no_value() {
        let mut extents = of(&[(0, f64::NAN), (1, f64::INFINITY)]);
        extents.record(2, 1.0, 0.0);
        assert_eq!(extents, Extents::default());
    }

    #[test]
    fn text_has_a_null_where_nothing_is_known() {
        let extents = of(&[(0, 1.5), (20_000_000, 3.0)]);
        let text = serde_json::to_string(&extents).expect("it serialises");
        assert!(text.contains(r#"},null,{"least":3.0"#), "{text}");
        assert_eq!(serde_json::from_str::<Extents>(&text).expect("it is one"), extents);
        for (width, slices) in [(0.03, ""), (0.0, ""), (0.01, r#"{"least":1,"mean":1,"most":1e999,"weight":1}"#)] {
            let text = format!(r#"{{"width":{width},"first":0,"slices":[{slices}]}}"#);
            assert!(serde_json::from_str::<Extents>(&text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn merging_is_recording_into_one(
            one in prop::collection::vec((-1_000 * SECOND..1_000 * SECOND, 0.0..1_000.0), 1..50),
            other in prop::collection::vec((-SECOND..SECOND, 0.0..1_000.0), 1..50),
        ) {
            let (both, mut merged) = (of(&[one.clone(), other.clone()].concat()), of(&one));
            merged.merge(&of(&other));
            let (both, merged) = (whole(&both), whole(&merged));
            prop_assert_eq!((both.least, both.most, both.weight), (merged.least, merged.most, merged.weight));
            prop_assert!((both.mean - merged.mean).abs() < 1e-6);
        }
    }
}
