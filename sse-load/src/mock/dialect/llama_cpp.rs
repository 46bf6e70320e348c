//! llama.cpp's own `/completion`: an event per token; the last one has `"stop":true`.

use super::super::usage::Usage;
use super::format::Format;
use super::framing::Outbox;
use super::reply::{Piece, Reply, json_string};

#[derive(Debug)]
pub(super) struct LlamaCpp;

fn counts(reply: &Reply, shown: bool) -> String {
    let counts = reply.counts();
    if shown {
        format!(r#","tokens_predicted":{},"tokens_evaluated":{}"#, counts.completion, counts.prompt)
    } else {
        String::new()
    }
}

impl Format for LlamaCpp {
    fn usual_usage(&self, _: bool) -> Usage {
        Usage::EveryEvent
    }

    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        out.data(format_args!(
            r#"{{"index":0,"content":"{}","tokens":[],"stop":false,"id_slot":-1{}}}"#,
            piece.text,
            counts(reply, reply.usage == Usage::EveryEvent)
        ));
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        out.data(format_args!(
            concat!(
                r#"{{"index":0,"content":"","tokens":[],"id_slot":0,"stop":true,"model":{}{},"generation_settings":{{}},"#,
                r#""prompt":"","has_new_line":false,"truncated":false,"stop_type":"eos","stopping_word":"","tokens_cached":0}}"#
            ),
            reply.model,
            counts(reply, reply.has_usage())
        ));
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        let message = json_string(message);
        out.data(format_args!(r#"{{"error":{{"code":500,"message":{message},"type":"server_error"}}}}"#));
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Script};

    fn script() -> Script {
        Script::new().dialect(Dialect::LlamaCpp)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"data: {"index":0,"content":" of","tokens":[],"stop":false,"id_slot":-1,"tokens_predicted":1,"tokens_evaluated":7}

data: {"index":0,"content":" day","tokens":[],"stop":false,"id_slot":-1,"tokens_predicted":2,"tokens_evaluated":7}

data: {"index":0,"content":"","tokens":[],"id_slot":0,"stop":true,"model":"m","tokens_predicted":2,"tokens_evaluated":7,"generation_settings":{},"prompt":"","has_new_line":false,"truncated":false,"stop_type":"eos","stopping_word":"","tokens_cached":0}

"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn errors_have_one_shape() {
        let expected = r#"data: {"error":{"code":500,"message":"a \"b\"","type":"server_error"}}

"#;
        assert_eq!(golden::errors(&Dialect::LlamaCpp), [expected, expected]);
    }
}
