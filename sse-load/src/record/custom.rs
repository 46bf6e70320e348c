//! Values that tasks record beside their requests.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Window;
use crate::clock::Timestamp;
use crate::stats::{Histogram, Slices};

/// Values of more names than this are only counted.
const MAX_NAMES: usize = 100;

/// What values that a task records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomUnit {
    /// Times.
    Time,
    /// Counts.
    Count,
}

/// The values of one name.
#[derive(Clone, Debug)]
pub struct Custom {
    /// What they are: what the first of them was.
    pub unit: CustomUnit,
    /// The values: microseconds, or counts.
    pub values: Histogram,
    /// The values over the time of the run.
    pub over_time: Slices,
    /// Values of the other unit, in no figure.
    pub refused: u64,
    first: Timestamp,
}

impl Custom {
    fn new(unit: CustomUnit, first: Timestamp) -> Self {
        Self { unit, values: Histogram::new(), over_time: Slices::default(), refused: 0, first }
    }

    fn merge(&mut self, mut other: Self) {
        if self.unit != other.unit {
            if other.first < self.first {
                std::mem::swap(self, &mut other);
            }
            self.refused += other.values.len() + other.refused;
            return;
        }
        self.values.merge(&other.values);
        self.over_time.merge(&other.over_time);
        self.refused += other.refused;
        self.first = self.first.min(other.first);
    }
}

/// The values that tasks recorded, by name.
#[derive(Clone, Debug, Default)]
pub struct Customs {
    by_name: BTreeMap<&'static str, Custom>,
    beyond: u64,
}

impl Customs {
    /// Adds a time that a task recorded at a moment within this window.
    pub fn record_time(&mut self, name: &'static str, time: Duration, at: Timestamp, window: Window) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.record(name, CustomUnit::Time, micros, (at, window));
    }

    /// Adds a count that a task recorded at a moment within this window.
    pub fn record_count(&mut self, name: &'static str, count: u64, at: Timestamp, window: Window) {
        self.record(name, CustomUnit::Count, count, (at, window));
    }

    fn record(&mut self, name: &'static str, unit: CustomUnit, value: u64, (at, window): (Timestamp, Window)) {
        if !window.contains(at) {
            return;
        }
        if !self.has_room_for(name) {
            self.beyond += 1;
            return;
        }
        let custom = self.by_name.entry(name).or_insert_with(|| Custom::new(unit, at));
        if custom.unit == unit {
            custom.values.record(value);
            custom.over_time.record(at - window.begin, value, 1);
        } else {
            custom.refused += 1;
        }
    }

    fn has_room_for(&self, name: &str) -> bool {
        self.by_name.len() < MAX_NAMES || self.by_name.contains_key(name)
    }

    /// Each name with its values, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Custom)> {
        self.by_name.iter().map(|(name, custom)| (*name, custom))
    }

    /// Values of names beyond the bound.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    /// Adds all of `other`; of two units under one name that which was recorded first wins.
    pub fn merge(&mut self, other: Self) {
        self.beyond += other.beyond;
        for (name, custom) in other.by_name {
            if !self.has_room_for(name) {
                self.beyond += custom.values.len() + custom.refused;
                continue;
            }
            match self.by_name.get_mut(name) {
                Some(known) => known.merge(custom),
                None => drop(self.by_name.insert(name, custom)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ms;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    fn times(moments: impl IntoIterator<Item = u64>) -> Customs {
        let mut customs = Customs::default();
        moments.into_iter().for_each(|moment| customs.record_time("call", ms(5), at(moment), Window::default()));
        customs
    }

    #[test]
    fn the_unit_that_came_first_wins_whatever_the_order_of_merges() {
        let mut counts = Customs::default();
        counts.record_count("call", 3, at(10), Window::default());
        counts.record_time("call", ms(1), at(20), Window::default());
        for merge in [
            |mut a: Customs, b: Customs| {
                a.merge(b);
                a
            },
            |a: Customs, mut b: Customs| {
                b.merge(a);
                b
            },
        ] {
            let merged = merge(times([30, 40]), counts.clone());
            let (_, call) = merged.iter().next().expect("one name");
            assert_eq!((call.unit, call.values.len(), call.refused), (CustomUnit::Count, 1, 3));
        }
    }

    #[test]
    fn only_the_measured_window_counts() {
        let mut customs = Customs::default();
        let window = Window { begin: at(10), end: Some(at(20)) };
        for moment in [9, 10, 19, 20] {
            customs.record_count("documents", 1, at(moment), window);
        }
        assert_eq!(
            customs.iter().map(|(name, custom)| (name, custom.values.len())).collect::<Vec<_>>(),
            [("documents", 2)]
        );
    }

    #[test]
    fn more_names_than_the_bound_are_only_counted() {
        let mut customs = times([1]);
        for number in 0..MAX_NAMES + 4 {
            customs.record_count(Box::leak(format!("n{number}").into_boxed_str()), 1, at(1), Window::default());
        }
        assert_eq!((customs.iter().count(), customs.beyond()), (MAX_NAMES, 5));
    }
}
