//! OpenAI completions, the older format: the text stands in `choices[].text`.

use super::super::usage::Usage;
use super::format::Format;
use super::framing::Outbox;
use super::openai::{Chunks, Place, done, error_object};
use super::reply::{Piece, Reply};

#[derive(Debug)]
pub(super) struct OpenAiCompletions(Chunks);

impl OpenAiCompletions {
    pub(super) fn new() -> Self {
        Self(Chunks { prefix: "cmpl", object: "text_completion" })
    }
}

impl Format for OpenAiCompletions {
    fn has_choices(&self) -> bool {
        true
    }

    fn usual_usage(&self, asked: bool) -> Usage {
        if asked { Usage::Always } else { Usage::Never }
    }

    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        let Piece { choice, text, tokens, .. } = piece;
        let choice = format_args!(r#"{{"text":"{text}","index":{choice},"logprobs":null,"finish_reason":null}}"#);
        self.0.send(reply, Place::Middle(tokens.end.into()), choice, out);
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        let reason = if reply.refused { "content_filter" } else { "stop" };
        for choice in 0..reply.choices {
            let choice = format_args!(r#"{{"text":"","index":{choice},"logprobs":null,"finish_reason":"{reason}"}}"#);
            self.0.send(reply, Place::Finish, choice, out);
        }
        self.0.send_usage(reply, out);
    }

    fn end(&mut self, _: &Reply, out: &mut Outbox) {
        done(out);
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        out.named("error", format_args!("{message}"));
    }

    fn error_object(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        error_object(message, out);
        done(out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Fault, Script};

    fn script() -> Script {
        Script::new().dialect(Dialect::OpenAiCompletions)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"data: {"id":"cmpl-2","object":"text_completion","created":1700000000,"model":"m","choices":[{"text":" of","index":0,"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"cmpl-2","object":"text_completion","created":1700000000,"model":"m","choices":[{"text":" day","index":0,"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"cmpl-2","object":"text_completion","created":1700000000,"model":"m","choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}],"usage":null}

data: {"id":"cmpl-2","object":"text_completion","created":1700000000,"model":"m","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}

data: [DONE]

"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn a_refusal_is_told_by_the_finish_reason() {
        let stream = golden::faulty(Dialect::OpenAiCompletions, &Fault::Refusal);
        assert!(stream.contains(r#""finish_reason":"content_filter""#), "{stream}");
    }

    #[test]
    fn errors_have_the_bytes_of_the_format() {
        let event = r#"event: error
data: a "b"

"#;
        let object = r#"data: {"error":{"message":"a \"b\"","type":"server_error"}}

data: [DONE]

"#;
        assert_eq!(golden::errors(&Dialect::OpenAiCompletions), [event, object]);
    }

    #[test]
    fn there_is_no_reasoning() {
        assert_eq!(golden::stream(script().reasoning(1)), golden::stream(script()));
    }
}
