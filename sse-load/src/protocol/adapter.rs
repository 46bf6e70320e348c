//! What every format implements.

use super::{Class, Format};
use crate::sse::Event;

/// A wire format as it reads one stream: events in, their meanings out. It may remember what came before.
///
/// ```
/// use sse_load::protocol::{Class, Format};
/// use sse_load::sse::Event;
///
/// let mut protocol = Format::Append.protocol();
/// let event = Event { name: "message", data: r#"{"type":"append","text":"Hi"}"#, id: None };
/// let mut text = String::new();
/// protocol.classify(&event, &mut |class| {
///     if let Class::Generated { text: part, .. } = class {
///         text.push_str(part);
///     }
/// });
/// assert_eq!(text, "Hi");
/// ```
pub trait Protocol: Send {
    /// The format's name, for reports.
    fn name(&self) -> &'static str;

    /// Emits what one event means: at least one class, content before the end. Whatever the event, it never panics.
    fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>));

    /// Whether a body that ends without [`Class::Complete`] is a proper end in this format.
    fn ends_with_body(&self) -> bool;

    /// Whether a part of the reply has begun and not ended although [`Class::Complete`] came: a further choice.
    fn is_open(&self) -> bool {
        false
    }

    /// What the end looks like, to complete "the stream ended before ..": "a `finish_reason`".
    fn terminal_marker(&self) -> &'static str;

    /// The format that the events are read as. `None` as long as [`Format::Auto`] has recognised none, and for formats
    /// from elsewhere.
    fn recognised(&self) -> Option<Format> {
        None
    }
}
