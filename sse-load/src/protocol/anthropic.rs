//! Anthropic's Messages: events that open, fill and close blocks of one message.
//!
//! The `type` in the data says what an event is. Output stands in the deltas of the blocks; signatures and citations
//! are none. The reply is complete with its `stop_reason`, since gateways leave out `message_stop`, or with that event.
//! `input_tokens` leaves out what the cache wrote or read: the prompt is the sum of the three counts. The output that
//! `message_start` counts is a placeholder; `message_delta` counts what came so far. Gateways send errors without a type.

use serde::Deserialize;

use super::fields::{self, Fields};
use super::json::{self, Json};
use super::pattern::Uniform;
use super::{Channel, Class, Format, Protocol, Usage};
use crate::sse::Event;

/// One stream of message events.
#[derive(Default)]
pub(super) struct Anthropic;

#[derive(Deserialize)]
struct MessageEvent<'a> {
    #[serde(borrow, default)]
    r#type: Json<'a>,
    #[serde(borrow, default)]
    delta: Json<'a, Box<Part<'a>>>,
    #[serde(borrow, default)]
    content_block: Json<'a, Box<Part<'a>>>,
    #[serde(borrow, default)]
    message: Json<'a, Box<Start<'a>>>,
    #[serde(borrow, default)]
    usage: Json<'a, Box<Counts<'a>>>,
    #[serde(borrow, default)]
    error: Json<'a>,
}

/// A block as it begins, a delta of a block or a delta of the message: they share the names of their fields.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Json<'a>,
    #[serde(borrow, default)]
    thinking: Json<'a>,
    #[serde(borrow, default)]
    name: Json<'a>,
    #[serde(borrow, default)]
    partial_json: Json<'a>,
    #[serde(borrow, default)]
    stop_reason: Json<'a>,
    #[serde(borrow, default)]
    r#type: Json<'a>,
}

#[derive(Deserialize)]
struct Start<'a> {
    #[serde(borrow, default)]
    usage: Json<'a, Counts<'a>>,
}

#[derive(Deserialize)]
struct Counts<'a> {
    #[serde(borrow, default, rename = "input_tokens")]
    anew: Json<'a>,
    #[serde(borrow, default, rename = "cache_creation_input_tokens")]
    cache_written: Json<'a>,
    #[serde(borrow, default, rename = "cache_read_input_tokens")]
    cache_read: Json<'a>,
    #[serde(borrow, default, rename = "output_tokens")]
    output: Json<'a>,
}

impl Uniform for Anthropic {}

impl Protocol for Anthropic {
    fn name(&self) -> &'static str {
        Format::Anthropic.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("a message event", event, emit, |data, fields| {
            if let Some(message) = json::object::<MessageEvent<'_>>(data)? {
                emit_message(&message, data, fields);
            }
            Ok(())
        });
    }

    fn ends_with_body(&self) -> bool {
        false
    }

    fn terminal_marker(&self) -> &'static str {
        "a stop_reason or message_stop"
    }
}

fn emit_message(message: &MessageEvent<'_>, data: &str, fields: &mut Fields<'_>) {
    match message.r#type.text() {
        "message_start" => {
            fields.expect("an object", "message", &message.message);
            let counts = message.message.object().and_then(|start| start.usage.object());
            fields.usage(Usage { prompt_tokens: counts.and_then(Counts::prompt), completion_tokens: None });
        }
        "content_block_start" => emit_part("content_block", &message.content_block, fields),
        "content_block_delta" => emit_part("delta", &message.delta, fields),
        "message_delta" => {
            fields.expect("an object", "usage", &message.usage);
            fields.usage(message.usage.object().map(|counts| counts.usage()).unwrap_or_default());
            if message.delta.object().is_some_and(|delta| delta.stop_reason.is_set()) {
                fields.emit(Class::Complete);
            }
        }
        "message_stop" => {
            fields.emit(Class::Complete);
            fields.emit(Class::EndOfStream);
        }
        "error" => fields.failed(data),
        _ => fields.error(&message.error, data),
    }
}

fn emit_part(field: &str, json: &Json<'_, Box<Part<'_>>>, fields: &mut Fields<'_>) {
    fields.expect("an object", field, json);
    let Some(part) = json.object() else { return };
    fields.text(Channel::Reasoning, "thinking", &part.thinking);
    fields.text(Channel::Text, "text", &part.text);
    if part.r#type.text().ends_with("tool_use") {
        fields.text(Channel::ToolCall, "name", &part.name);
    }
    fields.text(Channel::ToolCall, "partial_json", &part.partial_json);
}

impl Counts<'_> {
    fn usage(&self) -> Usage {
        Usage { prompt_tokens: self.prompt(), completion_tokens: self.output.count() }
    }

    /// The whole prompt: what was read anew, and what the cache wrote and read.
    fn prompt(&self) -> Option<u64> {
        let cached = [&self.cache_written, &self.cache_read];
        let anew = self.anew.count()?;
        Some(cached.into_iter().filter_map(Json::count).fold(anew, u64::saturating_add))
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        Anthropic in "anthropic":
        llama_cpp => [
            "usage 21/-",
            "ignored",
            r#"Text " neka""#,
            r#"Text " kata""#,
            r#"Text " vipe""#,
            r#"Text " qodu""#,
            r#"Text " xaru""#,
            r#"Text " kata""#,
            r#"Text " vipe""#,
            r#"Text " qodu""#,
            "ignored",
            "usage -/8",
            "complete",
            "complete",
            "end",
        ],
        plain => ["usage 37/-", "ignored", "ignored", r#"Text "Hel""#, r#"Text "lo 🙂""#, "ignored", "usage -/15", "complete", "complete", "end"],
        plain_crlf => ["usage 9/-", r#"Text "Hi""#, "usage -/1", "complete", "complete", "end"],
        thinking => [
            "usage 9/-",
            "ignored",
            r#"Reasoning "Let me""#,
            "ignored",
            "ignored",
            r#"Text "4""#,
            "ignored",
            r#"Text "2""#,
            "usage 12/7",
            "complete",
            "complete",
            "end",
        ],
        tool_use => [
            "usage 9/-",
            r#"ToolCall "get_weather""#,
            "ignored",
            r#"ToolCall "{\"city\":""#,
            r#"ToolCall "\"Paris\"}""#,
            "usage -/20",
            "complete",
            "complete",
            "end",
        ],
        stop_reason_without_stop => ["usage 9/-", r#"Text "Hi""#, "usage -/1", "complete"],
        stop_without_stop_reason => ["usage 9/-", r#"Text "Hi""#, "complete", "end"],
        truncated => ["usage 9/-", r#"Text "Hi""#],
        error_event => ["usage 9/-", r#"Text "Hi""#, "error: Overloaded (type overloaded_error)"],
        error_of_a_gateway => [
            "usage 9/-",
            r#"Text "Hi""#,
            "error: the upstream is gone (type internal_server_error, code 500)",
        ],
        error_without_name => ["error: Overloaded (type overloaded_error)"],
        odd_events => [
            "malformed: expected an object in `message` of a message event, found a number",
            "malformed: expected an object in `delta` of a message event, found an array",
            "malformed: expected a string in `text` of a message event, found a number",
            "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
            "malformed: expected an object in `usage` of a message event, found a string",
            "ignored",
            "ignored",
            "ignored",
            r#"Text "a""#,
            "complete",
            "end",
        ],
    }
}
