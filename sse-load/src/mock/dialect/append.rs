//! `{"type":"append","text":".."}` for each token, `{"type":"close"}` at the end.

use super::format::Format;
use super::framing::Outbox;
use super::openai::error_object;
use super::reply::{Piece, Reply};

#[derive(Debug)]
pub(super) struct Append;

impl Format for Append {
    fn piece(&mut self, _: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        out.data(format_args!(r#"{{"type":"append","text":"{}"}}"#, piece.text));
    }

    fn end(&mut self, _: &Reply, out: &mut Outbox) {
        out.data(format_args!(r#"{{"type":"close"}}"#));
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        out.named("error", format_args!("{message}"));
    }

    fn error_object(&mut self, reply: &Reply, message: &str, out: &mut Outbox) {
        error_object(message, out);
        self.end(reply, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Script};

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = concat!(
            "data: {\"type\":\"append\",\"text\":\" of\"}\n\n",
            "data: {\"type\":\"append\",\"text\":\" day\"}\n\n",
            "data: {\"type\":\"close\"}\n\n",
        );
        assert_eq!(golden::stream(Script::new().dialect(Dialect::Append)), expected);
    }

    #[test]
    fn errors_have_the_bytes_of_the_format() {
        assert_eq!(
            golden::errors(&Dialect::Append),
            [
                "event: error\ndata: a \"b\"\n\n",
                "data: {\"error\":{\"message\":\"a \\\"b\\\"\",\"type\":\"server_error\"}}\n\ndata: {\"type\":\"close\"}\n\n",
            ]
        );
    }
}
