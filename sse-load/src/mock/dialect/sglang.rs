//! `SGLang`'s own `/generate`: each event has the whole text so far and the counts.

use super::super::usage::Usage;
use super::format::Format;
use super::framing::Outbox;
use super::openai::done;
use super::reply::{Piece, Reply, json_string};

/// The text so far.
#[derive(Debug, Default)]
pub(super) struct SgLang(String);

impl SgLang {
    fn send(&self, reply: &Reply, finish: Option<&str>, out: &mut Outbox) {
        let counted = match reply.usage {
            Usage::Never => false,
            Usage::InFinish => finish.is_some(),
            _ => true,
        };
        let counts = reply.counts();
        let counts = if counted {
            format!(r#","prompt_tokens":{},"completion_tokens":{},"cached_tokens":0"#, counts.prompt, counts.completion)
        } else {
            String::new()
        };
        out.data(format_args!(
            r#"{{"text":"{}","meta_info":{{"id":"{}","finish_reason":{}{counts}}}}}"#,
            self.0,
            reply.number,
            finish.unwrap_or("null")
        ));
    }
}

impl Format for SgLang {
    fn usual_usage(&self, _: bool) -> Usage {
        Usage::EveryEvent
    }

    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        self.0.push_str(piece.text);
        self.send(reply, None, out);
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        self.send(reply, Some(r#"{"type":"stop","matched":2}"#), out);
    }

    fn end(&mut self, _: &Reply, out: &mut Outbox) {
        done(out);
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        out.data(format_args!(r#"{{"error":{{"message":{}}}}}"#, json_string(message)));
        done(out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Script};

    fn script() -> Script {
        Script::new().dialect(Dialect::SgLang)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"data: {"text":" of","meta_info":{"id":"2","finish_reason":null,"prompt_tokens":7,"completion_tokens":1,"cached_tokens":0}}

data: {"text":" of day","meta_info":{"id":"2","finish_reason":null,"prompt_tokens":7,"completion_tokens":2,"cached_tokens":0}}

data: {"text":" of day","meta_info":{"id":"2","finish_reason":{"type":"stop","matched":2},"prompt_tokens":7,"completion_tokens":2,"cached_tokens":0}}

data: [DONE]

"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn errors_have_one_shape() {
        let expected = r#"data: {"error":{"message":"a \"b\""}}

data: [DONE]

"#;
        assert_eq!(golden::errors(&Dialect::SgLang), [expected, expected]);
    }
}
