//! Triton's `/generate_stream`: `text_output` in every event, up to the end of the body.
//!
//! Whether the texts are parts or each repeats the text so far depends on the model's settings and stands nowhere, so
//! the texts must tell. One that repeats all texts so far and goes on says that they repeat; from then on one that is
//! the same says nothing new. The first that does neither says that they are parts, and that is final: texts that
//! repeat never stop doing so, but parts may repeat by chance ("a", then "aa"), which costs the repeated letters.

use serde::Deserialize;

use super::cumulative::Cumulative;
use super::fields::{self, Fields};
use super::json::{self, Json};
use super::{Channel, Class, Format, Protocol};
use crate::sse::Event;

/// One stream of Triton.
#[derive(Default)]
pub(super) struct Triton {
    so_far: Cumulative,
    texts: Texts,
}

/// What the texts are.
#[derive(Default, Clone, Copy, PartialEq)]
enum Texts {
    /// At most one came.
    #[default]
    Open,
    Repeating,
    Parts,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk<'a> {
    #[serde(borrow)]
    text_output: Json<'a>,
    #[serde(borrow)]
    error: Json<'a>,
}

impl Protocol for Triton {
    fn name(&self) -> &'static str {
        Format::Triton.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("a Triton event", event, emit, |data, fields| {
            if let Some(chunk) = json::object::<Chunk<'_>>(data)? {
                self.read(&chunk, data, fields);
            }
            Ok(())
        });
    }

    fn ends_with_body(&self) -> bool {
        true
    }

    fn terminal_marker(&self) -> &'static str {
        "the end of the body"
    }
}

impl Triton {
    fn read(&mut self, chunk: &Chunk<'_>, data: &str, fields: &mut Fields<'_>) {
        fields.expect("a string", "text_output", &chunk.text_output);
        fields.output(0, Channel::Text, self.new_part(chunk.text_output.text()), None);
        fields.error(&chunk.error, data);
    }

    fn new_part<'t>(&mut self, text: &'t str) -> &'t str {
        if text.is_empty() || self.texts == Texts::Parts {
            return text;
        }
        let repeats = self.texts == Texts::Repeating && self.so_far.is(text);
        if repeats || self.so_far.is_extended_by(text) {
            self.texts = Texts::Repeating;
            return self.so_far.advance(text);
        }
        if !self.so_far.is("") {
            self.texts = Texts::Parts;
        }
        self.so_far.append(text);
        text
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        Triton in "triton":
        delta => [r#"Text "Hel""#, r#"Text "lo""#, "ignored", r#"Text " there""#],
        cumulative => [r#"Text "Hel""#, r#"Text "lo""#, r#"Text " there""#, "ignored"],
        cumulative_revised => [r#"Text "a""#, r#"Text "b�""#, r#"Text "é""#, r#"Text "!""#],
        repeated_delta => [r#"Text "ha""#, r#"Text "ha""#, r#"Text "haha""#],
        misleading_delta => [r#"Text "\n""#, r#"Text "\n""#, r#"Text "Well""#, r#"Text "Well, then""#],
        error => [r#"Text "Hi""#, "error: in ensemble, out of memory"],
        odd_chunks => [
            r#"Text "a""#,
            "malformed: expected a string in `text_output` of a Triton event, found an array",
            "ignored",
            "ignored",
            "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
            r#"Text "�""#,
        ],
    }
}
