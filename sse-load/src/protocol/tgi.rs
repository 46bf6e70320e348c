//! Text Generation Inference's `/generate_stream`: one token an event, the whole text beside the last.
//!
//! A special token (the end of the sequence, mostly the last one) is no output.

use serde::Deserialize;

use super::fields::{self, Fields};
use super::json::{self, Json};
use super::{Channel, Class, Format, Protocol, Usage};
use crate::sse::Event;

/// One stream of TGI.
pub(super) struct Tgi;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk<'a> {
    #[serde(borrow)]
    token: Json<'a, Token<'a>>,
    #[serde(borrow)]
    generated_text: Json<'a>,
    #[serde(borrow)]
    details: Json<'a, Details<'a>>,
    #[serde(borrow)]
    error: Json<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Token<'a> {
    #[serde(borrow)]
    text: Json<'a>,
    #[serde(borrow)]
    special: Json<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    input_length: Json<'a>,
    #[serde(borrow)]
    generated_tokens: Json<'a>,
}

impl Protocol for Tgi {
    fn name(&self) -> &'static str {
        Format::Tgi.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("a TGI event", event, emit, |data, fields| {
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
        "an event with `generated_text`"
    }
}

fn read(chunk: &Chunk<'_>, data: &str, fields: &mut Fields<'_>) {
    fields.expect("an object", "token", &chunk.token);
    if let Some(token) = chunk.token.object().filter(|token| !token.special.is_set()) {
        fields.counted(0, Channel::Text, "token.text", &token.text, Some(1));
    }
    fields.expect("an object", "details", &chunk.details);
    fields.usage(chunk.details.object().map(Details::usage).unwrap_or_default());
    fields.error(&chunk.error, data);
    if !matches!(chunk.generated_text, Json::Null) {
        fields.emit(Class::Complete);
        fields.emit(Class::EndOfStream);
    }
}

impl Details<'_> {
    fn usage(&self) -> Usage {
        Usage { prompt_tokens: self.input_length.count(), completion_tokens: self.generated_tokens.count() }
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        Tgi in "tgi":
        plain => [r#"Text "Hel" x1"#, r#"Text "lo" x1"#, "usage 4/3", "complete", "end"],
        last_token_is_text => [r#"Text "Hi" x1"#, r#"Text "!" x1"#, "usage -/2", "complete", "end"],
        no_details => [r#"Text "a" x1"#, "complete", "end"],
        special_tokens => ["ignored", r#"Text "a" x1"#, "ignored", r#"Text " " x1"#, "complete", "end"],
        empty_generated_text => ["usage 4/1", "complete", "end"],
        error => [r#"Text "Hi" x1"#, "error: Request failed during generation: CANCELLED (type generation)"],
        overloaded => ["error: Model is overloaded (type overloaded)"],
        truncated => [r#"Text "Hi" x1"#],
        odd_chunks => [
            r#"Text "a" x1"#,
            "malformed: expected an object in `token` of a TGI event, found a string",
            "malformed: expected a string in `token.text` of a TGI event, found a number",
            "malformed: expected an object in `details` of a TGI event, found an array",
            "ignored",
            "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
            r#"Text "�" x1"#,
            "complete",
            "end",
        ],
    }
}
