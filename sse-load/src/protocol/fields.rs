//! What the formats of JSON events share: events that are no JSON, fields of the wrong type, and what fields mean.

use super::json::{self, Json};
use super::{Channel, Class, Usage, server_error};
use crate::sse::Event;

/// Emits what the fields of one event mean.
pub(super) struct Fields<'e> {
    /// What they are fields of, for messages: "a chat completion chunk".
    of: &'static str,
    silent: bool,
    emit: &'e mut dyn FnMut(Class<'_>),
}

/// Emits what an event means: an error, nothing, the end for `[DONE]`, or else what `read` finds in its JSON.
///
/// `read` must emit nothing before it knows that the whole of it is JSON: see [`json::read`].
pub(super) fn classify(
    of: &'static str,
    event: &Event<'_>,
    emit: &mut dyn FnMut(Class<'_>),
    mut read: impl FnMut(&str, &mut Fields<'_>) -> serde_json::Result<()>,
) {
    if let Some(message) = server_error::of_event(event) {
        return emit(Class::Error(message.into()));
    }
    match event.data.trim() {
        "" => emit(Class::Ignored),
        "[DONE]" => emit(Class::EndOfStream),
        _ => json::read(event.data, emit, |data, emit| {
            let mut fields = Fields { of, silent: true, emit };
            read(data, &mut fields)?;
            if fields.silent {
                fields.emit(Class::Ignored);
            }
            Ok(())
        }),
    }
}

impl Fields<'_> {
    pub(super) fn emit(&mut self, class: Class<'_>) {
        self.silent = false;
        (self.emit)(class);
    }

    /// The string of a field as output of the only answer, unless it is empty.
    pub(super) fn text(&mut self, channel: Channel, field: &str, json: &Json<'_>) {
        self.text_of(0, channel, field, json);
    }

    /// The string of a field as output of one of several answers, unless it is empty.
    pub(super) fn text_of(&mut self, choice: u32, channel: Channel, field: &str, json: &Json<'_>) {
        self.counted(choice, channel, field, json, None);
    }

    /// The string of a field as output of so many tokens.
    pub(super) fn counted(&mut self, choice: u32, channel: Channel, field: &str, json: &Json<'_>, tokens: Option<u32>) {
        self.expect("a string", field, json);
        self.output(choice, channel, json.text(), tokens);
    }

    /// A text as output, unless it is empty.
    pub(super) fn output(&mut self, choice: u32, channel: Channel, text: &str, tokens: Option<u32>) {
        if !text.is_empty() {
            self.emit(Class::Generated { channel, choice, text, tokens });
        }
    }

    /// The counts, unless there are none.
    pub(super) fn usage(&mut self, usage: Usage) {
        if !usage.is_empty() {
            self.emit(Class::Usage(usage));
        }
    }

    /// The error that the data states, if its field `error` says something.
    pub(super) fn error(&mut self, error: &Json<'_>, data: &str) {
        if error.is_set() {
            self.failed(data);
        }
    }

    /// The error that the data is.
    pub(super) fn failed(&mut self, data: &str) {
        self.emit(Class::Error(server_error::message(data).into()));
    }

    /// Warns of a field that is neither `null` nor of the kind that the format says.
    pub(super) fn expect<O, L>(&mut self, kind: &str, field: &str, json: &Json<'_, O, L>) {
        if !matches!(json, Json::Null) && json.kind() != kind {
            let message = format!("expected {kind} in `{field}` of {}, found {}", self.of, json.kind());
            self.emit(Class::Malformed(message.into()));
        }
    }
}
