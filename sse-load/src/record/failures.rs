//! What went wrong, grouped by cause.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use crate::clock::Timestamp;
use crate::sample::{Failure, FailureClass, Origin};

/// More distinct causes than this are not told apart any more: texts that hold an id would fill the memory.
const MAX_GROUPS: usize = 200;

/// How often something happened, and when first and last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrences {
    /// How often.
    pub count: u64,
    /// When first.
    pub first: Timestamp,
    /// When last.
    pub last: Timestamp,
    /// What the first one said beyond what all share; empty if nothing.
    pub example: String,
}

/// Occurrences by key, bounded in the number of keys.
#[derive(Clone, Debug)]
pub struct Grouped<K> {
    groups: HashMap<K, Occurrences>,
    beyond: u64,
}

impl<K> Default for Grouped<K> {
    fn default() -> Self {
        Self { groups: HashMap::new(), beyond: 0 }
    }
}

impl<K: Eq + Hash> Grouped<K> {
    /// Counts one; `example` is kept of the first.
    pub fn add(&mut self, key: K, at: Timestamp, example: &str) {
        self.add_all(key, Occurrences { count: 1, first: at, last: at, example: example.to_owned() });
    }

    fn add_all(&mut self, key: K, more: Occurrences) {
        let full = self.groups.len() >= MAX_GROUPS;
        match self.groups.entry(key) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.count += more.count;
                known.last = known.last.max(more.last);
                if more.first < known.first {
                    known.first = more.first;
                    known.example = more.example;
                }
            }
            Entry::Vacant(_) if full => self.beyond += more.count,
            Entry::Vacant(free) => {
                free.insert(more);
            }
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: Self) {
        self.beyond += other.beyond;
        for (key, occurrences) in other.groups {
            self.add_all(key, occurrences);
        }
    }

    /// Each key with its occurrences, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Occurrences)> {
        self.groups.iter()
    }

    /// How many happened in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.beyond + self.groups.values().map(|group| group.count).sum::<u64>()
    }

    /// How many are in no group, since there were too many distinct ones.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.beyond
    }
}

/// What failures are grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FailureKey {
    /// The request name.
    pub request: std::sync::Arc<str>,
    /// The kind.
    pub class: FailureClass,
    /// The line they share.
    pub summary: std::borrow::Cow<'static, str>,
    /// The task that saw them.
    pub origin: Origin,
}

/// One group of failures.
pub type FailureGroup<'a> = (&'a FailureKey, &'a Occurrences);

/// All failures of a run.
pub type FailureGroups = Grouped<FailureKey>;

impl FailureGroups {
    pub(super) fn add_failure(
        &mut self,
        request: std::sync::Arc<str>,
        origin: Origin,
        failure: Failure,
        at: Timestamp,
    ) {
        let key = FailureKey { request, class: failure.class, summary: failure.summary, origin };
        self.add(key, at, &failure.detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    #[test]
    fn the_example_is_that_of_the_first_one_whatever_the_order_of_merges() {
        let mut early = Grouped::default();
        early.add("refused", at(5), "first");
        let mut late = Grouped::default();
        late.add("refused", at(9), "second");
        late.merge(early);
        let (_, group) = late.iter().next().expect("one group");
        assert_eq!(*group, Occurrences { count: 2, first: at(5), last: at(9), example: "first".to_owned() });
    }

    #[test]
    fn more_causes_than_the_bound_are_counted_but_not_told_apart() {
        let mut groups = Grouped::default();
        for cause in 0..MAX_GROUPS + 7 {
            groups.add(cause, at(1), "");
        }
        groups.add(0, at(2), "");
        assert_eq!(groups.iter().count(), MAX_GROUPS);
        assert_eq!((groups.beyond(), groups.total()), (7, MAX_GROUPS as u64 + 8));
    }
}
