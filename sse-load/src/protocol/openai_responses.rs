//! `OpenAI` Responses: events that build up one response.
//!
//! The `type` in the data says what an event is; some servers leave out the event's name. Output stands in the deltas:
//! what is `.done` repeats it. Items and parts are pieces of one answer, not choices. `response.completed` and
//! `response.incomplete` end the stream: the `[DONE]` that gateways add is left to the draining of the body.

use serde::Deserialize;

use super::fields::{self, Fields};
use super::json::{self, Json};
use super::{Channel, Class, Format, Protocol, Usage};
use crate::sse::Event;

/// One stream of response events.
pub(super) struct OpenAiResponses;

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    r#type: Json<'a>,
    #[serde(borrow, default)]
    delta: Json<'a>,
    #[serde(borrow, default)]
    item: Json<'a, Item<'a>>,
    #[serde(borrow, default)]
    response: Json<'a, Box<Response<'a>>>,
    #[serde(borrow, default)]
    error: Json<'a>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    r#type: Json<'a>,
    #[serde(borrow, default)]
    name: Json<'a>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow, default)]
    usage: Json<'a, Counts<'a>>,
}

#[derive(Deserialize)]
struct Counts<'a> {
    #[serde(borrow, default)]
    input_tokens: Json<'a>,
    #[serde(borrow, default)]
    output_tokens: Json<'a>,
}

impl Protocol for OpenAiResponses {
    fn name(&self) -> &'static str {
        Format::OpenAiResponses.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("a response event", event, emit, |data, fields| {
            if let Some(message) = json::object::<Message<'_>>(data)? {
                emit_message(&message, data, fields);
            }
            Ok(())
        });
    }

    fn ends_with_body(&self) -> bool {
        false
    }

    fn terminal_marker(&self) -> &'static str {
        "response.completed or response.incomplete"
    }
}

fn emit_message(message: &Message<'_>, data: &str, fields: &mut Fields<'_>) {
    let r#type = message.r#type.text();
    match r#type {
        "response.output_item.added" => emit_item(&message.item, fields),
        "response.completed" | "response.incomplete" => {
            emit_usage(&message.response, fields);
            fields.emit(Class::Complete);
            fields.emit(Class::EndOfStream);
        }
        "response.failed" => {
            emit_usage(&message.response, fields);
            fields.failed(data);
            fields.emit(Class::EndOfStream);
        }
        "error" => fields.failed(data),
        "" => fields.error(&message.error, data),
        _ => {
            if let Some(channel) = channel_of(r#type) {
                fields.text(channel, "delta", &message.delta);
            }
        }
    }
}

/// The channel of a delta; `None` if the event is no delta of output.
fn channel_of(r#type: &str) -> Option<Channel> {
    match r#type.strip_prefix("response.")?.strip_suffix(".delta")? {
        "output_text" => Some(Channel::Text),
        "refusal" => Some(Channel::Refusal),
        "reasoning_text" | "reasoning_summary_text" => Some(Channel::Reasoning),
        "function_call_arguments"
        | "custom_tool_call_input"
        | "mcp_call_arguments"
        | "mcp_call.arguments"
        | "code_interpreter_call_code" => Some(Channel::ToolCall),
        "audio" | "output_audio" => Some(Channel::Audio),
        "audio.transcript" | "audio_transcript" | "output_audio_transcript" => Some(Channel::Transcript),
        _ => None,
    }
}

/// The name of a call. Its arguments follow in deltas.
fn emit_item(item: &Json<'_, Item<'_>>, fields: &mut Fields<'_>) {
    fields.expect("an object", "item", item);
    let Some(item) = item.object() else { return };
    if matches!(item.r#type.text(), "function_call" | "custom_tool_call" | "mcp_call") {
        fields.text(Channel::ToolCall, "name", &item.name);
    }
}

fn emit_usage(response: &Json<'_, Box<Response<'_>>>, fields: &mut Fields<'_>) {
    fields.expect("an object", "response", response);
    let Some(response) = response.object() else { return };
    fields.expect("an object", "usage", &response.usage);
    fields.usage(response.usage.object().map(Counts::usage).unwrap_or_default());
}

impl Counts<'_> {
    fn usage(&self) -> Usage {
        Usage { prompt_tokens: self.input_tokens.count(), completion_tokens: self.output_tokens.count() }
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        OpenAiResponses in "openai_responses":
        llama_cpp => [
            "ignored",
            "ignored",
            "ignored",
            "ignored",
            r#"Text " qone""#,
            r#"Text " ruso""#,
            r#"Text " ruka""#,
            r#"Text " qoka""#,
            r#"Text " neka""#,
            r#"Text " kata""#,
            r#"Text " vipe""#,
            r#"Text " qodu""#,
            "ignored",
            "ignored",
            "ignored",
            "usage 21/8",
            "complete",
            "end",
        ],
        plain => [
            "ignored", "ignored", "ignored", "ignored", r#"Text "Hel""#, r#"Text "lo 🙂""#, "ignored", "ignored", "ignored",
            "usage 9/2", "complete", "end",
        ],
        plain_crlf => ["ignored", r#"Text "Hi""#, "usage 9/2", "complete", "end"],
        without_names => ["ignored", r#"Text "Hi""#, "usage 9/2", "complete", "end", "end"],
        reasoning => [
            "ignored",
            "ignored",
            r#"Reasoning "Let me""#,
            "ignored",
            r#"Reasoning " see""#,
            r#"Text "42""#,
            "usage 9/2",
            "complete",
            "end",
        ],
        tool_calls => [
            "ignored",
            r#"ToolCall "get_weather""#,
            r#"ToolCall "{\"city\":""#,
            r#"ToolCall "\"Paris\"}""#,
            "ignored",
            r#"ToolCall "run""#,
            r#"ToolCall "ls""#,
            r#"ToolCall "search""#,
            r#"ToolCall "{}""#,
            "usage 9/2",
            "complete",
            "end",
        ],
        refusal => ["ignored", r#"Refusal "I can't.""#, "ignored", "usage 9/2", "complete", "end"],
        audio => ["ignored", r#"Audio "UklGRg==""#, r#"Transcript "Hel""#, "usage 9/2", "complete", "end"],
        incomplete => ["ignored", r#"Text "Hi""#, "usage 9/2", "complete", "end"],
        failed => ["ignored", r#"Text "Hi""#, "error: The engine died. (code server_error)", "end"],
        error_event => ["ignored", r#"Text "Hi""#, "error: busy (type error, code overloaded)"],
        error_without_name => ["error: busy (type error, code overloaded)"],
        truncated => ["ignored", r#"Text "Hi""#],
        odd_events => [
            "ignored",
            "malformed: expected a string in `delta` of a response event, found a number",
            "malformed: expected an object in `item` of a response event, found an array",
            "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
            "ignored",
            "ignored",
            "error: busy",
            r#"Text "a""#,
            "malformed: expected an object in `usage` of a response event, found a string",
            "complete",
            "end",
        ],
    }
}
