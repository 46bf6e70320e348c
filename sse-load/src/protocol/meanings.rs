//! How the formats whose events are JSON objects say what an event means.

use super::json::{self, Json};
use super::{Channel, Class, server_error};
use crate::sse::Event;

/// What one event was found to mean.
pub(super) struct Meanings<'e> {
    /// What the event is in its format, for messages: "a TGI chunk".
    chunk: &'static str,
    emit: &'e mut dyn FnMut(Class<'_>),
    silent: bool,
}

/// Emits what an event means: the end for `[DONE]`, and for JSON what `read` finds in it, or that it holds nothing.
/// `read` must emit nothing before it knows that the whole of it is JSON.
pub(super) fn classify(
    chunk: &'static str,
    event: &Event<'_>,
    emit: &mut dyn FnMut(Class<'_>),
    mut read: impl FnMut(&str, &mut Meanings<'_>) -> serde_json::Result<()>,
) {
    if let Some(message) = server_error::of_event(event) {
        return emit(Class::Error(message.into()));
    }
    match event.data.trim() {
        "" => emit(Class::Ignored),
        "[DONE]" => emit(Class::EndOfStream),
        _ => json::read(event.data, emit, |data, emit| {
            let mut meanings = Meanings { chunk, emit, silent: true };
            read(data, &mut meanings)?;
            if meanings.silent {
                meanings.emit(Class::Ignored);
            }
            Ok(())
        }),
    }
}

impl Meanings<'_> {
    pub(super) fn emit(&mut self, class: Class<'_>) {
        self.silent = false;
        (self.emit)(class);
    }

    /// The string of a field as output, unless it is empty.
    pub(super) fn text(&mut self, channel: Channel, choice: u32, field: &str, json: &Json<'_>) {
        self.counted(channel, choice, field, json, None);
    }

    /// The string of a field as output of so many tokens.
    pub(super) fn counted(&mut self, channel: Channel, choice: u32, field: &str, json: &Json<'_>, tokens: Option<u32>) {
        self.expect("a string", field, json);
        let text = json.text();
        if !text.is_empty() {
            self.emit(Class::Generated { channel, choice, text, tokens });
        }
    }

    /// The error that the data states, if its field `error` says something.
    pub(super) fn error(&mut self, error: &Json<'_>, data: &str) {
        if error.is_set() {
            self.emit(Class::Error(server_error::message(data).into()));
        }
    }

    /// Warns of a field that is neither `null` nor of the kind that the format says.
    pub(super) fn expect<O, L>(&mut self, kind: &str, field: &str, json: &Json<'_, O, L>) {
        if !matches!(json, Json::Null) && json.kind() != kind {
            let message = format!("expected {kind} in `{field}` of {}, found {}", self.chunk, json.kind());
            self.emit(Class::Malformed(message.into()));
        }
    }
}
