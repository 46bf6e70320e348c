//! Foreign texts on one line. Names come from a test, texts of failures from a server: neither may move the cursor, colour the
//! terminal, reverse the reading order or break a table.

/// The text without control functions (ECMA-48, C0 and C1), line breaks and marks of direction (Unicode TR 9).
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(harmless).collect()
}

/// The same with at most `most` characters: two thirds from the start and the rest from the end, so that long names that share
/// a start still differ.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return one_line(text);
    }
    let head = most * 2 / 3;
    let tail = most.saturating_sub(head + 1);
    let kept = text.chars().take(head).chain(['…']).chain(text.chars().skip(length - tail));
    kept.map(harmless).collect()
}

/// The text on lines of at most `width` characters, the first of at most `first`. It is broken between words, and within one
/// that is longer than a line. There is one line at the least.
pub(super) fn wrapped(text: &str, first: usize, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for mut word in text.split_whitespace() {
        loop {
            let room = if lines.is_empty() { first } else { width }.max(1);
            let gap = usize::from(!line.is_empty());
            if line.chars().count() + gap + word.chars().count() <= room {
                line.extend([&" "[..gap], word]);
                break;
            }
            if line.is_empty() {
                let end = word.char_indices().nth(room).map_or(word.len(), |(end, _)| end);
                lines.push(word[..end].to_owned());
                word = &word[end..];
            } else {
                lines.push(std::mem::take(&mut line));
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text in small letters, but for the first: `REGRESSION` in a sentence of its own.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.flat_map(char::to_lowercase)).collect()
}

/// White space stays white space; what else acts instead of being seen is shown as the replacement character.
fn harmless(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_instead() {
        assert_eq!(one_line("a\x1b[31mred\u{9b}2J\x07\u{7f}b"), "a\u{fffd}[31mred\u{fffd}2J\u{fffd}\u{fffd}b");
        assert_eq!(one_line("admin\u{202e}gnp.exe"), "admin\u{fffd}gnp.exe");
    }

    #[test]
    fn line_breaks_become_spaces() {
        assert_eq!(one_line("a\r\nb\tc\u{2028}d"), "a  b c d");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("abcdefghij", 10), "abcdefghij");
        assert_eq!(shortened("abcdefghijk", 7), "abcd…jk");
        assert_eq!(shortened("µµµµµµµµ", 4), "µµ…µ");
        assert_eq!(shortened("ab\n\n\n\n\n\n\nyz", 6), "ab  …z");
    }

    #[test]
    fn lines_break_between_words_and_in_those_longer_than_a_line() {
        assert_eq!(wrapped("one two  three four", 7, 10), ["one two", "three four"]);
        assert_eq!(wrapped("one twofour", 6, 7), ["one", "twofour"]);
        assert_eq!(wrapped("µµµµµµµµ a", 3, 4), ["µµµ", "µµµµ", "µ a"]);
        assert_eq!(wrapped(" ", 3, 4), [""]);
        assert_eq!(wrapped("ab", 0, 0), ["a", "b"]);
    }

    #[test]
    fn a_limit_of_next_to_nothing_is_kept_too() {
        assert_eq!(shortened("abc", 1), "…");
        assert_eq!(shortened("abc", 2), "a…");
    }
}
