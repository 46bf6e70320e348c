//! Quotes for messages.

/// Characters that a message quotes.
const QUOTED: usize = 200;

/// The start of a text for a message, on one line.
pub(super) fn start_of(text: &str) -> String {
    let mut start: String = text.chars().take(QUOTED).map(visible).collect();
    if start.len() < text.len() && text.chars().nth(QUOTED).is_some() {
        start.push('…');
    }
    start.trim().to_owned()
}

/// A text for a message, on one line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn visible(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}
