//! The `append` format: `{"type":"append","text":".."}`, at last `{"type":"close"}`.
//!
//! A body that ends without `close` is a proper end. Servers also send plain strings, numbers and `null`: no output.
//! An error object is an error, as in every format.

use serde::Deserialize;

use super::fields::{self, Fields};
use super::json::{self, Json};
use super::pattern::Uniform;
use super::{Channel, Class, Format, Protocol};
use crate::sse::Event;

/// One stream of append events.
#[derive(Default)]
pub(super) struct Append;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    r#type: Json<'a>,
    #[serde(borrow)]
    text: Json<'a>,
    #[serde(borrow)]
    error: Json<'a>,
}

impl Uniform for Append {}

impl Protocol for Append {
    fn name(&self) -> &'static str {
        Format::Append.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        fields::classify("an append event", event, emit, |data, fields| {
            if let Some(message) = json::object::<Message<'_>>(data)? {
                read(&message, data, fields);
            }
            Ok(())
        });
    }

    fn ends_with_body(&self) -> bool {
        true
    }

    fn terminal_marker(&self) -> &'static str {
        "a close event"
    }
}

fn read(message: &Message<'_>, data: &str, fields: &mut Fields<'_>) {
    match message.r#type.text() {
        "append" => fields.text(Channel::Text, "text", &message.text),
        "close" => {
            fields.emit(Class::Complete);
            fields.emit(Class::EndOfStream);
        }
        "error" => fields.failed(data),
        _ => fields.error(&message.error, data),
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::golden_streams;

    golden_streams! {
        Append in "append":
        plain => [r#"Text "Hel""#, r#"Text "lo 🙂""#, r#"Text " ""#, "complete", "end"],
        plain_crlf => [r#"Text "Hel""#, r#"Text "lo""#, "complete", "end"],
        without_close => [r#"Text "Hel""#, r#"Text "lo""#],
        empty_texts => ["ignored", "ignored", "ignored", r#"Text "a""#, "complete", "end"],
        other_json => [
            r#"Text "a""#,
            "ignored",
            "ignored",
            "ignored",
            "ignored",
            "ignored",
            "ignored",
            "ignored",
            r#"Text "c""#,
            "complete",
            "end",
        ],
        malformed => [
            r#"Text "a""#,
            "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
            "ignored",
            "malformed: expected a string in `text` of an append event, found a number",
            r#"malformed: expected JSON in the event's data, found `{"type":"append"`: EOF while parsing an object at line 1 column 16"#,
            "complete",
            "end",
        ],
        error_event => [r#"Text "a""#, "error: the model is gone"],
        error_object => [r#"Text "a""#, "error: no GPU (type server_error)", "complete", "end"],
        error_of_type => [r#"Text "a""#, "error: no GPU (type error)"],
        several_data_lines => [r#"Text "a""#, "complete", "end"],
        lone_surrogates => [r#"Text "�""#, r#"Text "�""#, "complete", "end"],
    }
}
