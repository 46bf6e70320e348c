//! The cells of a recording, merged into what a report is of.

use std::collections::BTreeMap;

use crate::record::{Recording, Series};

/// The figures of all requests, and of those of each scope.
#[derive(Default)]
pub(super) struct Groups<'a> {
    pub(super) total: Series,
    pub(super) requests: BTreeMap<&'a str, Series>,
    pub(super) turns: BTreeMap<(&'a str, u32), Series>,
    pub(super) user_classes: BTreeMap<&'static str, Series>,
    pub(super) tags: BTreeMap<&'static str, Series>,
}

impl<'a> Groups<'a> {
    pub(super) fn of(recording: &'a Recording) -> Self {
        let mut cells: Vec<_> = recording.series().collect();
        // Sorted before they are merged, so that equal runs give equal reports: which of two largest values is named depends on it.
        cells.sort_by_key(|(cell, _)| *cell);
        let mut groups = Self::default();
        for (cell, series) in cells {
            groups.total.merge(series);
            groups.requests.entry(&cell.name).or_default().merge(series);
            groups.user_classes.entry(cell.origin.user).or_default().merge(series);
            for tag in cell.origin.tags {
                groups.tags.entry(tag).or_default().merge(series);
            }
            if let Some(turn) = cell.turn {
                groups.turns.entry((&cell.name, turn)).or_default().merge(series);
            }
        }
        groups
    }
}
