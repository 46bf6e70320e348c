//! `OpenAI` completions: text in `choices[].text`, and all else as in chat completions.

use serde::Deserialize;

use super::choices::Choices;
use super::fields::{self, Fields};
use super::json::Json;
use super::openai_chunk::{self, Choice};
use super::pattern::Uniform;
use super::{Channel, Class, Format, Protocol};
use crate::sse::Event;

/// One stream of completion chunks.
#[derive(Default)]
pub(super) struct OpenAiCompletions {
    choices: Choices,
}

#[derive(Deserialize)]
struct TextChoice<'a> {
    #[serde(borrow, default)]
    index: Json<'a>,
    #[serde(borrow, default)]
    text: Json<'a>,
    #[serde(borrow, default)]
    finish_reason: Json<'a>,
}

impl Uniform for OpenAiCompletions {}

impl Protocol for OpenAiCompletions {
    fn name(&self) -> &'static str {
        Format::OpenAiCompletions.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("a completion chunk", event, emit, |data, fields| {
            openai_chunk::read::<TextChoice<'_>>(&mut self.choices, data, fields)
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

impl Choice for TextChoice<'_> {
    fn index(&self) -> &Json<'_> {
        &self.index
    }

    fn finish_reason(&self) -> &Json<'_> {
        &self.finish_reason
    }

    fn emit_output(&self, place: u32, fields: &mut Fields<'_>) {
        fields.text_of(place, Channel::Text, "text", &self.text);
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        OpenAiCompletions in "openai_completions":
        plain => [r#"Text "Hel""#, r#"Text "lo 🙂""#, "complete", "end"],
        llama_cpp => [
            r#"Text " lodu""#,
            r#"Text " loxa""#,
            r#"Text " miso""#,
            r#"Text " pexa""#,
            r#"Text " rulo""#,
            r#"Text " duso""#,
            r#"Text " sodu""#,
            r#"Text " kaxa""#,
            "usage 4/8",
            "complete",
            "end",
        ],
        plain_crlf => [r#"Text "Hi""#, "complete", "end"],
        without_object => [r#"Text "Hi""#, "complete", "end"],
        usage_chunk => [r#"Text "Hi""#, "complete", "usage 9/1", "end"],
        usage_continuous => [r#"Text "Hi""#, "usage 9/1", r#"Text "!""#, "usage 9/2", "complete", "end"],
        usage_continuous_of_two_choices => [
            r#"Text "a""#,
            "usage 9/1",
            r#"#1 Text "b""#,
            "usage 9/2",
            r#"Text "c""#,
            "usage 9/3",
            r#"#1 Text "d""#,
            "usage 9/5",
            "usage 9/6",
            "complete",
            "end",
        ],
        two_choices => [r#"Text "a""#, r#"#1 Text "b""#, "ignored", r#"#1 Text "c""#, "complete", "end"],
        error_chunk => [r#"Text "Hi""#, "error: The engine died. (type InternalServerError, code 500)", "end"],
        truncated => [r#"Text "Hi""#],
        odd_chunks => [
            "malformed: expected a string in `text` of a completion chunk, found a number",
            "malformed: expected an array in `choices` of a completion chunk, found an object",
            "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
            "ignored",
            r#"Text "a""#,
            "complete",
            "end",
        ],
    }
}
