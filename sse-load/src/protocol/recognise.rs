//! Which format a stream speaks.
//!
//! The first event that only one format sends decides, since a proxy may serve anything anywhere. Until then the stream
//! is read as what its path is known for, and settled once that reader finds output. Without such a path it is undecided,
//! and an event that many formats send (`[DONE]`, an error) makes it `OpenAI` chat, the most widely spoken of them.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json::{self, Json, List};
use super::{Class, Format, Protocol, path, server_error};
use crate::sse::{Event, Framing};

#[derive(Default)]
pub(super) struct Recogniser {
    /// What the events are read as.
    protocol: Option<Box<dyn Protocol>>,
    /// Whether no later event changes that.
    settled: bool,
}

/// The fields that tell one format from another.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Traits<'a> {
    #[serde(borrow)]
    r#type: Json<'a>,
    #[serde(borrow)]
    choices: Json<'a, IgnoredAny, List<Json<'a, ChoiceTraits<'a>>>>,
    #[serde(borrow)]
    object: Json<'a>,
    #[serde(borrow)]
    error: Json<'a>,
    #[serde(borrow)]
    content: Json<'a>,
    #[serde(borrow)]
    stop: Json<'a>,
    #[serde(borrow)]
    text_output: Json<'a>,
    #[serde(borrow)]
    meta_info: Json<'a>,
    #[serde(borrow)]
    candidates: Json<'a>,
    #[serde(borrow, rename = "promptFeedback")]
    prompt_feedback: Json<'a>,
    #[serde(borrow, rename = "usageMetadata")]
    usage_metadata: Json<'a>,
    #[serde(borrow)]
    token: Json<'a>,
    #[serde(borrow)]
    error_type: Json<'a>,
    #[serde(borrow)]
    done: Json<'a>,
    #[serde(borrow)]
    response: Json<'a>,
}

#[derive(Deserialize)]
struct ChoiceTraits<'a> {
    #[serde(borrow, default)]
    text: Json<'a>,
    #[serde(borrow, default)]
    delta: Json<'a>,
}

impl Traits<'_> {
    /// The only format that has such an event.
    fn format(&self) -> Option<Format> {
        let object = self.object.text();
        if let Some(format) = self.format_of_type() {
            Some(format)
        } else if matches!((&self.content, &self.stop), (Json::Text(_), Json::Bool(_))) {
            Some(Format::LlamaCpp)
        } else if matches!(self.done, Json::Bool(_)) || matches!(self.response, Json::Text(_)) {
            Some(Format::Ollama)
        } else if matches!(self.token, Json::Object(_)) || self.error_type.is_set() {
            Some(Format::Tgi)
        } else if matches!(self.candidates, Json::List(_))
            || self.prompt_feedback.is_set()
            || self.usage_metadata.is_set()
        {
            Some(Format::Gemini)
        } else if matches!(self.meta_info, Json::Object(_)) {
            Some(Format::SgLang)
        } else if matches!(self.text_output, Json::Text(_)) {
            Some(Format::Triton)
        } else if object == "text_completion" || self.has_text() {
            Some(Format::OpenAiCompletions)
        } else if matches!(self.choices, Json::List(_)) || object.starts_with("chat.completion") {
            Some(Format::OpenAiChat)
        } else {
            None
        }
    }

    /// Whether a choice has text where a chat has a delta.
    fn has_text(&self) -> bool {
        let mut choices = self.choices.list().into_iter().flat_map(List::iter).filter_map(Json::object);
        choices.any(|choice| matches!(choice.text, Json::Text(_)) && matches!(choice.delta, Json::Null))
    }

    /// By the type that the event states. A ping tells nothing: several formats have it.
    fn format_of_type(&self) -> Option<Format> {
        match self.r#type.text() {
            "append" | "close" => Some(Format::Append),
            "error" if self.error.is_set() => Some(Format::Anthropic),
            "error" if self.object.text() != "error" => Some(Format::OpenAiResponses),
            r#type if r#type.starts_with("response.") => Some(Format::OpenAiResponses),
            "message_start"
            | "message_delta"
            | "message_stop"
            | "content_block_start"
            | "content_block_delta"
            | "content_block_stop" => Some(Format::Anthropic),
            "message-start" | "message-end" | "content-start" | "content-delta" | "content-end" | "tool-plan-delta"
            | "tool-call-start" | "tool-call-delta" | "tool-call-end" => Some(Format::Cohere),
            _ => None,
        }
    }

    /// Whether it is an error as many formats send it.
    fn is_error(&self) -> bool {
        self.object.text() == "error" || self.error.is_set()
    }
}

impl Protocol for Recogniser {
    fn name(&self) -> &'static str {
        self.protocol.as_ref().map_or(Format::Auto.name(), |protocol| protocol.name())
    }

    fn framing(&self) -> Framing {
        Framing::Detect
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        if !self.settled {
            self.settle(event);
        }
        let Some(protocol) = &mut self.protocol else { return classify_unrecognised(event, emit) };
        protocol.classify(event, &mut |class| {
            self.settled |= matches!(class, Class::Generated { .. });
            emit(class);
        });
    }

    fn ends_with_body(&self) -> bool {
        self.protocol.as_ref().is_none_or(|protocol| protocol.ends_with_body())
    }

    fn is_open(&self) -> bool {
        self.protocol.as_ref().is_some_and(|protocol| protocol.is_open())
    }

    fn terminal_marker(&self) -> &'static str {
        self.protocol
            .as_ref()
            .map_or("the end of a format that could be recognised", |protocol| protocol.terminal_marker())
    }

    fn hint(&self) -> Option<String> {
        match &self.protocol {
            Some(protocol) if self.settled => protocol.hint(),
            Some(protocol) => Some(format!("it was read as `{}`, since its path is known for that", protocol.name())),
            None => Some("if that is output, name the format, such as .format(Format::Generic)".to_owned()),
        }
    }
}

impl Recogniser {
    /// One that goes by the path as long as no event decides.
    pub(super) fn of_path(path: &str) -> Self {
        Self { protocol: path::format(path).map(Format::protocol), settled: false }
    }

    /// Decides by the event, if it tells.
    fn settle(&mut self, event: &Event<'_>) {
        if event.name == "error" {
            return;
        }
        if let Some(told) = tell(event.data).filter(|told| told.surely || self.protocol.is_none()) {
            self.settled = true;
            if self.name() != told.format.name() {
                self.protocol = Some(told.format.protocol());
            }
        }
    }
}

/// The format that an event tells.
#[derive(Clone, Copy)]
struct Told {
    format: Format,
    /// Whether no other format has such an event.
    surely: bool,
}

/// The only format that has an event with this data, if there is one.
pub(crate) fn recognised(data: &str) -> Option<Format> {
    tell(data).filter(|told| told.surely).map(|told| told.format)
}

fn tell(data: &str) -> Option<Told> {
    let maybe = Told { format: Format::OpenAiChat, surely: false };
    if data.trim() == "[DONE]" {
        return Some(maybe);
    }
    let mut told = None;
    json::read(data, &mut |_| {}, |data, _| {
        if let Some(traits) = json::object::<Traits<'_>>(data)? {
            let surely = traits.format().map(|format| Told { format, surely: true });
            told = surely.or_else(|| traits.is_error().then_some(maybe));
        }
        Ok(())
    });
    told
}

/// Emits what an event is without a format.
fn classify_unrecognised(event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
    if let Some(message) = server_error::of_event(event) {
        emit(Class::Error(message.into()));
    } else if event.data.trim().is_empty() {
        emit(Class::Ignored);
    } else {
        json::read(event.data, emit, |data, emit| {
            json::object::<IgnoredAny>(data)?;
            emit(Class::Ignored);
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::golden::classes_of;
    use crate::protocol::{Class, Format};
    use crate::sse::Event;

    /// The format that the events of a stream are read as, after all of them.
    fn recognised(data: &[&str]) -> Option<Format> {
        recognised_at("", data)
    }

    fn recognised_at(path: &str, data: &[&str]) -> Option<Format> {
        let mut protocol = Format::Auto.protocol_for(path);
        for data in data {
            let event = Event { name: "message", data, id: None };
            protocol.classify(&event, &mut |_| {});
        }
        let format = Format::ALL.into_iter().find(|format| format.name() == protocol.name());
        format.filter(|format| *format != Format::Auto)
    }

    #[test]
    fn the_first_event_that_tells_decides() {
        let append = Some(Format::Append);
        let openai = Some(Format::OpenAiChat);
        let cases: &[(&[&str], Option<Format>)] = &[
            (&[r#"{"type":"append","text":"a"}"#], append),
            (&[r#"{"type":"close"}"#], append),
            (&[r#"{"type":"ping"}"#, r#"{"type":"message_start"}"#], Some(Format::Anthropic)),
            (&[r#"{"type":"message-start"}"#], Some(Format::Cohere)),
            (&[r#"{"object":"text_completion"}"#], Some(Format::OpenAiCompletions)),
            (&[r#"{"choices":[{"text":""}]}"#], Some(Format::OpenAiCompletions)),
            (&[r#"{"choices":[{"text":"","delta":{}}]}"#], openai),
            (&[r#"{"type":"response.created"}"#], Some(Format::OpenAiResponses)),
            (&[r#"{"type":"error","message":"m"}"#], Some(Format::OpenAiResponses)),
            (&[r#"{"type":"error","error":{"message":"m"}}"#], Some(Format::Anthropic)),
            (&[r#"{"choices":[]}"#], openai),
            (&[r#"{"object":"chat.completion.chunk"}"#], openai),
            (&[r#"{"object":"error","message":"m"}"#], openai),
            (&[r#"{"error":{"message":"m"}}"#], openai),
            (&[r#"{"error":"m"}"#], openai),
            (&["[DONE]"], openai),
            (&["null", "1", "", "not JSON", r#"{"type":"close"}"#, r#"{"choices":[]}"#], append),
            (&[r#"{"choices":[{"delta":{"content":"\ud83d"}}]}"#], openai),
            (&[r#"{"content":"a","stop":false}"#], Some(Format::LlamaCpp)),
            (&[r#"{"message":{"content":"a"},"done":false}"#], Some(Format::Ollama)),
            (&[r#"{"token":{"text":"a"}}"#], Some(Format::Tgi)),
            (&[r#"{"error":"m","error_type":"overloaded"}"#], Some(Format::Tgi)),
            (&[r#"{"candidates":[]}"#], Some(Format::Gemini)),
            (&[r#"{"promptFeedback":{}}"#], Some(Format::Gemini)),
            (&[r#"{"text":"a","meta_info":{}}"#], Some(Format::SgLang)),
            (&[r#"{"text_output":"a"}"#], Some(Format::Triton)),
            (&["null", "\"a\"", "{}", "[1]", r#"{"type":"x"}"#, r#"{"error":null}"#, "{"], None),
            (&[], None),
        ];
        for (data, expected) in cases {
            assert_eq!(recognised(data), *expected, "{data:?}");
        }
    }

    #[test]
    fn the_path_decides_as_long_as_no_event_tells() {
        let chat = "/v1/chat/completions";
        let append = r#"{"type":"append","text":"a"}"#;
        let choice = r#"{"choices":[{"delta":{"content":"a"}}]}"#;
        let cases: &[(&str, &[&str], Option<Format>)] = &[
            (chat, &[], Some(Format::OpenAiChat)),
            (chat, &["{}", "null"], Some(Format::OpenAiChat)),
            (chat, &[append], Some(Format::Append)),
            (chat, &["null", "[DONE]", append], Some(Format::Append)),
            (chat, &[choice, append], Some(Format::OpenAiChat)),
            ("/api/chat", &[r#"{"error":"m"}"#], Some(Format::Ollama)),
            ("/generate", &["[DONE]"], Some(Format::SgLang)),
            ("/generate_stream", &[r#"{"text_output":"a"}"#], Some(Format::Triton)),
            ("/completion", &[r#"{"content":"a"}"#, append], Some(Format::LlamaCpp)),
            ("/stream", &["{}"], None),
        ];
        for (path, data, expected) in cases {
            assert_eq!(recognised_at(path, data), *expected, "{path} {data:?}");
        }
    }

    #[test]
    fn the_event_that_decides_is_classified_too() {
        assert_eq!(
            classes_of(b"data: 1\n\ndata: oops\n\ndata: {\"type\":\"append\",\"text\":\"a\"}\n\n", Format::Auto),
            [
                "ignored",
                "malformed: expected JSON in the event's data, found `oops`: expected value at line 1 column 1",
                r#"Text "a""#
            ]
        );
    }

    #[test]
    fn an_undecided_stream_may_end_and_says_that_it_is_undecided() {
        let mut protocol = Format::Auto.protocol();
        assert!(protocol.ends_with_body());
        assert_eq!(protocol.terminal_marker(), "the end of a format that could be recognised");
        let error = Event { name: "error", data: "boom", id: None };
        protocol.classify(&error, &mut |class| assert_eq!(class, Class::Error("boom".into())));
        assert_eq!(protocol.name(), Format::Auto.name());
    }

    #[test]
    fn a_decided_stream_ends_as_its_format_does() {
        let mut protocol = Format::Auto.protocol();
        let event = Event { name: "message", data: "[DONE]", id: None };
        protocol.classify(&event, &mut |class| assert_eq!(class, Class::EndOfStream));
        assert!(!protocol.ends_with_body());
        assert_eq!(protocol.terminal_marker(), "a finish_reason");
    }
}
