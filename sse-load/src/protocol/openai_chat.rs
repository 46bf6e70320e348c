//! `OpenAI` chat completions, as `OpenAI` and the servers that speak like it send them.
//!
//! Output stands in `choices[].delta`, on several channels. The reply is complete once each choice that was seen has a
//! `finish_reason`; `[DONE]` only says that nothing follows, since servers send it after an interrupted answer too, and
//! some never send it. Usage is cumulative and may come in any chunk. Errors come under HTTP 200.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json::{self, Json, List};
use super::{Channel, Class, Format, Protocol, Usage, server_error};
use crate::sse::Event;

/// One stream of chat completion chunks.
#[derive(Default)]
pub(super) struct OpenAiChat {
    choices: Choices,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: Json<'a, IgnoredAny, List<Json<'a, Choice<'a>>>>,
    #[serde(borrow, default)]
    usage: Json<'a, Box<Counts<'a>>>,
    #[serde(borrow, default)]
    error: Json<'a>,
    #[serde(borrow, default)]
    object: Json<'a>,
}

#[derive(Deserialize)]
struct Choice<'a> {
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
    tool_calls: Json<'a, IgnoredAny, Vec<Json<'a, ToolCall<'a>>>>,
    /// The form before `tool_calls`.
    #[serde(borrow, default)]
    function_call: Json<'a, Box<Function<'a>>>,
    #[serde(borrow, default)]
    audio: Json<'a, Box<Audio<'a>>>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow, default)]
    function: Json<'a, Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Json<'a>,
    #[serde(borrow, default)]
    arguments: Json<'a>,
}

#[derive(Deserialize)]
struct Audio<'a> {
    #[serde(borrow, default)]
    data: Json<'a>,
    #[serde(borrow, default)]
    transcript: Json<'a>,
}

#[derive(Deserialize)]
struct Counts<'a> {
    #[serde(borrow, default)]
    prompt_tokens: Json<'a>,
    #[serde(borrow, default)]
    completion_tokens: Json<'a>,
}

impl Protocol for OpenAiChat {
    fn name(&self) -> &'static str {
        Format::OpenAiChat.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        if let Some(message) = server_error::of_event(event) {
            return emit(Class::Error(message.into()));
        }
        match event.data.trim() {
            "" => emit(Class::Ignored),
            "[DONE]" => emit(Class::EndOfStream),
            _ => json::read(event.data, emit, |data, emit| self.read(data, emit)),
        }
    }

    fn ends_with_body(&self) -> bool {
        false
    }

    fn is_open(&self) -> bool {
        self.choices.open > 0
    }

    fn terminal_marker(&self) -> &'static str {
        "a finish_reason"
    }

    fn recognised(&self) -> Option<Format> {
        Some(Format::OpenAiChat)
    }
}

impl OpenAiChat {
    fn read(&mut self, data: &str, emit: &mut dyn FnMut(Class<'_>)) -> serde_json::Result<()> {
        let mut silent = true;
        if let Some(chunk) = json::object::<Chunk<'_>>(data)? {
            self.emit_chunk(&chunk, data, &mut |class| {
                silent = false;
                emit(class);
            });
        }
        if silent {
            emit(Class::Ignored);
        }
        Ok(())
    }

    fn emit_chunk(&mut self, chunk: &Chunk<'_>, data: &str, emit: &mut dyn FnMut(Class<'_>)) {
        let mut finished = false;
        expect("an array", "choices", &chunk.choices, emit);
        for choice in chunk.choices.list().into_iter().flat_map(List::iter) {
            expect("an object", "choices[]", choice, emit);
            if let Some(choice) = choice.object() {
                emit_delta(choice, emit);
                finished |= self.choices.see(choice);
            }
        }
        expect("an object", "usage", &chunk.usage, emit);
        if let Some(usage) = chunk.usage.object().map(|counts| counts.usage()).filter(|usage| !usage.is_empty()) {
            emit(Class::Usage(usage));
        }
        if chunk.error.is_set() || chunk.object.text() == "error" {
            emit(Class::Error(server_error::message(data).into()));
        }
        if finished && self.choices.open == 0 {
            emit(Class::Complete);
        }
    }
}

/// The choices that were seen, by index.
#[derive(Default)]
struct Choices {
    finished: BTreeMap<u32, bool>,
    /// How many of them have not finished.
    open: usize,
}

impl Choices {
    /// Whether the choice finishes here. One that finished stays so, whatever comes after.
    fn see(&mut self, choice: &Choice<'_>) -> bool {
        let finished = self.finished.entry(choice.place()).or_insert_with(|| {
            self.open += 1;
            false
        });
        let newly = choice.finish_reason.is_set() && !*finished;
        if newly {
            *finished = true;
            self.open -= 1;
        }
        newly
    }
}

impl Choice<'_> {
    /// Its place among the answers; the first if it says none.
    fn place(&self) -> u32 {
        self.index.count().and_then(|index| u32::try_from(index).ok()).unwrap_or(0)
    }
}

impl Counts<'_> {
    fn usage(&self) -> Usage {
        Usage { prompt_tokens: self.prompt_tokens.count(), completion_tokens: self.completion_tokens.count() }
    }
}

fn emit_delta(choice: &Choice<'_>, emit: &mut dyn FnMut(Class<'_>)) {
    expect("an object", "delta", &choice.delta, emit);
    let Some(delta) = choice.delta.object() else { return };
    let place = choice.place();
    let mut emit_text = |channel, field, json: &Json<'_>| emit_text(channel, place, field, json, emit);
    emit_text(Channel::Reasoning, "reasoning_content", &delta.reasoning_content);
    // Some servers send the same text under both names.
    if delta.reasoning.text() != delta.reasoning_content.text() {
        emit_text(Channel::Reasoning, "reasoning", &delta.reasoning);
    }
    emit_text(Channel::Text, "content", &delta.content);
    emit_text(Channel::Refusal, "refusal", &delta.refusal);
    let calls = delta.tool_calls.list().into_iter().flatten().filter_map(Json::object);
    let functions = calls.filter_map(|call| call.function.object());
    for function in functions.chain(delta.function_call.object().map(Box::as_ref)) {
        emit_text(Channel::ToolCall, "name", &function.name);
        emit_text(Channel::ToolCall, "arguments", &function.arguments);
    }
    if let Some(audio) = delta.audio.object() {
        emit_text(Channel::Audio, "audio.data", &audio.data);
        emit_text(Channel::Transcript, "audio.transcript", &audio.transcript);
    }
}

fn emit_text(channel: Channel, choice: u32, field: &str, json: &Json<'_>, emit: &mut dyn FnMut(Class<'_>)) {
    expect("a string", field, json, emit);
    let text = json.text();
    if !text.is_empty() {
        emit(Class::Generated { channel, choice, text, tokens: None });
    }
}

/// Warns of a field that is neither `null` nor of the kind that the format says.
fn expect<O, L>(kind: &str, field: &str, json: &Json<'_, O, L>, emit: &mut dyn FnMut(Class<'_>)) {
    if !matches!(json, Json::Null) && json.kind() != kind {
        let message = format!("expected {kind} in `{field}` of a chat completion chunk, found {}", json.kind());
        emit(Class::Malformed(message.into()));
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
