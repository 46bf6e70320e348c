//! OpenAI chat completions: a role chunk, a chunk per token, the finish reason, the counts, `[DONE]`.

use super::super::usage::Usage;
use super::format::Format;
use super::framing::Outbox;
use super::openai::{Chunks, Place, done, error_object};
use super::reply::{ARGUMENTS, Channel, Piece, Reply};

#[derive(Debug)]
pub(super) struct OpenAiChat(Chunks);

impl OpenAiChat {
    pub(super) fn new() -> Self {
        Self(Chunks { prefix: "chatcmpl", object: "chat.completion.chunk" })
    }

    /// A chunk of a choice that has so many tokens with it.
    fn delta(&self, reply: &Reply, (choice, tokens): (u32, u64), delta: &str, out: &mut Outbox) {
        let choice = format_args!(r#"{{"index":{choice},"delta":{delta},"finish_reason":null}}"#);
        self.0.send(reply, Place::Middle(tokens), choice, out);
    }

    fn call(&self, reply: &Reply, choice: u32, tool: &str, out: &mut Outbox) {
        let call = format!(
            r#"{{"tool_calls":[{{"index":0,"id":"call_{}_{choice}","type":"function","function":{{"name":{tool},"arguments":""}}}}]}}"#,
            reply.number
        );
        let choice = (choice, reply.sent_of_choice());
        self.delta(reply, choice, &call, out);
        for fragment in ARGUMENTS {
            let call = format!(r#"{{"tool_calls":[{{"index":0,"function":{{"arguments":"{fragment}"}}}}]}}"#);
            self.delta(reply, choice, &call, out);
        }
    }
}

impl Format for OpenAiChat {
    fn has_reasoning(&self) -> bool {
        true
    }

    fn has_choices(&self) -> bool {
        true
    }

    fn usual_usage(&self, asked: bool) -> Usage {
        if asked { Usage::Always } else { Usage::Never }
    }

    fn open(&mut self, reply: &Reply, out: &mut Outbox) {
        for choice in 0..reply.choices {
            self.delta(reply, (choice, 0), r#"{"role":"assistant","content":""}"#, out);
        }
    }

    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        let field = match piece.channel {
            Channel::Reasoning => "reasoning_content",
            Channel::Text => "content",
            Channel::Refusal => "refusal",
        };
        let choice = (piece.choice, piece.tokens.end.into());
        self.delta(reply, choice, &format!(r#"{{"{field}":"{}"}}"#, piece.text), out);
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        let tool = reply.tool();
        let reason = if tool.is_some() { "tool_calls" } else { "stop" };
        for choice in 0..reply.choices {
            if let Some(tool) = &tool {
                self.call(reply, choice, tool, out);
            }
            let choice = format_args!(r#"{{"index":{choice},"delta":{{}},"finish_reason":"{reason}"}}"#);
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
    use super::super::golden::{self, Dialect, Fault, Script, Usage};

    fn script() -> Script {
        Script::new().dialect(Dialect::OpenAiChat)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":" of"},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":" day"},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}

data: [DONE]

"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn reasoning_and_tool_calls_have_the_bytes_of_the_format() {
        let expected = r#"data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"reasoning_content":" of"},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":" day"},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_2_0","type":"function","function":{"name":"weather","arguments":""}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city"}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\":\"Pa"}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ris\"}"}}]},"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":null}

data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9,"completion_tokens_details":{"reasoning_tokens":1}}}

data: [DONE]

"#;
        assert_eq!(golden::stream(script().reasoning(1).tool_call("weather")), expected);
    }

    #[test]
    fn a_refusal_is_told_by_its_own_member() {
        let stream = golden::faulty(Dialect::OpenAiChat, &Fault::Refusal);
        let refusals = stream.matches(r#""delta":{"refusal":" "#).count();
        assert_eq!((refusals, stream.matches(r#""delta":{"content""#).count()), (2, 0), "{stream}");
        assert!(stream.contains(r#""finish_reason":"stop""#), "{stream}");
    }

    #[test]
    fn errors_have_the_bytes_of_the_format() {
        let event = r#"event: error
data: a "b"

"#;
        let object = r#"data: {"error":{"message":"a \"b\"","type":"server_error"}}

data: [DONE]

"#;
        assert_eq!(golden::errors(&Dialect::OpenAiChat), [event, object]);
    }

    #[test]
    fn each_choice_of_usage_has_its_place() {
        // A letter for each chunk: a number with counts, `n` with null, `-` without.
        let places = |usage| {
            let stream = golden::stream(script().usage(usage));
            let chunks = golden::data(&stream).into_iter().filter(|data| *data != "[DONE]");
            chunks.map(golden::completion_tokens).collect::<String>()
        };
        assert_eq!(places(Usage::AsAsked), "nnnn2");
        assert_eq!(places(Usage::Always), "nnnn2");
        assert_eq!(places(Usage::InFinish), "---2");
        assert_eq!(places(Usage::EveryEvent), "01222");
        assert_eq!(places(Usage::Never), "----");
    }

    #[test]
    fn choices_are_interleaved() {
        let stream = golden::stream(script().choices(2).usage(Usage::EveryEvent));
        let indices = stream.match_indices(r#""index":"#).map(|(at, field)| &stream[at + field.len()..][..1]);
        assert_eq!(indices.collect::<String>(), "01010101");
        let counts: String = golden::data(&stream).into_iter().map(golden::completion_tokens).collect();
        assert_eq!(counts, "001122224-");
        let texts = [" of", " day", " day", " and"].map(|text| format!(r#""content":"{text}""#));
        assert!(texts.iter().all(|text| stream.contains(text)), "{stream}");
    }

    #[test]
    fn a_bundle_is_one_chunk_cut_where_the_reasoning_ends() {
        let whole = golden::stream(script().bundle(2));
        assert!(whole.contains(r#""delta":{"content":" of day"}"#), "{whole}");
        let cut = golden::stream(script().bundle(2).reasoning(1));
        assert!(cut.contains(r#"{"reasoning_content":" of"}"#) && cut.contains(r#"{"content":" day"}"#), "{cut}");
    }

    #[test]
    fn faults_change_the_counts() {
        let off_by = |off_by| golden::faulty(Dialect::OpenAiChat, &Fault::WrongUsage { off_by });
        assert!(off_by(3).contains(r#""completion_tokens":5,"total_tokens":12"#));
        assert!(off_by(-3).contains(r#""completion_tokens":0,"total_tokens":7"#));
        assert!(!golden::faulty(Dialect::OpenAiChat, &Fault::NoUsage).contains("usage"));
    }

    #[test]
    fn a_huge_event_has_its_bytes() {
        let stream = golden::faulty(Dialect::OpenAiChat, &Fault::HugeEvent { bytes: 5 });
        assert!(stream.contains(r#"{"content":" aaaa"}"#) && stream.contains(r#"{"content":" day"}"#), "{stream}");
    }
}
