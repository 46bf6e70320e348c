//! The `append` format: `{"type":"append","text":".."}`, at last `{"type":"close"}`.
//!
//! A body that ends without `close` is a proper end. Servers also send plain strings, numbers and `null`: no output.

use serde::Deserialize;

use super::json::{self, Json};
use super::{Channel, Class, Format, Protocol, server_error};
use crate::sse::Event;

/// One stream of append events.
pub(super) struct Append;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    r#type: Json<'a>,
    #[serde(borrow)]
    text: Json<'a>,
}

impl Protocol for Append {
    fn name(&self) -> &'static str {
        Format::Append.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        if let Some(message) = server_error::of_event(event) {
            emit(Class::Error(message.into()));
        } else if event.data.trim().is_empty() {
            emit(Class::Ignored);
        } else {
            json::read(event.data, emit, read);
        }
    }

    fn ends_with_body(&self) -> bool {
        true
    }

    fn terminal_marker(&self) -> &'static str {
        "a close event"
    }
}

fn read(data: &str, emit: &mut dyn FnMut(Class<'_>)) -> serde_json::Result<()> {
    let message = json::object::<Message<'_>>(data)?;
    match message.as_ref().map(|message| (message.r#type.text(), &message.text)) {
        Some(("append", Json::Null)) => emit(Class::Ignored),
        Some(("append", Json::Text(text))) if text.is_empty() => emit(Class::Ignored),
        Some(("append", Json::Text(text))) => emit(Class::generated(Channel::Text, text)),
        Some(("append", other)) => {
            let kind = other.kind();
            let message = format!("expected a string in `text` of an append event, found {kind}");
            emit(Class::Malformed(message.into()));
        }
        Some(("close", _)) => {
            emit(Class::Complete);
            emit(Class::EndOfStream);
        }
        _ => emit(Class::Ignored),
    }
    Ok(())
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
        several_data_lines => [r#"Text "a""#, "complete", "end"],
        lone_surrogates => [r#"Text "�""#, r#"Text "�""#, "complete", "end"],
    }
}
