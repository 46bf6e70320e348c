//! Ollama's `/api/chat` and `/api/generate`: one JSON object a line, the last one with `"done": true` and the counts.
//!
//! A tool call comes whole, its arguments as an object: its JSON text is the output. A request that only loads or
//! unloads a model is answered by one line that is done and holds nothing.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::fields::{self, Fields};
use super::json::{self, Json, List};
use super::{Channel, Class, Format, Protocol, Usage};
use crate::sse::{Event, Framing};

/// One stream of Ollama.
pub(super) struct Ollama;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk<'a> {
    /// The output of `/api/chat`.
    #[serde(borrow)]
    message: Json<'a, Box<Message<'a>>>,
    /// The output of `/api/generate`.
    #[serde(borrow)]
    response: Json<'a>,
    #[serde(borrow)]
    thinking: Json<'a>,
    #[serde(borrow)]
    done: Json<'a>,
    #[serde(borrow)]
    prompt_eval_count: Json<'a>,
    #[serde(borrow)]
    eval_count: Json<'a>,
    #[serde(borrow)]
    error: Json<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    content: Json<'a>,
    #[serde(borrow)]
    thinking: Json<'a>,
    #[serde(borrow)]
    tool_calls: Json<'a, IgnoredAny, List<Json<'a, ToolCall<'a>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ToolCall<'a> {
    #[serde(borrow)]
    function: Json<'a, Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function<'a> {
    #[serde(borrow)]
    name: Json<'a>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

impl Protocol for Ollama {
    fn name(&self) -> &'static str {
        Format::Ollama.name()
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("an Ollama line", event, emit, |data, fields| {
            if let Some(chunk) = json::object::<Chunk<'_>>(data)? {
                read(&chunk, data, fields);
            }
            Ok(())
        });
    }

    fn ends_with_body(&self) -> bool {
        false
    }

    fn terminal_marker(&self) -> &'static str {
        "a line with `\"done\": true`"
    }
}

fn read(chunk: &Chunk<'_>, data: &str, fields: &mut Fields<'_>) {
    fields.text(Channel::Reasoning, "thinking", &chunk.thinking);
    fields.text(Channel::Text, "response", &chunk.response);
    fields.expect("an object", "message", &chunk.message);
    if let Some(message) = chunk.message.object() {
        read_message(message, fields);
    }
    fields.error(&chunk.error, data);
    if matches!(chunk.done, Json::Bool(true)) {
        finish(chunk, fields);
    }
}

fn read_message(message: &Message<'_>, fields: &mut Fields<'_>) {
    fields.text(Channel::Reasoning, "message.thinking", &message.thinking);
    fields.text(Channel::Text, "message.content", &message.content);
    let calls = message.tool_calls.list().into_iter().flat_map(List::iter).filter_map(Json::object);
    for function in calls.filter_map(|call| call.function.object()) {
        fields.text(Channel::ToolCall, "function.name", &function.name);
        if let Some(arguments) = function.arguments {
            fields.output(0, Channel::ToolCall, arguments.get(), None);
        }
    }
}

fn finish(chunk: &Chunk<'_>, fields: &mut Fields<'_>) {
    let usage = Usage { prompt_tokens: chunk.prompt_eval_count.count(), completion_tokens: chunk.eval_count.count() };
    fields.usage(usage);
    fields.emit(Class::Complete);
    fields.emit(Class::EndOfStream);
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        Ollama in "ollama":
        chat => [r#"Text "Hel""#, r#"Text "lo 🙂""#, "usage 26/2", "complete", "end"],
        generate => [r#"Reasoning "Hm""#, r#"Text "Hi""#, "usage 5/2", "complete", "end"],
        thinking => [r#"Reasoning "Let me""#, r#"Text "42""#, "usage 9/3", "complete", "end"],
        tool_calls => [
            r#"ToolCall "get_weather""#,
            r#"ToolCall "{\"city\": \"Paris\"}""#,
            r#"ToolCall "get_time""#,
            r#"ToolCall "{}""#,
            "usage 90/20",
            "complete",
            "end",
        ],
        text_in_the_last_line => [r#"Text "Hi""#, r#"Text "!""#, "usage -/2", "complete", "end"],
        load => ["complete", "end"],
        error => [r#"Text "Hi""#, "error: an error was encountered while running the model"],
        truncated => [r#"Text "Hi""#, "malformed: expected JSON in the event's data, found `{\"model\":\"m\",\"mess`: \
                       EOF while parsing a string at line 1 column 18"],
        odd_lines => [
            r#"Text "a""#,
            "malformed: expected an object in `message` of an Ollama line, found a string",
            "malformed: expected a string in `message.content` of an Ollama line, found a number",
            "ignored",
            "ignored",
            r#"Text "�""#,
            "complete",
            "end",
        ],
    }
}
