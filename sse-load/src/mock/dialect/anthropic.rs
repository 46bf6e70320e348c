//! Anthropic Messages: typed events; the reply is a list of content blocks that open, grow and close.

use super::format::Format;
use super::framing::Outbox;
use super::openai::error_object;
use super::reply::{ARGUMENTS, Channel, Piece, Reply, json_string};

#[derive(Debug, Default)]
pub(super) struct Anthropic {
    /// What the open block is.
    block: Option<Channel>,
    /// The number of the block that is open, or else of the next one.
    index: u32,
}

impl Anthropic {
    fn start(&mut self, content: &str, out: &mut Outbox) {
        let index = self.index;
        out.named(
            "content_block_start",
            format_args!(r#"{{"type":"content_block_start","index":{index},"content_block":{content}}}"#),
        );
    }

    fn delta(&mut self, delta: &str, out: &mut Outbox) {
        let index = self.index;
        out.named(
            "content_block_delta",
            format_args!(r#"{{"type":"content_block_delta","index":{index},"delta":{delta}}}"#),
        );
    }

    fn stop(&mut self, out: &mut Outbox) {
        let index = self.index;
        out.named("content_block_stop", format_args!(r#"{{"type":"content_block_stop","index":{index}}}"#));
        self.index += 1;
    }

    fn open_block(&mut self, channel: Channel, out: &mut Outbox) {
        self.block = Some(channel);
        match channel {
            Channel::Reasoning => self.start(r#"{"type":"thinking","thinking":"","signature":""}"#, out),
            Channel::Text | Channel::Refusal => self.start(r#"{"type":"text","text":""}"#, out),
        }
    }

    fn close_block(&mut self, out: &mut Outbox) {
        let Some(channel) = self.block.take() else { return };
        if channel == Channel::Reasoning {
            self.delta(r#"{"type":"signature_delta","signature":"bW9jaw=="}"#, out);
        }
        self.stop(out);
    }

    fn call(&mut self, reply: &Reply, tool: &str, out: &mut Outbox) {
        let number = reply.number;
        self.start(&format!(r#"{{"type":"tool_use","id":"toolu_{number}","name":{tool},"input":{{}}}}"#), out);
        for fragment in [""].iter().chain(&ARGUMENTS) {
            self.delta(&format!(r#"{{"type":"input_json_delta","partial_json":"{fragment}"}}"#), out);
        }
        self.stop(out);
    }
}

impl Format for Anthropic {
    fn has_reasoning(&self) -> bool {
        true
    }

    fn content_type(&self) -> &'static str {
        "text/event-stream; charset=utf-8"
    }

    /// The first block opens at once, and a ping follows it.
    fn open(&mut self, reply: &Reply, out: &mut Outbox) {
        let usage = if reply.has_usage() {
            let prompt = reply.counts().prompt;
            format!(
                r#","usage":{{"input_tokens":{prompt},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}"#
            )
        } else {
            String::new()
        };
        out.named(
            "message_start",
            format_args!(
                concat!(
                    r#"{{"type":"message_start","message":{{"id":"msg_{}","type":"message","role":"assistant","model":{},"#,
                    r#""content":[],"stop_reason":null,"stop_sequence":null{}}}}}"#
                ),
                reply.number, reply.model, usage
            ),
        );
        if reply.has_tokens() {
            self.open_block(reply.channel(0), out);
        }
        out.named("ping", format_args!(r#"{{"type":"ping"}}"#));
    }

    fn piece(&mut self, _: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        if self.block != Some(piece.channel) {
            self.close_block(out);
            self.open_block(piece.channel, out);
        }
        let (kind, member) = match piece.channel {
            Channel::Reasoning => ("thinking_delta", "thinking"),
            Channel::Text | Channel::Refusal => ("text_delta", "text"),
        };
        self.delta(&format!(r#"{{"type":"{kind}","{member}":"{}"}}"#, piece.text), out);
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        self.close_block(out);
        let tool = reply.tool();
        if let Some(tool) = &tool {
            self.call(reply, tool, out);
        }
        let reason = match tool {
            _ if reply.refused => "refusal",
            Some(_) => "tool_use",
            None => "end_turn",
        };
        let usage = if reply.has_usage() {
            format!(r#","usage":{{"output_tokens":{}}}"#, reply.counts().completion)
        } else {
            String::new()
        };
        out.named(
            "message_delta",
            format_args!(
                r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}","stop_sequence":null}}{usage}}}"#
            ),
        );
    }

    fn end(&mut self, _: &Reply, out: &mut Outbox) {
        out.named("message_stop", format_args!(r#"{{"type":"message_stop"}}"#));
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        let message = json_string(message);
        out.named(
            "error",
            format_args!(r#"{{"type":"error","error":{{"type":"overloaded_error","message":{message}}}}}"#),
        );
    }

    /// As gateways in front of the API send it: without an event name and without a type.
    fn error_object(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        error_object(message, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Fault, Script};

    fn script() -> Script {
        Script::new().dialect(Dialect::Anthropic)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_2","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" of"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" day"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}

event: message_stop
data: {"type":"message_stop"}

"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn reasoning_and_tool_calls_have_the_bytes_of_the_format() {
        let expected = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_2","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" of"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"bW9jaw=="}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" day"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_2","name":"weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\":\"Pa"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"ris\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":2}}

event: message_stop
data: {"type":"message_stop"}

"#;
        assert_eq!(golden::stream(script().reasoning(1).tool_call("weather")), expected);
    }

    #[test]
    fn a_refusal_is_told_by_the_stop_reason() {
        let stream = golden::faulty(Dialect::Anthropic, &Fault::Refusal);
        assert!(stream.contains(r#""stop_reason":"refusal""#), "{stream}");
    }

    #[test]
    fn errors_have_the_bytes_of_the_format_and_of_a_gateway() {
        let event = r#"event: error
data: {"type":"error","error":{"type":"overloaded_error","message":"a \"b\""}}

"#;
        let object = r#"data: {"error":{"message":"a \"b\"","type":"server_error"}}

"#;
        assert_eq!(golden::errors(&Dialect::Anthropic), [event, object]);
    }
}
