//! Hand-written events.

use super::format::Format;
use super::framing::Outbox;
use super::openai::error_object;
use super::reply::{Piece, Reply};
use super::{Dialect, RawEvent};

/// The events stand in the script.
#[derive(Debug)]
pub(super) struct Events;

impl Format for Events {
    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        let Dialect::Events(events) = &reply.script.dialect else { return };
        for token in piece.tokens.clone() {
            match usize::try_from(token).ok().and_then(|token| events.get(token)) {
                Some(RawEvent::Data(data)) => out.data(format_args!("{data}")),
                Some(RawEvent::Named { name, data }) => out.named(name, format_args!("{data}")),
                Some(RawEvent::Block(bytes)) => out.bytes(bytes.clone()),
                None => {}
            }
        }
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        out.named("error", format_args!("{message}"));
    }

    fn error_object(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        error_object(message, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Script};
    use super::*;

    #[test]
    fn events_are_framed_and_blocks_are_not() {
        let dialect = Dialect::Events(vec!["a\nb".into(), RawEvent::Block(b": x".to_vec())]);
        assert_eq!(golden::stream(Script::new().dialect(dialect)), "data: a\ndata: b\n\n: x");
        let named = Dialect::events([RawEvent::named("price", "3.14"), RawEvent::named("x", "a\nb")]);
        let framed = "event: price\ndata: 3.14\n\nevent: x\ndata: a\ndata: b\n\n";
        assert_eq!(golden::stream(Script::new().dialect(named)), framed);
    }
}
