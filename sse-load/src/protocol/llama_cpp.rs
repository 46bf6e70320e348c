//! llama.cpp's own `/completion`: `{"content":"..","stop":false}`, at last `{"stop":true}` with the token counts.
//!
//! Each event states the tokens of its choice so far. Their difference is what the event holds: its `tokens` lists only
//! the last one when characters of several tokens had to be held back. The counts are a choice's own, so usage adds them up.

use serde::Deserialize;

use super::choices::{self, Choices};
use super::fields::{self, Fields};
use super::json::{self, Json};
use super::{Channel, Class, Format, Protocol, Usage};
use crate::sse::Event;

/// One stream of `/completion`.
#[derive(Default)]
pub(super) struct LlamaCpp {
    choices: Choices,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk<'a> {
    #[serde(borrow)]
    index: Json<'a>,
    #[serde(borrow)]
    content: Json<'a>,
    #[serde(borrow)]
    stop: Json<'a>,
    #[serde(borrow)]
    tokens_predicted: Json<'a>,
    #[serde(borrow)]
    tokens_evaluated: Json<'a>,
    #[serde(borrow)]
    error: Json<'a>,
}

impl Protocol for LlamaCpp {
    fn name(&self) -> &'static str {
        Format::LlamaCpp.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("a completion chunk", event, emit, |data, fields| {
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
        "an event with `\"stop\": true`"
    }
}

impl LlamaCpp {
    fn read(&mut self, chunk: &Chunk<'_>, data: &str, fields: &mut Fields<'_>) {
        fields.error(&chunk.error, data);
        if matches!((&chunk.content, &chunk.stop), (Json::Null, Json::Null)) {
            return;
        }
        let place = choices::place(&chunk.index);
        let tokens = self.choices.count(place, chunk.tokens_predicted.count());
        fields.counted(place, Channel::Text, "content", &chunk.content, tokens);
        if self.choices.see(place, matches!(chunk.stop, Json::Bool(true))) {
            self.finish(chunk, fields);
        }
    }

    fn finish(&self, chunk: &Chunk<'_>, fields: &mut Fields<'_>) {
        let prompt_tokens = chunk.tokens_evaluated.count();
        fields.usage(Usage { prompt_tokens, completion_tokens: self.choices.tokens() });
        if !self.is_open() {
            fields.emit(Class::Complete);
            fields.emit(Class::EndOfStream);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        LlamaCpp in "llama_cpp":
        llama_cpp => [
            r#"Text " lodu" x1"#,
            r#"Text " loxa" x1"#,
            r#"Text " miso" x1"#,
            r#"Text " pexa" x1"#,
            r#"Text " rulo" x1"#,
            r#"Text " duso" x1"#,
            r#"Text " sodu" x1"#,
            r#"Text " kaxa" x1"#,
            "usage 4/8",
            "complete",
            "end",
        ],
        two_choices => [
            r#"#1 Text " pedu" x1"#,
            r#"Text " lodu" x1"#,
            r#"#1 Text " xaso" x1"#,
            r#"Text " loxa" x1"#,
            r#"#1 Text " midu" x1"#,
            "usage 4/5",
            r#"Text " miso" x1"#,
            "usage 4/6",
            "complete",
            "end",
        ],
        held_back => [
            r#"Text "� ruvi" x2"#,
            r#"Text " vivi" x1"#,
            r#"Text " duka" x1"#,
            r#"Text "�" x1"#,
            r#"Text " kadu" x1"#,
            r#"Text " nemi" x1"#,
            r#"Text " sovi" x1"#,
            "usage 4/8",
            "complete",
            "end",
        ],
        text_in_the_last_event => [r#"Text "Hi""#, r#"Text "!" x2"#, "usage 4/2", "complete", "end"],
        error => [r#"Text "Hi" x1"#, "error: out of memory (type server_error, code 500)"],
        truncated => [r#"Text "Hi" x1"#, r#"Text " there" x2"#],
        odd_chunks => [
            r#"Text "a""#,
            "malformed: expected a string in `content` of a completion chunk, found a number",
            "ignored",
            "ignored",
            r#"malformed: expected JSON in the event's data, found `{"content":"b","stop":fal`: EOF while parsing a value at line 1 column 25"#,
            r#"Text "�""#,
            "ignored",
            "complete",
            "end",
            "end",
        ],
    }
}
