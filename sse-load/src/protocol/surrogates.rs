//! Escapes of half a character.
//!
//! Gateways that cut text by UTF-16 units split an emoji into lone surrogates, `"\ud83d"` and `"\ude42"` in two events.
//! RFC 8259, section 8.2, leaves open what they mean; `serde_json` refuses them. Here each becomes U+FFFD.

/// The JSON text with each escaped lone surrogate replaced by `\ufffd`; `None` if it holds none.
pub(super) fn replaced(json: &str) -> Option<String> {
    const REPLACEMENT: &str = "\\ufffd";
    let bytes = json.as_bytes();
    let mut mended: Option<String> = None;
    let mut at = 0;
    while let Some(escape) = memchr::memchr(b'\\', &bytes[at..]).map(|found| at + found) {
        at = match (unit(bytes, escape), unit(bytes, escape + REPLACEMENT.len())) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => escape + 2 * REPLACEMENT.len(),
            (Some(0xD800..=0xDFFF), _) => {
                let end = escape + REPLACEMENT.len();
                mended.get_or_insert_with(|| json.to_owned()).replace_range(escape..end, REPLACEMENT);
                end
            }
            // Any other escape: its second byte may be a backslash that begins none.
            _ => bytes.len().min(escape + 2),
        };
    }
    mended
}

/// The UTF-16 unit that is escaped at a place, if one is.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..)?.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_not() {
        let cases = [
            (r#""\ud83d""#, Some(r#""\ufffd""#)),
            (r#""\uDE42 x""#, Some(r#""\ufffd x""#)),
            (r#""\ud83d\ud83d\ude42""#, Some(r#""\ufffd\ud83d\ude42""#)),
            (r#""\ud83d\n\ude42""#, Some(r#""\ufffd\n\ufffd""#)),
            (r#""\ud83d\ude42""#, None),
            (r#""\\ud83d""#, None),
            (r#""\ud8""#, None),
            ("\"\\", None),
        ];
        for (json, expected) in cases {
            assert_eq!(replaced(json).as_deref(), expected, "{json}");
        }
    }

    proptest! {
        /// Every string of UTF-16 units, escaped, can be read after the repair, and reads as the lossy decoding.
        #[test]
        fn what_was_mended_can_be_read(units in proptest::collection::vec(
            prop_oneof![0xD800_u16..0xE000, 0xD83D_u16..0xD83E, 0xDE00_u16..0xDE50, 0x20_u16..0x80], 0..12,
        )) {
            let escapes: Vec<_> = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{}\"", escapes.concat());
            let json = replaced(&json).unwrap_or(json);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), String::from_utf16_lossy(&units));
        }

        #[test]
        fn any_text_is_stood(text in any::<String>()) {
            replaced(&text);
        }
    }
}
