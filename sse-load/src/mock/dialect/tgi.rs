//! Text Generation Inference `generate_stream`: an event per token; the one of the end token has the whole text.

use super::format::Format;
use super::framing::{Framing, Outbox};
use super::reply::{Piece, Reply, json_string};

/// The text so far, and the number of the last token, from 1.
#[derive(Debug, Default)]
pub(super) struct Tgi {
    text: String,
    index: u32,
}

impl Format for Tgi {
    fn framing(&self) -> Framing {
        Framing::SseWithoutSpace
    }

    fn piece(&mut self, _: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        self.text.push_str(piece.text);
        self.index = piece.tokens.end;
        let (index, text) = (self.index, piece.text);
        out.data(format_args!(
            r#"{{"index":{index},"token":{{"id":{},"text":"{text}","logprob":-0.5,"special":false}},"generated_text":null,"details":null}}"#,
            index.saturating_add(100)
        ));
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        let details = if reply.has_usage() {
            let counts = reply.counts();
            format!(
                r#"{{"finish_reason":"eos_token","generated_tokens":{},"seed":null,"input_length":{}}}"#,
                counts.completion, counts.prompt
            )
        } else {
            "null".into()
        };
        out.data(format_args!(
            r#"{{"index":{},"token":{{"id":2,"text":"</s>","logprob":-0.5,"special":true}},"generated_text":"{}","details":{details}}}"#,
            self.index.saturating_add(1),
            self.text
        ));
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        out.data(format_args!(r#"{{"error":{},"error_type":"generation"}}"#, json_string(message)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Script};

    fn script() -> Script {
        Script::new().dialect(Dialect::Tgi)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"data:{"index":1,"token":{"id":101,"text":" of","logprob":-0.5,"special":false},"generated_text":null,"details":null}

data:{"index":2,"token":{"id":102,"text":" day","logprob":-0.5,"special":false},"generated_text":null,"details":null}

data:{"index":3,"token":{"id":2,"text":"</s>","logprob":-0.5,"special":true},"generated_text":" of day","details":{"finish_reason":"eos_token","generated_tokens":2,"seed":null,"input_length":7}}

"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn errors_have_one_shape() {
        let expected = r#"data:{"error":"a \"b\"","error_type":"generation"}

"#;
        assert_eq!(golden::errors(&Dialect::Tgi), [expected, expected]);
    }
}
