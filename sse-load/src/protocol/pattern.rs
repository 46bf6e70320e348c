//! Events that differ from one before by their text alone.
//!
//! A server builds the chunks of a stream from one template: what changes from one to the next is mostly the text. Once a reader has found
//! that an event is one piece of output, and where in its data the text stands, an event with the same bytes before and behind another string
//! means the same with that text. So only the first of them is parsed, and all the others are compared.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use super::json::Json;
use super::{Channel, Class, Protocol};
use crate::sse::{Event, Framing};

/// A reader whose meaning of an event that is nothing but one piece of output depends neither on the events before it nor, but for being
/// output, on its text; and which such an event leaves as it is, the first of its choice aside.
pub(super) trait Uniform: Protocol {}

/// A reader that looks for the pattern of the events before, and parses those that have another.
#[derive(Default)]
pub(super) struct Patterned<P> {
    reader: P,
    pattern: Option<Pattern>,
}

/// An event that was nothing but one piece of output.
struct Pattern {
    name: String,
    data: String,
    /// Where in the data the text stands, as a string of JSON without escapes.
    text: Range<usize>,
    channel: Channel,
    choice: u32,
    tokens: Option<u32>,
}

/// A larger event makes no pattern, which would be kept as long as the stream is open.
const LONGEST: usize = 4096;

/// What an event meant.
#[derive(Clone, Copy)]
enum Meaning {
    Nothing,
    /// One piece of output, with its place in the data.
    Output {
        channel: Channel,
        choice: u32,
        tokens: Option<u32>,
        start: usize,
        length: usize,
    },
    /// More than that, or a text that does not stand in the data as it is.
    Other,
}

impl Pattern {
    /// Forms the pattern of an event, or forms this one anew, if the event has one.
    fn learn(this: &mut Option<Self>, event: &Event<'_>, meaning: Meaning) {
        let Meaning::Output { channel, choice, tokens, start, length } = meaning else { return };
        let (text, data) = (start..start + length, event.data);
        // A reader may compare texts of one event, which the same text twice would tell.
        if data.len() > LONGEST || !is_only_string(data, &text) {
            return;
        }
        let pattern = this.get_or_insert_with(|| Self {
            name: String::new(),
            data: String::new(),
            text: 0..0,
            channel,
            choice,
            tokens,
        });
        event.name.clone_into(&mut pattern.name);
        data.clone_into(&mut pattern.data);
        (pattern.text, pattern.channel, pattern.choice, pattern.tokens) = (text, channel, choice, tokens);
    }

    /// The text of an event that has this pattern.
    fn text_of<'d>(&self, event: &Event<'d>) -> Option<Cow<'d, str>> {
        let rest = event.data.strip_prefix(&self.data[..self.text.start])?;
        let text = rest.strip_suffix(&self.data[self.text.end..])?;
        if text.is_empty() || event.name != self.name {
            None
        } else if text.bytes().all(is_plain) {
            Some(Cow::Borrowed(text))
        } else {
            unescaped(&event.data[self.text.start - 1..=self.text.start + text.len()])
        }
    }
}

/// The text of a string with its quotes; `None` if it is another.
fn unescaped(quoted: &str) -> Option<Cow<'_, str>> {
    match serde_json::from_str::<Json<'_>>(quoted) {
        Ok(Json::Text(text)) => Some(text),
        _ => None,
    }
}

/// Whether this part of the data is a whole string, and no other string is the same. Escapes may hide that one is.
fn is_only_string(data: &str, text: &Range<usize>) -> bool {
    let quoted = text.start.checked_sub(1).and_then(|start| data.get(start..=text.end));
    quoted.is_some_and(|quoted| {
        quoted.len() > 2
            && quoted.starts_with('"')
            && quoted.ends_with('"')
            && !data.contains('\\')
            && memmem::find_iter(data.as_bytes(), quoted).count() == 1
    })
}

/// Whether a byte stands for itself in a string of JSON (RFC 8259, section 7).
fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

/// The place of a part in the text that it was borrowed from; `None` if it was not.
fn place_in(whole: &str, part: &str) -> Option<usize> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (start.checked_add(part.len())? <= whole.len()).then_some(start)
}

impl Meaning {
    /// The meaning of an event with this data, of which a reader says this too.
    fn and(self, class: &Class<'_>, data: &str) -> Self {
        match (self, class) {
            (Self::Nothing, &Class::Generated { channel, choice, text, tokens }) => match place_in(data, text) {
                Some(start) => Self::Output { channel, choice, tokens, start, length: text.len() },
                None => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

impl<P: Uniform> Protocol for Patterned<P> {
    fn name(&self) -> &'static str {
        self.reader.name()
    }

    fn framing(&self) -> Framing {
        self.reader.framing()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        if let Some(pattern) = &self.pattern
            && let Some(text) = pattern.text_of(event)
        {
            let &Pattern { channel, choice, tokens, .. } = pattern;
            return emit(Class::Generated { channel, choice, text: &text, tokens });
        }
        let mut meaning = Meaning::Nothing;
        self.reader.classify(event, &mut |class| {
            meaning = meaning.and(&class, event.data);
            emit(class);
        });
        Pattern::learn(&mut self.pattern, event, meaning);
    }

    fn ends_with_body(&self) -> bool {
        self.reader.ends_with_body()
    }

    fn is_open(&self) -> bool {
        self.reader.is_open()
    }

    fn terminal_marker(&self) -> &'static str {
        self.reader.terminal_marker()
    }

    fn hint(&self) -> Option<String> {
        self.reader.hint()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::anthropic::Anthropic;
    use crate::protocol::append::Append;
    use crate::protocol::cohere::Cohere;
    use crate::protocol::openai_chat::OpenAiChat;
    use crate::protocol::openai_completions::OpenAiCompletions;

    fn event(data: &str) -> Event<'_> {
        Event { name: "message", data, id: None }
    }

    fn classes(protocol: &mut dyn Protocol, event: &Event<'_>) -> Vec<String> {
        let mut classes = Vec::new();
        protocol.classify(event, &mut |class| classes.push(format!("{class:?}")));
        classes
    }

    /// Reads nothing but counts how often it was asked to.
    #[derive(Default)]
    struct Counted(Append, usize);

    impl Uniform for Counted {}

    impl Protocol for Counted {
        fn name(&self) -> &'static str {
            "counted"
        }

        fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
            self.1 += 1;
            self.0.classify(event, emit);
        }

        fn ends_with_body(&self) -> bool {
            true
        }

        fn terminal_marker(&self) -> &'static str {
            "an end"
        }
    }

    #[test]
    fn events_of_one_pattern_are_parsed_once() {
        let mut patterned = Patterned::<Counted>::default();
        for (word, text) in ["Hel", "lo", " ", "wörld 🙂", "append", "{}"]
            .map(|word| (word, word))
            .into_iter()
            .chain([(r#"\n\"\u00e9"#, "\n\"é")])
        {
            let data = format!(r#"{{"type":"append","text":"{word}"}}"#);
            let expected = format!("{:?}", Class::generated(Channel::Text, text));
            assert_eq!(classes(&mut patterned, &event(&data)), [expected]);
        }
        assert_eq!(patterned.reader.1, 1);
        for data in [
            r#"{"type":"append","text":""}"#,
            r#"{"type":"append","text":"\ud83d"}"#,
            r#"{"type":"append","text":"a","text":"b"}"#,
            r#"{"type":"append","text":"a"} "#,
            r#"{"type":"close"}"#,
        ] {
            classes(&mut patterned, &event(data));
        }
        classes(&mut patterned, &Event { name: "error", ..event(r#"{"type":"append","text":"a"}"#) });
        assert_eq!(patterned.reader.1, 7, "each of these has another, and one is new");
    }

    #[test]
    fn a_large_event_is_not_kept() {
        let mut patterned = Patterned::<Append>::default();
        classes(&mut patterned, &event(&format!(r#"{{"type":"append","text":"{}"}}"#, "a".repeat(LONGEST))));
        assert!(patterned.pattern.is_none());
    }

    #[test]
    fn a_text_that_stands_in_an_event_twice_makes_no_pattern() {
        let chunk = |content: &str, thought: &str| {
            format!(r#"{{"choices":[{{"delta":{{"reasoning_content":"{content}","reasoning":"{thought}"}}}}]}}"#)
        };
        let mut patterned = Patterned::<OpenAiChat>::default();
        for (content, thought) in
            [("a", "a"), ("b", "a"), ("c", ""), ("a", "a"), ("d", "a"), ("a", r"\u0061"), ("b", r"\u0061")]
        {
            let data = chunk(content, thought);
            assert_eq!(
                classes(&mut patterned, &event(&data)),
                classes(&mut OpenAiChat::default(), &event(&data)),
                "{data}"
            );
        }
    }

    /// Chunks as servers make them from a few templates, and some that no server makes.
    fn chunk() -> impl Strategy<Value = (&'static str, String)> {
        let template = prop_oneof![
            Just(r#"{"choices":[{"index":0,"delta":{"content":"@"}}]}"#),
            Just(r#"{"choices":[{"index":1,"delta":{"content":"@"},"finish_reason":null}],"created":1}"#),
            Just(r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"@"},"finish_reason":"stop"}]}"#),
            Just(r#"{"choices":[{"delta":{"reasoning":"@","reasoning_content":"a"}}]}"#),
            Just(r#"{"choices":[{"delta":{"reasoning":"a","reasoning_content":"@"}}]}"#),
            Just(r#"{"choices":[{"delta":{"reasoning":"\u0061","reasoning_content":"@"}}]}"#),
            Just(r#"{"choices":[{"delta":{"content":"@","content":"a"}}]}"#),
            Just(r#"{"choices":[{"delta":{"content":"@"}}],"usage":{"completion_tokens":3}}"#),
            Just(r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"@"}}]}}]}"#),
            Just(r#"{"choices":[{"index":0,"text":"@"}]}"#),
            Just(r#"{"choices":[{"text":"@","finish_reason":"length"}]}"#),
            Just(r#"{"type":"append","text":"@"}"#),
            Just(r#"{"type":"@","text":"append"}"#),
            Just(r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"@"}}"#),
            Just(r#"{"type":"content_block_start","content_block":{"type":"@","name":"tool_use"}}"#),
            Just(r#"{"type":"content_block_start","content_block":{"type":"tool_use","name":"@"}}"#),
            Just(r#"{"type":"content-delta","delta":{"message":{"content":{"text":"@"}}}}"#),
            Just("@"),
        ];
        let text = prop_oneof![
            3 => "[ab]{1,2}",
            1 => Just(String::new()),
            1 => prop::sample::select(vec![r"\n", r#"\""#, r"\ud83d", "\u{1}", "\"", "\\", "ö", "append", "tool_use", r#"","x":""#])
                .prop_map(str::to_owned),
        ];
        let name = prop_oneof![9 => Just("message"), 1 => Just("error")];
        (name, template, text).prop_map(|(name, template, text)| (name, template.replacen('@', &text, 1)))
    }

    proptest! {
        #[test]
        fn events_mean_what_they_mean_without_patterns(chunks in prop::collection::vec(chunk(), 0..24)) {
            let readers: [(Box<dyn Protocol>, Box<dyn Protocol>); 5] = [
                (Box::<Patterned<Append>>::default(), Box::new(Append)),
                (Box::<Patterned<Anthropic>>::default(), Box::new(Anthropic)),
                (Box::<Patterned<Cohere>>::default(), Box::new(Cohere)),
                (Box::<Patterned<OpenAiChat>>::default(), Box::<OpenAiChat>::default()),
                (Box::<Patterned<OpenAiCompletions>>::default(), Box::<OpenAiCompletions>::default()),
            ];
            for (mut patterned, mut reader) in readers {
                for (name, data) in &chunks {
                    let event = Event { name, data, id: None };
                    prop_assert_eq!(classes(&mut *patterned, &event), classes(&mut *reader, &event), "{}: {}", reader.name(), data);
                    prop_assert_eq!(patterned.is_open(), reader.is_open());
                }
            }
        }
    }
}
