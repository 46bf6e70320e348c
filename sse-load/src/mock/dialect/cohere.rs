//! Cohere v2 chat: typed events; the message is a list of contents that open, grow and close.

use super::format::Format;
use super::framing::Outbox;
use super::openai::error_object;
use super::reply::{ARGUMENTS, Channel, Piece, Reply, json_string};

#[derive(Debug, Default)]
pub(super) struct Cohere {
    /// What the open content is.
    content: Option<Channel>,
    /// The number of the content that is open, or else of the next one.
    index: u32,
}

/// An event that changes the message.
fn send(name: &str, index: u32, message: &str, out: &mut Outbox) {
    out.named(name, format_args!(r#"{{"type":"{name}","index":{index},"delta":{{"message":{message}}}}}"#));
}

fn send_end(name: &str, index: u32, out: &mut Outbox) {
    out.named(name, format_args!(r#"{{"type":"{name}","index":{index}}}"#));
}

/// The member that holds the text.
fn member(channel: Channel) -> &'static str {
    if channel == Channel::Reasoning { "thinking" } else { "text" }
}

impl Cohere {
    fn open_content(&mut self, channel: Channel, out: &mut Outbox) {
        let member = member(channel);
        send("content-start", self.index, &format!(r#"{{"content":{{"type":"{member}","{member}":""}}}}"#), out);
        self.content = Some(channel);
    }

    fn close_content(&mut self, out: &mut Outbox) {
        if self.content.take().is_some() {
            send_end("content-end", self.index, out);
            self.index += 1;
        }
    }
}

fn call(reply: &Reply, tool: &str, out: &mut Outbox) {
    let message = format!(
        r#"{{"tool_calls":{{"id":"call_{}","type":"function","function":{{"name":{tool},"arguments":""}}}}}}"#,
        reply.number
    );
    send("tool-call-start", 0, &message, out);
    for fragment in ARGUMENTS {
        let message = format!(r#"{{"tool_calls":{{"function":{{"arguments":"{fragment}"}}}}}}"#);
        send("tool-call-delta", 0, &message, out);
    }
    send_end("tool-call-end", 0, out);
}

impl Format for Cohere {
    fn has_reasoning(&self) -> bool {
        true
    }

    fn open(&mut self, reply: &Reply, out: &mut Outbox) {
        out.named(
            "message-start",
            format_args!(
                r#"{{"id":"msg-{}","type":"message-start","delta":{{"message":{{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}}}}"#,
                reply.number
            ),
        );
    }

    fn piece(&mut self, _: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        if self.content != Some(piece.channel) {
            self.close_content(out);
            self.open_content(piece.channel, out);
        }
        let member = member(piece.channel);
        send("content-delta", self.index, &format!(r#"{{"content":{{"{member}":"{}"}}}}"#, piece.text), out);
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        self.close_content(out);
        let tool = reply.tool();
        if let Some(tool) = &tool {
            call(reply, tool, out);
        }
        let reason = if tool.is_some() { "TOOL_CALL" } else { "COMPLETE" };
        let counts = reply.counts();
        let tokens = format!(r#"{{"input_tokens":{},"output_tokens":{}}}"#, counts.prompt, counts.completion);
        let usage = if reply.has_usage() {
            format!(r#","usage":{{"billed_units":{tokens},"tokens":{tokens}}}"#)
        } else {
            String::new()
        };
        out.named(
            "message-end",
            format_args!(r#"{{"type":"message-end","delta":{{"finish_reason":"{reason}"{usage}}}}}"#),
        );
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        let message = json_string(message);
        out.named(
            "message-end",
            format_args!(r#"{{"type":"message-end","delta":{{"finish_reason":"ERROR","error":{message}}}}}"#),
        );
    }

    /// As gateways in front of the API send it: without an event name and without a type.
    fn error_object(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        error_object(message, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Script};

    fn script() -> Script {
        Script::new().dialect(Dialect::Cohere)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"event: message-start
data: {"id":"msg-2","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}

event: content-start
data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" of"}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" day"}}}}

event: content-end
data: {"type":"content-end","index":0}

event: message-end
data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":7,"output_tokens":2},"tokens":{"input_tokens":7,"output_tokens":2}}}}

"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn reasoning_and_tool_calls_have_the_bytes_of_the_format() {
        let expected = r#"event: message-start
data: {"id":"msg-2","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}

event: content-start
data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}

event: content-delta
data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":" of"}}}}

event: content-end
data: {"type":"content-end","index":0}

event: content-start
data: {"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}

event: content-delta
data: {"type":"content-delta","index":1,"delta":{"message":{"content":{"text":" day"}}}}

event: content-end
data: {"type":"content-end","index":1}

event: tool-call-start
data: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"call_2","type":"function","function":{"name":"weather","arguments":""}}}}}

event: tool-call-delta
data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"city"}}}}}

event: tool-call-delta
data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"\":\"Pa"}}}}}

event: tool-call-delta
data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"ris\"}"}}}}}

event: tool-call-end
data: {"type":"tool-call-end","index":0}

event: message-end
data: {"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":7,"output_tokens":2},"tokens":{"input_tokens":7,"output_tokens":2}}}}

"#;
        assert_eq!(golden::stream(script().reasoning(1).tool_call("weather")), expected);
    }

    #[test]
    fn errors_have_the_bytes_of_the_format_and_of_a_gateway() {
        let event = r#"event: message-end
data: {"type":"message-end","delta":{"finish_reason":"ERROR","error":"a \"b\""}}

"#;
        let object = r#"data: {"error":{"message":"a \"b\"","type":"server_error"}}

"#;
        assert_eq!(golden::errors(&Dialect::Cohere), [event, object]);
    }
}
