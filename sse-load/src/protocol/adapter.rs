//! What every format implements.

use super::{Class, Format};
use crate::sse::{Event, Framing};

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
    /// The format's name; that of [`Format::Auto`] as long as it has recognised none.
    fn name(&self) -> &'static str;

    /// How a body of this format is cut into events.
    fn framing(&self) -> Framing {
        Framing::EventStream
    }

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

    /// What the message about a stream adds in which no output was found: "no event named `price`; came: `heartbeat`".
    fn hint(&self) -> Option<String> {
        None
    }
}

/// Makes a reader for each stream: a [`Format`], or a function that returns a [`Protocol`] of your own.
///
/// ```
/// use sse_load::protocol::{Channel, Class, MakeProtocol, Protocol};
/// use sse_load::sse::Event;
///
/// /// Prices: output until the market closes.
/// #[derive(Default)]
/// struct Prices;
///
/// impl Protocol for Prices {
///     fn name(&self) -> &'static str {
///         "prices"
///     }
///
///     fn classify(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Class<'_>)) {
///         match event.name {
///             "closed" => [Class::Complete, Class::EndOfStream].into_iter().for_each(emit),
///             "price" if !event.data.is_empty() => emit(Class::generated(Channel::Text, event.data)),
///             _ => emit(Class::Ignored),
///         }
///     }
///
///     fn ends_with_body(&self) -> bool {
///         false
///     }
///
///     fn terminal_marker(&self) -> &'static str {
///         "the event `closed`"
///     }
/// }
///
/// // In a task: ctx.sse_request("/prices").format(Prices::default).send().await?
/// assert_eq!(Prices::default.make_protocol("/prices").name(), "prices");
/// ```
pub trait MakeProtocol: Send + Sync + 'static {
    /// A reader of one stream, of a request to this path (without its query).
    fn make_protocol(&self, path: &str) -> Box<dyn Protocol>;
}

impl<F, P> MakeProtocol for F
where
    F: Fn() -> P + Send + Sync + 'static,
    P: Protocol + 'static,
{
    fn make_protocol(&self, _path: &str) -> Box<dyn Protocol> {
        Box::new(self())
    }
}

impl MakeProtocol for Format {
    fn make_protocol(&self, path: &str) -> Box<dyn Protocol> {
        self.protocol_for(path)
    }
}
