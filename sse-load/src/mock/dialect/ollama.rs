//! Ollama: a JSON object per line, the last of which is `"done":true` and has the counts.

use super::format::Format;
use super::framing::{Framing, Outbox};
use super::reply::{ARGUMENTS_OBJECT, Channel, Piece, Reply, json_string};

/// Which of the two APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ollama {
    /// `/api/chat`
    Chat,
    /// `/api/generate`
    Generate,
}

impl Ollama {
    pub(super) fn at(path: &str) -> Self {
        if path.ends_with("/generate") { Self::Generate } else { Self::Chat }
    }

    /// The members that hold the text.
    fn text(self, channel: Channel, text: &str) -> String {
        match (self, channel) {
            (Self::Chat, Channel::Reasoning) => message(&format!(r#""","thinking":"{text}""#)),
            (Self::Chat, _) => message(&format!(r#""{text}""#)),
            (Self::Generate, Channel::Reasoning) => format!(r#""response":"","thinking":"{text}""#),
            (Self::Generate, _) => format!(r#""response":"{text}""#),
        }
    }
}

fn message(content: &str) -> String {
    format!(r#""message":{{"role":"assistant","content":{content}}}"#)
}

fn send(reply: &Reply, members: &str, out: &mut Outbox) {
    out.data(format_args!(r#"{{"model":{},"created_at":"2023-11-14T22:13:20Z",{members}}}"#, reply.model));
}

fn counts(reply: &Reply) -> String {
    if !reply.has_usage() {
        return String::new();
    }
    let counts = reply.counts();
    format!(
        r#","prompt_eval_count":{},"prompt_eval_duration":1000000,"eval_count":{},"eval_duration":1000000"#,
        counts.prompt, counts.completion
    )
}

impl Format for Ollama {
    fn has_reasoning(&self) -> bool {
        true
    }

    fn framing(&self) -> Framing {
        Framing::Ndjson
    }

    fn content_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        send(reply, &format!(r#"{},"done":false"#, self.text(piece.channel, piece.text)), out);
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        if let (Self::Chat, Some(tool)) = (*self, reply.tool()) {
            let call = format!(r#"{{"function":{{"name":{tool},"arguments":{ARGUMENTS_OBJECT}}}}}"#);
            send(reply, &format!(r#"{},"done":false"#, message(&format!(r#""","tool_calls":[{call}]"#))), out);
        }
        let members = format!(
            r#"{},"done":true,"done_reason":"stop","total_duration":3000000,"load_duration":1000000{}"#,
            self.text(Channel::Text, ""),
            counts(reply)
        );
        send(reply, &members, out);
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        out.data(format_args!(r#"{{"error":{}}}"#, json_string(message)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Script};

    fn script() -> Script {
        Script::new().dialect(Dialect::Ollama)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"{"model":"m","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":" of"},"done":false}
{"model":"m","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":" day"},"done":false}
{"model":"m","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":3000000,"load_duration":1000000,"prompt_eval_count":7,"prompt_eval_duration":1000000,"eval_count":2,"eval_duration":1000000}
"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn reasoning_and_tool_calls_have_the_bytes_of_the_format() {
        let expected = r#"{"model":"m","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":"","thinking":" of"},"done":false}
{"model":"m","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":" day"},"done":false}
{"model":"m","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city":"Paris"}}}]},"done":false}
{"model":"m","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":3000000,"load_duration":1000000,"prompt_eval_count":7,"prompt_eval_duration":1000000,"eval_count":2,"eval_duration":1000000}
"#;
        assert_eq!(golden::stream(script().reasoning(1).tool_call("weather")), expected);
    }

    #[test]
    fn the_generate_api_has_its_own_members() {
        let expected = r#"{"model":"m","created_at":"2023-11-14T22:13:20Z","response":"","thinking":" of","done":false}
{"model":"m","created_at":"2023-11-14T22:13:20Z","response":" day","done":false}
{"model":"m","created_at":"2023-11-14T22:13:20Z","response":"","done":true,"done_reason":"stop","total_duration":3000000,"load_duration":1000000,"prompt_eval_count":7,"prompt_eval_duration":1000000,"eval_count":2,"eval_duration":1000000}
"#;
        assert_eq!(golden::stream_at("/api/generate", script().reasoning(1)), expected);
    }

    #[test]
    fn errors_have_one_shape() {
        let expected = r#"{"error":"a \"b\""}
"#;
        assert_eq!(golden::errors(&Dialect::Ollama), [expected, expected]);
    }
}
