//! Gemini `streamGenerateContent?alt=sse`: candidates with parts, the counts in every event, CRLF.

use super::super::usage::Usage;
use super::format::Format;
use super::framing::{LineEnd, Outbox};
use super::reply::{ARGUMENTS_OBJECT, Channel, Piece, Reply, json_string};

#[derive(Debug)]
pub(super) struct Gemini;

/// One event with one candidate; `finish` is its finish reason.
fn send(reply: &Reply, candidate: u32, part: &str, finish: Option<&str>, out: &mut Outbox) {
    let reason = finish.map(|reason| format!(r#""finishReason":"{reason}","#)).unwrap_or_default();
    let counted = match reply.usage {
        Usage::Never => false,
        Usage::InFinish => finish.is_some(),
        _ => true,
    };
    out.data(format_args!(
        r#"{{"candidates":[{{"content":{{"parts":[{part}],"role":"model"}},{reason}"index":{candidate}}}],{}"modelVersion":{},"responseId":"resp-{}"}}"#,
        if counted { counts(reply) } else { String::new() },
        reply.model,
        reply.number
    ));
}

/// Gemini counts thoughts beside the candidates' tokens, not among them.
fn counts(reply: &Reply) -> String {
    let counts = reply.counts();
    let thoughts = match counts.reasoning {
        0 => String::new(),
        thoughts => format!(r#","thoughtsTokenCount":{thoughts}"#),
    };
    format!(
        r#""usageMetadata":{{"promptTokenCount":{},"candidatesTokenCount":{},"totalTokenCount":{}{thoughts}}},"#,
        counts.prompt,
        counts.completion.saturating_sub(counts.reasoning),
        counts.total()
    )
}

impl Format for Gemini {
    fn has_reasoning(&self) -> bool {
        true
    }

    fn line_end(&self) -> LineEnd {
        LineEnd::CrLf
    }

    fn has_choices(&self) -> bool {
        true
    }

    fn usual_usage(&self, _: bool) -> Usage {
        Usage::EveryEvent
    }

    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        let thought = if piece.channel == Channel::Reasoning { r#","thought":true"# } else { "" };
        send(reply, piece.choice, &format!(r#"{{"text":"{}"{thought}}}"#, piece.text), None, out);
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        let reason = if reply.refused { "SAFETY" } else { "STOP" };
        let part = match reply.tool() {
            Some(tool) => format!(r#"{{"functionCall":{{"name":{tool},"args":{ARGUMENTS_OBJECT}}}}}"#),
            None => r#"{"text":""}"#.into(),
        };
        for candidate in 0..reply.choices {
            send(reply, candidate, &part, Some(reason), out);
        }
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        let message = json_string(message);
        out.data(format_args!(r#"{{"error":{{"code":503,"message":{message},"status":"UNAVAILABLE"}}}}"#));
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Fault, Script, Usage};

    fn script() -> Script {
        Script::new().dialect(Dialect::Gemini)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"data: {"candidates":[{"content":{"parts":[{"text":" of"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1,"totalTokenCount":8},"modelVersion":"m","responseId":"resp-2"}

data: {"candidates":[{"content":{"parts":[{"text":" day"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":2,"totalTokenCount":9},"modelVersion":"m","responseId":"resp-2"}

data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":2,"totalTokenCount":9},"modelVersion":"m","responseId":"resp-2"}

"#.replace('\n', "\r\n");
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn reasoning_and_tool_calls_have_the_bytes_of_the_format() {
        let expected = r#"data: {"candidates":[{"content":{"parts":[{"text":" of","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":0,"totalTokenCount":8,"thoughtsTokenCount":1},"modelVersion":"m","responseId":"resp-2"}

data: {"candidates":[{"content":{"parts":[{"text":" day"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1,"totalTokenCount":9,"thoughtsTokenCount":1},"modelVersion":"m","responseId":"resp-2"}

data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"weather","args":{"city":"Paris"}}}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1,"totalTokenCount":9,"thoughtsTokenCount":1},"modelVersion":"m","responseId":"resp-2"}

"#.replace('\n', "\r\n");
        assert_eq!(golden::stream(script().reasoning(1).tool_call("weather")), expected);
    }

    #[test]
    fn a_refusal_is_told_by_the_finish_reason() {
        let stream = golden::faulty(Dialect::Gemini, &Fault::Refusal);
        assert!(stream.contains(r#""finishReason":"SAFETY""#), "{stream}");
    }

    #[test]
    fn errors_have_one_shape() {
        let expected = r#"data: {"error":{"code":503,"message":"a \"b\"","status":"UNAVAILABLE"}}

"#
        .replace('\n', "\r\n");
        assert_eq!(golden::errors(&Dialect::Gemini), [expected.clone(), expected]);
    }

    #[test]
    fn the_counts_can_be_left_to_the_finish() {
        let stream = golden::stream(script().usage(Usage::InFinish));
        assert_eq!(stream.matches("usageMetadata").count(), 1);
        assert!(!golden::stream(script().usage(Usage::Never)).contains("usageMetadata"));
    }

    #[test]
    fn candidates_are_interleaved() {
        let stream = golden::stream(script().choices(2));
        let indices = stream.match_indices(r#""index":"#).map(|(at, field)| &stream[at + field.len()..][..1]);
        assert_eq!(indices.collect::<String>(), "010101");
    }
}
