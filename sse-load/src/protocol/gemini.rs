//! Gemini's `:streamGenerateContent?alt=sse`.
//!
//! Output stands in the parts of `candidates[].content`. Thoughts are counted apart from the answer, so usage adds them.
//! The reply is complete once each candidate that was seen has a `finishReason`; the end of the body follows.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::choices::{self, Choices};
use super::fields::{self, Fields};
use super::json::{self, Json, List};
use super::{Channel, Class, Format, Protocol, Usage};
use crate::sse::Event;

/// One stream of Gemini.
#[derive(Default)]
pub(super) struct Gemini {
    candidates: Choices,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(borrow)]
    candidates: Json<'a, IgnoredAny, List<Json<'a, Candidate<'a>>>>,
    #[serde(borrow)]
    usage_metadata: Json<'a, Box<Counts<'a>>>,
    #[serde(borrow)]
    prompt_feedback: Json<'a, Box<Feedback<'a>>>,
    #[serde(borrow)]
    error: Json<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    index: Json<'a>,
    #[serde(borrow)]
    content: Json<'a, Content<'a>>,
    #[serde(borrow)]
    finish_reason: Json<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content<'a> {
    #[serde(borrow)]
    parts: Json<'a, IgnoredAny, List<Json<'a, Box<Part<'a>>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    text: Json<'a>,
    #[serde(borrow)]
    thought: Json<'a>,
    #[serde(borrow)]
    function_call: Json<'a, FunctionCall<'a>>,
    #[serde(borrow)]
    inline_data: Json<'a, Blob<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FunctionCall<'a> {
    #[serde(borrow)]
    name: Json<'a>,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Blob<'a> {
    #[serde(borrow)]
    data: Json<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts<'a> {
    #[serde(borrow, rename = "promptTokenCount")]
    prompt: Json<'a>,
    #[serde(borrow, rename = "candidatesTokenCount")]
    candidates: Json<'a>,
    #[serde(borrow, rename = "thoughtsTokenCount")]
    thoughts: Json<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Feedback<'a> {
    #[serde(borrow)]
    block_reason: Json<'a>,
}

impl Protocol for Gemini {
    fn name(&self) -> &'static str {
        Format::Gemini.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("a Gemini chunk", event, emit, |data, fields| {
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
        self.candidates.is_open()
    }

    fn terminal_marker(&self) -> &'static str {
        "a finishReason"
    }
}

impl Gemini {
    fn read(&mut self, chunk: &Chunk<'_>, data: &str, fields: &mut Fields<'_>) {
        let mut finished = false;
        fields.expect("an array", "candidates", &chunk.candidates);
        for candidate in chunk.candidates.list().into_iter().flat_map(List::iter) {
            fields.expect("an object", "candidates[]", candidate);
            if let Some(candidate) = candidate.object() {
                let place = choices::place(&candidate.index);
                read_content(place, &candidate.content, fields);
                finished |= self.candidates.see(place, candidate.finish_reason.is_set());
            }
        }
        fields.expect("an object", "usageMetadata", &chunk.usage_metadata);
        fields.usage(chunk.usage_metadata.object().map(|counts| counts.usage()).unwrap_or_default());
        fields.error(&chunk.error, data);
        if let Some(reason) = chunk.prompt_feedback.object().and_then(|feedback| feedback.block_reason.label()) {
            fields.emit(Class::Error(format!("the prompt was blocked: {reason}").into()));
        }
        if finished && !self.is_open() {
            fields.emit(Class::Complete);
        }
    }
}

fn read_content(place: u32, content: &Json<'_, Content<'_>>, fields: &mut Fields<'_>) {
    fields.expect("an object", "content", content);
    let parts = content.object().and_then(|content| content.parts.list());
    for part in parts.into_iter().flat_map(List::iter).filter_map(Json::object) {
        let channel = if part.thought.is_set() { Channel::Reasoning } else { Channel::Text };
        fields.text_of(place, channel, "text", &part.text);
        if let Some(call) = part.function_call.object() {
            read_call(place, call, fields);
        }
        if let Some(blob) = part.inline_data.object() {
            fields.text_of(place, Channel::Audio, "inlineData.data", &blob.data);
        }
    }
}

fn read_call(place: u32, call: &FunctionCall<'_>, fields: &mut Fields<'_>) {
    fields.text_of(place, Channel::ToolCall, "functionCall.name", &call.name);
    if let Some(args) = call.args {
        fields.output(place, Channel::ToolCall, args.get(), None);
    }
}

impl Counts<'_> {
    fn usage(&self) -> Usage {
        let parts = [self.candidates.count(), self.thoughts.count()];
        Usage {
            prompt_tokens: self.prompt.count(),
            completion_tokens: parts.into_iter().flatten().reduce(u64::saturating_add),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        Gemini in "gemini":
        plain_crlf => [r#"Text "Hel""#, "usage 4/1", r#"Text "lo""#, "usage 4/2", "complete"],
        thoughts => [
            r#"Reasoning "Let me""#,
            "usage 9/12",
            r#"Text "42""#,
            "usage 9/14",
            "usage 9/14",
            "complete",
        ],
        function_call => [
            r#"ToolCall "get_weather""#,
            r#"ToolCall "{\"city\": \"Paris\"}""#,
            r#"ToolCall "get_time""#,
            "usage 12/15",
            "complete",
        ],
        audio => [r#"Audio "UklGRg==""#, "complete"],
        two_candidates => [
            r#"Text "a""#,
            r#"#1 Text "b""#,
            r#"Text "c""#,
            r#"#1 Text "d""#,
            "usage 4/4",
            "complete",
        ],
        finish_alone => [r#"Text "Hi""#, "usage 1/-", "usage 1/9", "complete"],
        blocked => ["usage 8/-", "error: the prompt was blocked: SAFETY"],
        error => [r#"Text "Hi""#, "error: The model is overloaded. (code 503)"],
        truncated => [r#"Text "Hi""#, "usage 4/1"],
        odd_chunks => [
            r#"Text "a""#,
            "malformed: expected an array in `candidates` of a Gemini chunk, found an object",
            "malformed: expected an object in `candidates[]` of a Gemini chunk, found a number",
            "malformed: expected an object in `content` of a Gemini chunk, found a string",
            "malformed: expected a string in `text` of a Gemini chunk, found a number",
            "ignored",
            "ignored",
            "malformed: expected an object in `usageMetadata` of a Gemini chunk, found a number",
            "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
            r#"Text "�""#,
            "complete",
        ],
    }
}
