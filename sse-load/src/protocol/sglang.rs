//! `SGLang`'s own `/generate`: each event repeats the text from its beginning, beside the counts so far.
//!
//! The output of an event is what is new in its text. The counts are a choice's own, so usage adds them up.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::choices::{self, Choices};
use super::cumulative::Cumulative;
use super::fields::{self, Fields};
use super::json::{self, Json};
use super::{Channel, Class, Format, Protocol, Usage};
use crate::sse::Event;

/// One stream of `/generate`.
#[derive(Default)]
pub(super) struct SgLang {
    choices: Choices,
    texts: BTreeMap<u32, Cumulative>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk<'a> {
    #[serde(borrow)]
    index: Json<'a>,
    #[serde(borrow)]
    text: Json<'a>,
    #[serde(borrow)]
    meta_info: Json<'a, Box<MetaInfo<'a>>>,
    #[serde(borrow)]
    error: Json<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaInfo<'a> {
    #[serde(borrow)]
    prompt_tokens: Json<'a>,
    #[serde(borrow)]
    completion_tokens: Json<'a>,
    #[serde(borrow)]
    finish_reason: Json<'a>,
}

impl Protocol for SgLang {
    fn name(&self) -> &'static str {
        Format::SgLang.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("an SGLang event", event, emit, |data, fields| {
            if let Some(chunk) = json::object::<Chunk<'_>>(data)? {
                self.read(&chunk, data, fields);
            }
            Ok(())
        });
    }

    fn ends_with_body(&self) -> bool {
        false
    }

    fn is_open(&self) -> bool {
        self.choices.is_open()
    }

    fn terminal_marker(&self) -> &'static str {
        "a finish_reason"
    }
}

impl SgLang {
    fn read(&mut self, chunk: &Chunk<'_>, data: &str, fields: &mut Fields<'_>) {
        let place = choices::place(&chunk.index);
        fields.expect("an object", "meta_info", &chunk.meta_info);
        let meta = chunk.meta_info.object();
        let tokens = meta.and_then(|meta| self.choices.count(place, meta.completion_tokens.count()));
        fields.expect("a string", "text", &chunk.text);
        if let Json::Text(text) = &chunk.text {
            let new = self.texts.entry(place).or_default().advance(text);
            fields.output(place, Channel::Text, new, tokens);
        }
        fields.error(&chunk.error, data);
        if let Some(meta) = meta {
            self.read_meta(place, meta, fields);
        }
    }

    fn read_meta(&mut self, place: u32, meta: &MetaInfo<'_>, fields: &mut Fields<'_>) {
        fields.usage(Usage { prompt_tokens: meta.prompt_tokens.count(), completion_tokens: self.choices.tokens() });
        if self.choices.see(place, meta.finish_reason.is_set()) && !self.is_open() {
            fields.emit(Class::Complete);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        SgLang in "sglang":
        plain => [
            r#"Text "Hel" x1"#,
            "usage 5/1",
            r#"Text "lo" x1"#,
            "usage 5/2",
            r#"Text " 🙂" x2"#,
            "usage 5/4",
            "usage 5/5",
            "complete",
            "end",
        ],
        finish_with_text => [
            r#"Text "Hi" x1"#,
            "usage 5/1",
            r#"Text "!" x1"#,
            "usage 5/2",
            "complete",
            "end",
        ],
        revised => [
            r#"Text "I can�" x1"#,
            "usage 5/1",
            r#"Text "t stop" x2"#,
            "usage 5/3",
            "usage 5/4",
            "complete",
            "end",
        ],
        two_choices => [
            r#"Text "a" x1"#,
            "usage 5/1",
            r#"#1 Text "x" x1"#,
            "usage 5/2",
            r#"Text "b" x1"#,
            "usage 5/3",
            r#"#1 Text "y" x1"#,
            "usage 5/4",
            "complete",
            "end",
        ],
        error => [
            r#"Text "Hi" x1"#,
            "usage 5/1",
            "error: Memory pool is exhausted (type InternalServerError)",
            "end",
        ],
        done_without_finish => [r#"Text "Hi" x1"#, "usage 5/1", "end"],
        truncated => [r#"Text "Hi" x1"#, "usage 5/1"],
        odd_chunks => [
            r#"Text "a" x1"#,
            "usage 5/1",
            "malformed: expected a string in `text` of an SGLang event, found a number",
            "usage -/1",
            "malformed: expected an object in `meta_info` of an SGLang event, found a number",
            r#"Text "b""#,
            "ignored",
            "ignored",
            "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
            r#"Text "�" x2"#,
            "usage 5/3",
            "usage 5/3",
            "complete",
            "end",
        ],
    }
}
