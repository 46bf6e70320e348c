//! Cohere's chat, version 2: events that fill one message.
//!
//! The `type` in the data says what an event is. The plan before a tool call is reasoning. `message-end` completes the
//! reply, unless its reason is an error. Tokens that were billed stand in for tokens that were not counted. Gateways send
//! errors without a type.

use serde::Deserialize;

use super::fields::{self, Fields};
use super::json::{self, Json};
use super::pattern::Uniform;
use super::tool_call::ToolCall;
use super::{Channel, Class, Format, Protocol, Usage};
use crate::sse::Event;

/// One stream of chat events.
#[derive(Default)]
pub(super) struct Cohere;

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    r#type: Json<'a>,
    #[serde(borrow, default)]
    delta: Json<'a, Delta<'a>>,
    #[serde(borrow, default)]
    error: Json<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    message: Json<'a, Box<Parts<'a>>>,
    #[serde(borrow, default)]
    finish_reason: Json<'a>,
    #[serde(borrow, default)]
    error: Json<'a>,
    #[serde(borrow, default)]
    usage: Json<'a, Box<Counts<'a>>>,
}

#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow, default)]
    content: Json<'a, Content<'a>>,
    #[serde(borrow, default)]
    tool_plan: Json<'a>,
    #[serde(borrow, default)]
    tool_calls: Json<'a, ToolCall<'a>>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    text: Json<'a>,
    #[serde(borrow, default)]
    thinking: Json<'a>,
}

#[derive(Deserialize)]
struct Counts<'a> {
    #[serde(borrow, default)]
    tokens: Json<'a, Tokens<'a>>,
    #[serde(borrow, default)]
    billed_units: Json<'a, Tokens<'a>>,
}

#[derive(Deserialize)]
struct Tokens<'a> {
    #[serde(borrow, default)]
    input_tokens: Json<'a>,
    #[serde(borrow, default)]
    output_tokens: Json<'a>,
}

impl Uniform for Cohere {}

impl Protocol for Cohere {
    fn name(&self) -> &'static str {
        Format::Cohere.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("a chat event", event, emit, |data, fields| {
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
        "a message-end event"
    }
}

fn emit_message(message: &Message<'_>, data: &str, fields: &mut Fields<'_>) {
    match message.r#type.text() {
        "content-start" | "content-delta" | "tool-plan-delta" | "tool-call-start" | "tool-call-delta" => {
            fields.expect("an object", "delta", &message.delta);
            if let Some(delta) = message.delta.object() {
                emit_parts(&delta.message, fields);
            }
        }
        "message-end" => {
            fields.expect("an object", "delta", &message.delta);
            emit_end(message.delta.object(), fields);
        }
        "error" => fields.failed(data),
        _ => fields.error(&message.error, data),
    }
}

fn emit_parts(message: &Json<'_, Box<Parts<'_>>>, fields: &mut Fields<'_>) {
    fields.expect("an object", "message", message);
    let Some(parts) = message.object() else { return };
    fields.text(Channel::Reasoning, "tool_plan", &parts.tool_plan);
    fields.expect("an object", "content", &parts.content);
    if let Some(content) = parts.content.object() {
        fields.text(Channel::Reasoning, "thinking", &content.thinking);
        fields.text(Channel::Text, "text", &content.text);
    }
    if let Some(function) = parts.tool_calls.object().and_then(|call| call.function.object()) {
        function.emit(0, fields);
    }
}

fn emit_end(delta: Option<&Delta<'_>>, fields: &mut Fields<'_>) {
    fields.usage(delta.and_then(|delta| delta.usage.object()).map(|counts| counts.usage()).unwrap_or_default());
    match delta.and_then(Delta::failure) {
        Some(message) => fields.emit(Class::Error(message.into())),
        None => fields.emit(Class::Complete),
    }
    fields.emit(Class::EndOfStream);
}

impl Delta<'_> {
    /// Why the reply is none, if it is none: the error it states, or a reason such as `ERROR_TOXIC` or `TIMEOUT`.
    fn failure(&self) -> Option<String> {
        let reason = self.finish_reason.text();
        let failed = reason.to_ascii_uppercase();
        if let Some(error) = self.error.label() {
            return Some(error.into_owned());
        }
        (failed.starts_with("ERROR") || failed == "TIMEOUT").then(|| format!("finish reason {reason}"))
    }
}

impl Counts<'_> {
    fn usage(&self) -> Usage {
        let count = |count: fn(&Tokens<'_>) -> Option<u64>| {
            self.tokens.object().and_then(count).or_else(|| self.billed_units.object().and_then(count))
        };
        Usage {
            prompt_tokens: count(|tokens| tokens.input_tokens.count()),
            completion_tokens: count(|tokens| tokens.output_tokens.count()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        Cohere in "cohere":
        plain => ["ignored", "ignored", r#"Text "Hel""#, r#"Text "lo 🙂""#, "ignored", "ignored", "usage 71/2", "complete", "end", "end"],
        plain_crlf => ["ignored", r#"Text "Hi""#, "usage 71/2", "complete", "end"],
        billed_units => [r#"Text "Hi""#, "usage 3/1", "complete", "end"],
        thinking => ["ignored", "ignored", r#"Reasoning "Let me""#, r#"Text "42""#, "usage 71/2", "complete", "end"],
        tool_call => [
            "ignored",
            r#"Reasoning "I will look""#,
            r#"ToolCall "get_weather""#,
            r#"ToolCall "{\"city\":""#,
            r#"ToolCall "\"Paris\"}""#,
            "ignored",
            "usage 71/2",
            "complete",
            "end",
        ],
        error_reason => [r#"Text "Hi""#, "usage 71/2", "error: finish reason ERROR_TOXIC", "end"],
        error_message => [r#"Text "Hi""#, "error: the model is gone", "end"],
        error_of_a_gateway => [r#"Text "Hi""#, "error: the upstream is gone (type internal_server_error, code 500)"],
        error_event => [r#"Text "Hi""#, "error: upstream is gone"],
        timeout => [r#"Text "Hi""#, "error: finish reason TIMEOUT", "end"],
        truncated => ["ignored", r#"Text "Hi""#],
        odd_events => [
            "malformed: expected an object in `delta` of a chat event, found a number",
            "malformed: expected an object in `message` of a chat event, found an array",
            "malformed: expected a string in `text` of a chat event, found a number",
            "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
            "ignored",
            "ignored",
            "malformed: expected an object in `delta` of a chat event, found a string",
            "complete",
            "end",
        ],
    }
}
