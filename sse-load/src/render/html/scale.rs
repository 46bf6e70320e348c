//! The axes of plots: which values they show, and what stands at their ticks.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;

/// A logarithmic axis pays off where the largest value is so many times the smallest.
const WIDE: f64 = 6.0;

/// One axis.
#[derive(Clone)]
pub(super) struct Axis {
    /// What it shows, with the unit where ticks don't have one.
    pub(super) label: String,
    scale: Scale,
    range: Range<f64>,
    /// A value as text.
    text: fn(f64) -> String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    Linear,
    Log,
    /// Percentiles as 1 / (1 − q), so that 90 %, 99 % and 99.9 % are equally far apart.
    Nines,
}

impl Axis {
    /// From 0 or from the smallest value, whichever shows more, of values of which none is negative.
    pub(super) fn of_values(
        label: impl Into<String>,
        values: impl Iterator<Item = f64>,
        text: fn(f64) -> String,
    ) -> Self {
        let positive = values.filter(|value| *value > 0.0);
        let (smallest, largest) =
            positive.fold((f64::INFINITY, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        if smallest.is_finite() && largest > smallest * WIDE {
            return Self { label: label.into(), scale: Scale::Log, range: smallest / 1.15..largest * 1.15, text };
        }
        Self::from_zero(label, largest, text)
    }

    /// From 0 to a little more than the largest value.
    pub(super) fn from_zero(label: impl Into<String>, largest: f64, text: fn(f64) -> String) -> Self {
        let end = if largest > 0.0 { largest * 1.08 } else { 1.0 };
        Self::linear(label, 0.0..end, text)
    }

    pub(super) fn linear(label: impl Into<String>, range: Range<f64>, text: fn(f64) -> String) -> Self {
        let end = if range.end > range.start { range.end } else { range.start + 1.0 };
        Self { label: label.into(), scale: Scale::Linear, range: range.start..end, text }
    }

    /// From the smallest to the largest value, with a little room at both ends.
    pub(super) fn between(
        label: impl Into<String>,
        values: impl Iterator<Item = f64> + Clone,
        text: fn(f64) -> String,
    ) -> Self {
        let axis = Self::of_values(label, values.clone(), text);
        if axis.scale == Scale::Log {
            return axis;
        }
        let (least, most) =
            values.fold((f64::INFINITY, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        let room = if most > least { (most - least) * 0.05 } else { most * 0.5 };
        Self { range: (least - room).max(0.0)..most + room, ..axis }
    }

    /// Shares of all values up to that of which `n` samples tell.
    pub(super) fn nines(label: impl Into<String>, largest: f64) -> Self {
        let text = |of: f64| format!("{} %", number(100.0 - 100.0 / of));
        Self { label: label.into(), scale: Scale::Nines, range: 1.0..largest.max(10.0), text }
    }

    /// The values at both ends.
    pub(super) fn range(&self) -> Range<f64> {
        self.range.clone()
    }

    pub(super) fn text(&self, value: f64) -> String {
        (self.text)(value)
    }

    /// So many values from end to end, equally far apart on the axis.
    #[expect(clippy::cast_precision_loss, reason = "a plot has few points")]
    pub(super) fn spread(&self, points: usize) -> Vec<f64> {
        let (from, to) = (self.place(self.range.start), self.place(self.range.end));
        let value = |place: f64| if self.scale == Scale::Linear { place } else { place.exp() };
        (0..points).map(|point| value(from + (to - from) * point as f64 / (points - 1) as f64)).collect()
    }

    /// Where a value stands on an axis without bends.
    fn place(&self, value: f64) -> f64 {
        if self.scale == Scale::Linear { value } else { value.max(self.range.start).ln() }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.place(self.range.start)..self.place(self.range.end)).map(&self.place(*value), limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match self.scale {
            Scale::Linear => RangedCoordf64::from(self.range.clone()).key_points(hint),
            Scale::Log => decades(&self.range, hint.max_num_points()),
            Scale::Nines => [2.0].into_iter().chain(decades(&self.range, 0)).filter(|at| *at > 1.0).collect(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// 1, 2 and 5 times each power of ten within the range, or the powers alone where those would be too many. The crate's own axis has the
/// powers and tenths of them only, so next to none for values of one decade.
fn decades(range: &Range<f64>, most: usize) -> Vec<f64> {
    let (mut ticks, mut power) = (Vec::new(), 10_f64.powf(range.start.log10().floor()));
    while power <= range.end {
        ticks.extend([1.0, 2.0, 5.0].map(|times| times * power));
        power *= 10.0;
    }
    ticks.retain(|tick| range.contains(tick));
    if ticks.len() > most {
        let is_power = |tick: &f64| (tick.log10() - tick.log10().round()).abs() < 1e-9;
        ticks.retain(is_power);
    }
    ticks
}

/// A number to four decimals at most, without zeros at its end.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_far_apart_stand_on_a_logarithmic_axis() {
        let axis = |values: &[f64]| Axis::of_values("", values.iter().copied(), number);
        assert!(axis(&[0.01, 0.05]).scale == Scale::Linear);
        assert!(axis(&[0.01, 0.07]).scale == Scale::Log);
        assert!(axis(&[0.0, 0.0]).scale == Scale::Linear);
        assert!(axis(&[]).range == (0.0..1.0));
    }

    #[test]
    fn a_logarithmic_axis_has_ticks_within_a_decade_and_not_too_many_beyond() {
        assert_eq!(decades(&(0.03..0.6), 8), [0.05, 0.1, 0.2, 0.5]);
        assert_eq!(decades(&(0.5..2_000.0), 4), [1.0, 10.0, 100.0, 1_000.0]);
    }

    #[test]
    fn nines_are_equally_far_apart() {
        let axis = Axis::nines("", 1_000.0);
        assert_eq!([10.0, 100.0, 1_000.0].map(|at| axis.map(&at, (0, 300))), [100, 200, 300]);
        assert_eq!([2.0, 10.0, 1_000.0].map(|at| axis.text(at)), ["50 %", "90 %", "99.9 %"]);
    }
}
