//! Any other event stream: every event is output.

use super::{Channel, Class, Format, Protocol, server_error};
use crate::sse::Event;

pub(super) struct Generic;

impl Protocol for Generic {
    fn name(&self) -> &'static str {
        Format::Generic.name()
    }

    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
        emit(match (server_error::of_event(event), event.data) {
            (Some(message), _) => Class::Error(message.into()),
            (None, "") => Class::Ignored,
            (None, text) => Class::generated(Channel::Text, text),
        });
    }

    fn ends_with_body(&self) -> bool {
        true
    }

    fn terminal_marker(&self) -> &'static str {
        "the end of the body"
    }

    fn recognised(&self) -> Option<Format> {
        Some(Format::Generic)
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::Format;
    use crate::protocol::golden::classes_of;

    #[test]
    fn every_event_is_output_unless_it_is_empty_or_an_error() {
        let body =
            "data: one\n\ndata: {\"a\":1}\n\ndata\n\ndata:  \n\nevent: x\ndata: [DONE]\n\nevent: error\ndata: boom\n\n";
        assert_eq!(
            classes_of(body.as_bytes(), Format::Generic),
            [r#"Text "one""#, r#"Text "{\"a\":1}""#, "ignored", r#"Text " ""#, r#"Text "[DONE]""#, "error: boom"]
        );
    }
}
