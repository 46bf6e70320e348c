//! Long texts in parts that the encoder stands.
//!
//! tiktoken-rs 0.12.1 splits a text with a backtracking expression that gives up, in a panic, on about a million white
//! space characters in a row. Its time is near linear in the length of a run: 64 KiB of any one character took at most
//! 22 ms where it was measured, and the memory for one run is some 40 times its length.

/// The longest part, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;

/// The text in parts of at most `longest` bytes, which must be at least 4.
///
/// A part ends between an ASCII letter and a space that an ASCII letter follows, if there is such a place. Every
/// encoding splits words there anyway, so the counts of the parts add up to that of the text. Where a whole part has no
/// such place it ends between any two characters, which can change the sum by a few tokens at each such end.
pub(super) fn pieces(text: &str, longest: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(end(rest, longest));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn end(text: &str, longest: usize) -> usize {
    if text.len() <= longest {
        return text.len();
    }
    let letter = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_alphabetic);
    let between_words = |at: &usize| text.as_bytes()[*at] == b' ' && letter(at - 1) && letter(at + 1);
    let places = || (1..=longest).rev();
    places().find(between_words).or_else(|| places().find(|at| text.is_char_boundary(*at))).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_ends_between_words_where_it_can() {
        let parts = |text| pieces(text, 8).collect::<Vec<_>>();
        assert_eq!(parts("one two three"), ["one two", " three"]);
        assert_eq!(parts("one  two 3 abc"), ["one  two", " 3 abc"]);
        assert_eq!(parts("aaaaaaaaaa"), ["aaaaaaaa", "aa"]);
        assert_eq!(parts("abcdefgh i"), ["abcdefgh", " i"]);
        assert_eq!(parts("abcdefgh "), ["abcdefgh", " "]);
        assert_eq!(parts("short"), ["short"]);
        assert_eq!(parts(""), [""; 0]);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_text_and_none_is_too_long(text in any::<String>(), longest in 4_usize..20) {
            prop_assert!(pieces(&text, longest).all(|piece| piece.len() <= longest));
            prop_assert_eq!(pieces(&text, longest).collect::<String>(), text);
        }
    }
}
