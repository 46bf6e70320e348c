//! What the formats of JSON events share: the data that is no JSON, and the fields whose type is wrong.

use super::json::{self, Json};
use super::{Channel, Class, server_error};
use crate::sse::Event;

/// Emits an event that is an error, blank or `[DONE]`, or else lets `read` read its data as JSON: see [`json::read`].
pub(super) fn read_event(
    event: &Event<'_>,
    emit: &mut dyn FnMut(Class<'_>),
    read: impl FnMut(&str, &mut dyn FnMut(Class<'_>)) -> serde_json::Result<()>,
) {
    if let Some(message) = server_error::of_event(event) {
        return emit(Class::Error(message.into()));
    }
    match event.data.trim() {
        "" => emit(Class::Ignored),
        "[DONE]" => emit(Class::EndOfStream),
        _ => json::read(event.data, emit, read),
    }
}

/// Emits what the fields of one event mean.
pub(super) struct Fields<'e> {
    /// What they are fields of, for messages: "a chat completion chunk".
    of: &'static str,
    silent: bool,
    emit: &'e mut dyn FnMut(Class<'_>),
}

impl<'e> Fields<'e> {
    pub(super) fn new(of: &'static str, emit: &'e mut dyn FnMut(Class<'_>)) -> Self {
        Self { of, silent: true, emit }
    }

    pub(super) fn emit(&mut self, class: Class<'_>) {
        self.silent = false;
        (self.emit)(class);
    }

    /// Output of the only answer, unless it is empty.
    pub(super) fn text<O, L>(&mut self, channel: Channel, field: &str, json: &Json<'_, O, L>) {
        self.text_of(0, channel, field, json);
    }

    /// Output of one of several answers, unless it is empty.
    pub(super) fn text_of<O, L>(&mut self, choice: u32, channel: Channel, field: &str, json: &Json<'_, O, L>) {
        self.expect("a string", field, json);
        let text = json.text();
        if !text.is_empty() {
            self.emit(Class::Generated { channel, choice, text, tokens: None });
        }
    }

    /// Warns of a field that is neither `null` nor of the kind that the format says.
    pub(super) fn expect<O, L>(&mut self, kind: &str, field: &str, json: &Json<'_, O, L>) {
        if !matches!(json, Json::Null) && json.kind() != kind {
            let message = format!("expected {kind} in `{field}` of {}, found {}", self.of, json.kind());
            self.emit(Class::Malformed(message.into()));
        }
    }

    /// An event that meant nothing is ignored.
    pub(super) fn finish(self) {
        if self.silent {
            (self.emit)(Class::Ignored);
        }
    }
}
