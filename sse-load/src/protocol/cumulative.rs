//! Texts that repeat what came before.

/// The text so far of one answer that each event states from its beginning.
#[derive(Default)]
pub(super) struct Cumulative {
    text: String,
}

impl Cumulative {
    /// Takes the text that is stated now; what is new in it is what follows the part that did not change.
    pub(super) fn advance<'t>(&mut self, text: &'t str) -> &'t str {
        let kept = shared_prefix(&self.text, text);
        self.text.truncate(kept);
        self.text.push_str(&text[kept..]);
        &text[kept..]
    }

    /// Takes a text that goes on from the one so far.
    pub(super) fn append(&mut self, part: &str) {
        self.text.push_str(part);
    }

    /// Whether a text repeats all there is so far and goes on. Half a character at the end may have been made whole.
    pub(super) fn is_extended_by(&self, text: &str) -> bool {
        let whole = self.text.trim_end_matches('\u{FFFD}');
        !whole.is_empty() && text != self.text && text.len() > whole.len() && text.starts_with(whole)
    }

    /// Whether a text is all there is so far.
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }
}

/// How many bytes two texts have in common at their beginnings, in whole characters.
fn shared_prefix(before: &str, after: &str) -> usize {
    // Mostly nothing is revised, and comparing whole texts is quicker than comparing characters.
    if after.starts_with(before) {
        return before.len();
    }
    let same = before.chars().zip(after.chars()).take_while(|(before, after)| before == after);
    same.map(|(character, _)| character.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_follows_the_unchanged_part_is_new() {
        let mut cumulative = Cumulative::default();
        let steps = [("a", "a"), ("ab", "b"), ("ab", ""), ("aé", "é"), ("aè", "è"), ("a", ""), ("ax", "x"), ("", "")];
        for (text, new) in steps {
            assert_eq!(cumulative.advance(text), new, "{text}");
            assert!(cumulative.is(text));
        }
    }

    #[test]
    fn only_a_longer_text_extends() {
        let mut cumulative = Cumulative::default();
        assert!(!cumulative.is_extended_by("a"));
        cumulative.append("ab\u{FFFD}");
        for (text, extends) in [("abc", true), ("abé", true), ("ab", false), ("ab\u{FFFD}", false), ("b", false)] {
            assert_eq!(cumulative.is_extended_by(text), extends, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_new_parts_of_growing_texts_join_to_the_last(parts in proptest::collection::vec(any::<String>(), 0..6)) {
            let mut cumulative = Cumulative::default();
            let (mut text, mut joined) = (String::new(), String::new());
            for part in parts {
                text.push_str(&part);
                joined.push_str(cumulative.advance(&text));
            }
            prop_assert_eq!(joined, text);
        }
    }
}
