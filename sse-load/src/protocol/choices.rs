//! The several answers that one stream may carry.

use std::collections::BTreeMap;

use super::json::Json;

/// The choices that were seen, by index.
#[derive(Default)]
pub(super) struct Choices {
    seen: BTreeMap<u32, Choice>,
    finished: usize,
}

#[derive(Default)]
struct Choice {
    finished: bool,
    /// Tokens generated so far.
    tokens: Option<u64>,
}

/// The place of a choice; the first if it says none.
pub(super) fn place(index: &Json<'_>) -> u32 {
    index.count().and_then(|index| u32::try_from(index).ok()).unwrap_or(0)
}

impl Choices {
    /// Whether the choice finishes here. One that finished stays so, whatever comes after.
    pub(super) fn see(&mut self, place: u32, finishes: bool) -> bool {
        let choice = self.seen.entry(place).or_default();
        let newly = finishes && !choice.finished;
        choice.finished |= finishes;
        self.finished += usize::from(newly);
        newly
    }

    /// Whether one that was seen has not finished.
    pub(super) fn is_open(&self) -> bool {
        self.finished < self.seen.len()
    }

    /// Takes the tokens that a choice has so far; how many of them are new, if any.
    pub(super) fn count(&mut self, place: u32, total: Option<u64>) -> Option<u32> {
        let before = &mut self.seen.entry(place).or_default().tokens;
        let new = total?.checked_sub(before.replace(total?).unwrap_or(0))?;
        u32::try_from(new).ok().filter(|new| *new > 0)
    }

    /// The tokens of all choices so far; `None` if no choice states them.
    pub(super) fn tokens(&self) -> Option<u64> {
        self.seen.values().filter_map(|choice| choice.tokens).reduce(u64::saturating_add)
    }
}
