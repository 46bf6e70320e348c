//! For tests: what a body means, event by event, wherever the reads cut it.

use super::{Class, Format, Protocol};
use crate::sse::{Decoder, Limits};

/// A test per golden stream: `name => classes` for `name.sse` in a folder of `tests/fixtures/streams`.
macro_rules! golden_streams {
    ($format:ident in $folder:literal: $($name:ident => [$($class:expr),* $(,)?],)+) => {
        mod golden_streams {
            $(
                #[test]
                fn $name() {
                    $crate::protocol::golden::assert_golden(
                        $crate::protocol::Format::$format,
                        include_bytes!(concat!(
                            env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/streams/",
                            $folder, "/", stringify!($name), ".sse",
                        )),
                        &[$($class),*],
                    );
                }
            )+
        }
    };
}
pub(super) use golden_streams;

/// Asserts what a body means, whole and cut in two at every place, with its format named and with it recognised.
pub(super) fn assert_golden(format: Format, body: &[u8], expected: &[&str]) {
    for format in [format, Format::Auto] {
        assert_cuts(format, body, expected);
    }
}

/// Asserts what a body means to one reader, whole and cut in two at every place.
pub(super) fn assert_cuts(format: Format, body: &[u8], expected: &[&str]) {
    let text = String::from_utf8_lossy(body);
    for at in 0..=body.len() {
        let (head, tail) = body.split_at(at);
        assert_eq!(classes(&[head, tail], format), expected, "{format:?}, cut at byte {at}:\n{text}");
    }
}

/// The classes of a body that comes in one read.
pub(super) fn classes_of(body: &[u8], format: Format) -> Vec<String> {
    classes(&[body], format)
}

fn classes(reads: &[&[u8]], format: Format) -> Vec<String> {
    classes_with(reads, format.protocol())
}

/// The classes of a body that comes in these reads, by this reader.
pub(super) fn classes_with(reads: &[&[u8]], mut protocol: Box<dyn Protocol>) -> Vec<String> {
    let mut decoder = Decoder::new(Limits::default()).with_framing(protocol.framing());
    let mut classes = Vec::new();
    for read in reads {
        decoder.push(read);
        while let Some(event) = decoder.next_event().expect("golden streams are small") {
            let before = classes.len();
            protocol.classify(&event, &mut |class| classes.push(name(&class)));
            assert!(classes.len() > before, "no class for {event:?}");
        }
    }
    while let Some(event) = decoder.finish().expect("golden streams are small") {
        protocol.classify(&event, &mut |class| classes.push(name(&class)));
    }
    classes
}

fn name(class: &Class<'_>) -> String {
    match class {
        Class::Generated { channel, choice, text, tokens } => {
            assert!(!text.is_empty());
            let choice = if *choice == 0 { String::new() } else { format!("#{choice} ") };
            let tokens = tokens.map_or(String::new(), |tokens| format!(" x{tokens}"));
            format!("{choice}{channel:?} {text:?}{tokens}")
        }
        Class::Usage(usage) => {
            let count = |tokens: Option<u64>| tokens.map_or("-".to_owned(), |tokens| tokens.to_string());
            format!("usage {}/{}", count(usage.prompt_tokens), count(usage.completion_tokens))
        }
        Class::Complete => "complete".to_owned(),
        Class::EndOfStream => "end".to_owned(),
        Class::Error(message) => format!("error: {message}"),
        Class::Malformed(message) => format!("malformed: {message}"),
        Class::Ignored => "ignored".to_owned(),
    }
}
