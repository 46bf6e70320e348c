//! `OpenAI` chat completions, as `OpenAI` and the servers that speak like it send them.
//!
//! Output stands in `choices[].delta`, on several channels. The reply is complete once each choice that was seen has a
//! `finish_reason`; `[DONE]` only says that nothing follows, since servers send it after an interrupted answer too, and
//! some never send it. Usage is cumulative and may come in any chunk. Errors come under HTTP 200.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::choices::Choices;
use super::fields::{self, Fields};
use super::json::{Json, List};
use super::openai_chunk::{self, Choice};
use super::pattern::Uniform;
use super::tool_call::{Function, ToolCall};
use super::{Channel, Class, Format, Protocol};
use crate::sse::Event;

/// One stream of chat completion chunks.
#[derive(Default)]
pub(super) struct OpenAiChat {
    choices: Choices,
}

#[derive(Deserialize)]
struct ChatChoice<'a> {
    #[serde(borrow, default)]
    index: Json<'a>,
    #[serde(borrow, default)]
    delta: Json<'a, Box<Delta<'a>>>,
    #[serde(borrow, default)]
    finish_reason: Json<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Json<'a>,
    #[serde(borrow, default)]
    reasoning_content: Json<'a>,
    #[serde(borrow, default)]
    reasoning: Json<'a>,
    #[serde(borrow, default)]
    refusal: Json<'a>,
    #[serde(borrow, default)]
    tool_calls: Json<'a, IgnoredAny, List<Json<'a, ToolCall<'a>>>>,
    /// The form before `tool_calls`.
    #[serde(borrow, default)]
    function_call: Json<'a, Box<Function<'a>>>,
    #[serde(borrow, default)]
    audio: Json<'a, Box<Audio<'a>>>,
}

#[derive(Deserialize)]
struct Audio<'a> {
    #[serde(borrow, default)]
    data: Json<'a>,
    #[serde(borrow, default)]
    transcript: Json<'a>,
}

impl Uniform for OpenAiChat {}

impl Protocol for OpenAiChat {
    fn name(&self) -> &'static str {
        Format::OpenAiChat.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("a chat completion chunk", event, emit, |data, fields| {
            openai_chunk::read::<ChatChoice<'_>>(&mut self.choices, data, fields)
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

impl Choice for ChatChoice<'_> {
    fn index(&self) -> &Json<'_> {
        &self.index
    }

    fn finish_reason(&self) -> &Json<'_> {
        &self.finish_reason
    }

    fn emit_output(&self, place: u32, fields: &mut Fields<'_>) {
        fields.expect("an object", "delta", &self.delta);
        if let Some(delta) = self.delta.object() {
            delta.emit(place, fields);
        }
    }
}

impl Delta<'_> {
    fn emit(&self, place: u32, fields: &mut Fields<'_>) {
        fields.text_of(place, Channel::Reasoning, "reasoning_content", &self.reasoning_content);
        // Some servers send the same text under both names.
        if self.reasoning.text() != self.reasoning_content.text() {
            fields.text_of(place, Channel::Reasoning, "reasoning", &self.reasoning);
        }
        fields.text_of(place, Channel::Text, "content", &self.content);
        fields.text_of(place, Channel::Refusal, "refusal", &self.refusal);
        let calls = self.tool_calls.list().into_iter().flat_map(List::iter).filter_map(Json::object);
        let functions = calls.filter_map(|call| call.function.object());
        for function in functions.chain(self.function_call.object().map(Box::as_ref)) {
            function.emit(place, fields);
        }
        if let Some(audio) = self.audio.object() {
            fields.text_of(place, Channel::Audio, "audio.data", &audio.data);
            fields.text_of(place, Channel::Transcript, "audio.transcript", &audio.transcript);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::Format;
    use crate::protocol::golden::{classes_of, golden_streams};

    #[test]
    fn a_stream_of_several_choices_completes_again_when_another_one_begins() {
        let chunk = |index: u8, rest: &str| format!("data: {{\"choices\":[{{\"index\":{index},{rest}}}]}}\n\n");
        let finish = r#""finish_reason":"stop""#;
        let content = r#""delta":{"content":"a"}"#;
        let body = [chunk(0, content), chunk(0, finish), chunk(0, finish), chunk(1, content), chunk(1, finish)];
        assert_eq!(
            classes_of(body.concat().as_bytes(), Format::OpenAiChat),
            [r#"Text "a""#, "complete", "ignored", r#"#1 Text "a""#, "complete"]
        );
    }

    golden_streams! {
        OpenAiChat in "openai_chat":
        plain => [r#"Text "Hel""#, r#"Text "lo""#, r#"Text " ""#, r#"Text "wörld 🙂""#, "complete", "end"],
        llama_cpp => [
            "ignored",
            r#"Text " qone""#,
            r#"Text " ruso""#,
            r#"Text " ruka""#,
            r#"Text " qoka""#,
            r#"Text " neka""#,
            r#"Text " kata""#,
            r#"Text " vipe""#,
            r#"Text " qodu""#,
            "complete",
            "usage 21/8",
            "end",
        ],
        plain_crlf => [r#"Text "Hel""#, r#"Text "lo""#, "complete", "end"],
        role_first => ["ignored", "ignored", r#"Text "Hi""#, "ignored", r#"Text "!""#, "complete", "end"],
        usage_chunk => [r#"Text "Hi""#, "complete", "usage 9/1", "end"],
        usage_in_finish_chunk => [r#"Text "Hi""#, r#"Text "!""#, "usage 9/2", "complete", "end"],
        usage_beside_choices => [r#"Text "Hi""#, "complete", "usage 9/1", "end"],
        usage_continuous => [
            "usage 9/0",
            r#"Text "Hi""#,
            "usage 9/1",
            "usage 9/2",
            r#"Text " 🙂""#,
            "usage 9/3",
            "usage 9/3",
            "complete",
            "end",
        ],
        usage_continuous_of_two_choices => [
            "usage 9/0",
            "usage 9/0",
            r#"Text "a""#,
            "usage 9/1",
            r#"#1 Text "b""#,
            "usage 9/2",
            r#"Text "c""#,
            "usage 9/3",
            r#"#1 Text "d""#,
            "usage 9/5",
            "usage 9/6",
            "usage 9/6",
            "complete",
            "usage 9/6",
            "end",
        ],
        reasoning => [
            "ignored",
            r#"Reasoning "Let me""#,
            r#"Reasoning " see""#,
            r#"Text "42""#,
            "complete",
            "end",
        ],
        reasoning_both_fields => [
            r#"Reasoning "Let me""#,
            r#"Reasoning " see""#,
            r#"Reasoning "b""#,
            r#"Reasoning "a""#,
            r#"Text "42""#,
            "complete",
            "end",
        ],
        tool_calls => [
            r#"ToolCall "get_weather""#,
            r#"ToolCall "{\"city\":""#,
            r#"ToolCall "\"Paris\"}""#,
            r#"ToolCall "get_time""#,
            "ignored",
            "ignored",
            "complete",
            "end",
        ],
        function_call => [r#"ToolCall "get_weather""#, r#"ToolCall "{}""#, "complete", "end"],
        refusal => ["ignored", r#"Refusal "I can't""#, r#"Refusal " help.""#, "complete", "end"],
        audio => [r#"Transcript "Hel""#, r#"Audio "UklGRg==""#, "complete", "end"],
        two_choices => [
            "ignored",
            "ignored",
            r#"Text "a""#,
            r#"#1 Text "b""#,
            r#"Text "c""#,
            r#"#1 Text "d""#,
            "ignored",
            r#"Text "e""#,
            "complete",
            "end",
        ],
        finish_without_done => [r#"Text "Hi""#, "complete"],
        done_without_finish => [r#"Text "Hi""#, "end"],
        truncated => [r#"Text "Hi""#],
        error_chunk => [r#"Text "Hi""#, "error: The engine died. (type InternalServerError, code 500)", "end"],
        error_string => ["error: model overloaded"],
        error_object => ["ignored", "error: context length exceeded (type BadRequestError, code 400)", "end"],
        error_event => [r#"Text "Hi""#, "error: upstream is gone", "error: plain words"],
        error_with_finish => [r#"Text "Hi""#, "error: provider disconnected (code 502)", "complete", "end"],
        lone_surrogates => [r#"Text "a�""#, r#"Text "�b""#, r#"Text "🙂""#, "complete", "end"],
        not_json => [
            r#"Text "a""#,
            "malformed: expected JSON in the event's data, found `upstream timeout`: expected value at line 1 column 1",
            r#"Text "b""#,
            r#"malformed: expected JSON in the event's data, found `{"choices":[{"delta":`: EOF while parsing a value at line 1 column 21"#,
            "complete",
            "end",
        ],
        odd_chunks => [
            "malformed: expected a string in `content` of a chat completion chunk, found a number",
            "malformed: expected an array in `choices` of a chat completion chunk, found an object",
            "malformed: expected an object in `delta` of a chat completion chunk, found an array",
            r#"Text "a""#,
            "malformed: expected an object in `usage` of a chat completion chunk, found a string",
            "ignored",
            "ignored",
            "ignored",
            "ignored",
            "ignored",
            "ignored",
            r#"Reasoning "r""#,
            "malformed: expected a string in `content` of a chat completion chunk, found an array",
            r#"Text "b""#,
            "complete",
            "end",
        ],
        comments_and_blanks => ["ignored", r#"Text "\n""#, "ignored", "complete", "end"],
    }
}
