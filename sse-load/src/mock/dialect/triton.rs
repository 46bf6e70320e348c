//! Triton's generate extension: an event per token, nothing else.

use super::super::usage::Usage;
use super::format::Format;
use super::framing::Outbox;
use super::reply::{Piece, Reply, json_string};

#[derive(Debug)]
pub(super) struct Triton;

impl Format for Triton {
    fn content_type(&self) -> &'static str {
        "text/event-stream; charset=utf-8"
    }

    fn usual_usage(&self, _: bool) -> Usage {
        Usage::Never
    }

    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        out.data(format_args!(
            r#"{{"model_name":{},"model_version":"1","sequence_end":false,"sequence_id":0,"sequence_start":false,"text_output":"{}"}}"#,
            reply.model, piece.text
        ));
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        out.data(format_args!(r#"{{"error":{}}}"#, json_string(message)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Script};

    fn script() -> Script {
        Script::new().dialect(Dialect::Triton)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"data: {"model_name":"m","model_version":"1","sequence_end":false,"sequence_id":0,"sequence_start":false,"text_output":" of"}

data: {"model_name":"m","model_version":"1","sequence_end":false,"sequence_id":0,"sequence_start":false,"text_output":" day"}

"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn errors_have_one_shape() {
        let expected = r#"data: {"error":"a \"b\""}

"#;
        assert_eq!(golden::errors(&Dialect::Triton), [expected, expected]);
    }
}
