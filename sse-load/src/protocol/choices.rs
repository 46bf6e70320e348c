//! The several answers that one stream may carry.

use std::collections::BTreeMap;

use super::json::Json;

/// Answers beyond this many are read as one: indices are the server's to choose, memory is ours.
pub(crate) const MAX_CHOICES: u32 = 128;

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

/// The place of a choice, below [`MAX_CHOICES`]; the first if it says none.
pub(super) fn place(index: &Json<'_>) -> u32 {
    let index = index.count().unwrap_or(0);
    u32::try_from(index).map_or(MAX_CHOICES - 1, |index| index.min(MAX_CHOICES - 1))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_without_end_make_no_choices_without_end() {
        let mut choices = Choices::default();
        let place_of = |index: u64| place(&Json::Number(index.into()));
        for index in (0..1_000).chain([u64::MAX]) {
            choices.see(place_of(index), false);
        }
        assert_eq!(choices.seen.len(), 128);
        assert_eq!([127, 128, u64::MAX].map(place_of), [127; 3]);
        assert_eq!(place(&Json::Null), 0);
    }
}
