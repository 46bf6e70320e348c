//! The report as JSON.

use serde::Serialize;

use crate::report::Report;

#[doc = include_str!("../../docs/report.md")]
///
/// # Errors
/// When a histogram can't be encoded.
pub fn json(report: &Report) -> serde_json::Result<String> {
    pretty(report)
}

/// Anything that serialises, in the same form.
pub(crate) fn pretty(found: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(found).map(escaped)
}

/// JSON lets DEL and the C1 control functions stand as they are; written out, they can't act on the terminal of one who reads
/// the file. They only ever stand within strings.
pub(super) fn escaped(text: String) -> String {
    // The bytes that these begin with in UTF-8: few texts have one.
    if !text.bytes().any(|byte| matches!(byte, 0x7f | 0xc2)) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{7f}'..='\u{9f}' => escaped.extend(["\\u00", &format!("{:02x}", u32::from(c))]),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_mean_the_same() {
        let text = "a\u{7f}\u{9b}31m\u{1b}µ";
        let json = serde_json::to_string(text).map(escaped).expect("it serialises");
        assert!(!json.chars().any(char::is_control), "{json:?}");
        assert_eq!(serde_json::from_str::<String>(&json).expect("it is JSON"), text);
    }
}
