//! Errors that a server sends in a stream.

use serde::Deserialize;

use super::json::{self, Json, excerpt};
use super::surrogates;
use crate::sse::Event;

/// `{"error": {..}}`, `{"error": ".."}` or `{"object": "error", "message": ..}`, or a `response` that holds one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    error: Json<'a, Body<'a>>,
    #[serde(borrow)]
    response: Json<'a, Box<Envelope<'a>>>,
    #[serde(borrow)]
    message: Json<'a>,
    #[serde(borrow, alias = "error_type")]
    r#type: Json<'a>,
    #[serde(borrow)]
    code: Json<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    message: Json<'a>,
    #[serde(borrow)]
    r#type: Json<'a>,
    #[serde(borrow)]
    code: Json<'a>,
}

/// The message of an event that is named `error`: an error in every format.
pub(super) fn of_event(event: &Event<'_>) -> Option<String> {
    (event.name == "error").then(|| message(event.data))
}

/// What the data of an error says: the message, type and code of a JSON error object, or else the text itself.
pub(super) fn message(data: &str) -> String {
    if data.trim().is_empty() {
        return "an error event without a message".to_owned();
    }
    stated(data).or_else(|| stated(&surrogates::replaced(data)?)).unwrap_or_else(|| excerpt(data).into_owned())
}

fn stated(data: &str) -> Option<String> {
    let envelope: Envelope<'_> = json::object(data).ok()??;
    describe_envelope(envelope.response.object().map_or(&envelope, Box::as_ref))
}

fn describe_envelope(envelope: &Envelope<'_>) -> Option<String> {
    match &envelope.error {
        Json::Object(body) => describe(&body.message, &body.r#type, &body.code),
        Json::Null => describe(&envelope.message, &envelope.r#type, &envelope.code),
        text => describe(text, &envelope.r#type, &envelope.code),
    }
}

fn describe<O>(message: &Json<'_, O>, r#type: &Json<'_>, code: &Json<'_>) -> Option<String> {
    let message = message.label()?;
    let labels: Vec<_> = [("type", r#type.label()), ("code", code.label())]
        .into_iter()
        .filter_map(|(name, label)| Some(format!("{name} {}", label?)))
        .collect();
    if labels.is_empty() {
        return Some(message.into_owned());
    }
    Some(format!("{message} ({})", labels.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_an_error_gives_its_message() {
        let cases = [
            (r#"{"error":{"message":"busy","type":"server_error","code":503}}"#, "busy (type server_error, code 503)"),
            (r#"{"error":{"message":"busy","type":null,"code":"overloaded"}}"#, "busy (code overloaded)"),
            (r#"{"error":"busy"}"#, "busy"),
            (r#"{"error":"busy","error_type":"overloaded"}"#, "busy (type overloaded)"),
            (r#"{"object":"error","message":"busy","type":"T","code":400}"#, "busy (type T, code 400)"),
            (r#"{"message":"busy"}"#, "busy"),
            (r#"{"response":{"error":{"message":"busy","code":"c"}}}"#, "busy (code c)"),
            (r#"{"error":{"message":"half \ud83d"}}"#, "half \u{FFFD}"),
            (r#"{"error":{"msg":"busy"}}"#, r#"{"error":{"msg":"busy"}}"#),
            (r#"{"detail":"busy"}"#, r#"{"detail":"busy"}"#),
            ("busy", "busy"),
            ("[1]", "[1]"),
            (" ", "an error event without a message"),
        ];
        for (data, expected) in cases {
            assert_eq!(message(data), expected, "{data}");
        }
    }

    #[test]
    fn only_an_event_of_that_name_is_an_error() {
        let event = |name| Event { name, data: "boom", id: None };
        assert_eq!(of_event(&event("error")).as_deref(), Some("boom"));
        assert_eq!(of_event(&event("message")), None);
    }
}
