//! What a wire format has to say, and when.

use std::fmt::Debug;

use super::super::usage::Usage;
use super::framing::{Framing, LineEnd, Outbox};
use super::reply::{Piece, Reply};

/// A wire format, and how far one reply in it has come.
///
/// A format whose last event is the finish itself (such as Gemini's) writes it in [`Format::finish`] and has no end
/// but the body's.
pub(in super::super) trait Format: Debug + Send {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn line_end(&self) -> LineEnd {
        LineEnd::Lf
    }

    fn content_type(&self) -> &'static str {
        "text/event-stream"
    }

    fn has_choices(&self) -> bool {
        false
    }

    /// Whether it keeps reasoning apart from text.
    fn has_reasoning(&self) -> bool {
        false
    }

    /// Where the real server sends the counts; `_asked` is `stream_options.include_usage`.
    fn usual_usage(&self, _asked: bool) -> Usage {
        Usage::Always
    }

    /// What goes out at once.
    fn open(&mut self, _reply: &Reply, _out: &mut Outbox) {}

    /// One event with tokens, and what has to stand before it.
    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox);

    /// The tool call, the reason why no more tokens come, and the counts.
    fn finish(&mut self, _reply: &Reply, _out: &mut Outbox) {}

    /// The terminal marker.
    fn end(&mut self, _reply: &Reply, _out: &mut Outbox) {}

    /// An error after which the body ends.
    fn error_event(&mut self, reply: &Reply, message: &str, out: &mut Outbox);

    /// An error in an ordinary event, and the terminal marker if the real server sends one then.
    fn error_object(&mut self, reply: &Reply, message: &str, out: &mut Outbox) {
        self.error_event(reply, message, out);
    }
}
