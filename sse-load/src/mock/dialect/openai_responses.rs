//! OpenAI Responses: typed, numbered events; each item opens, grows, is repeated whole and closes.

use super::format::Format;
use super::framing::Outbox;
use super::openai::CREATED;
use super::reply::{ARGUMENTS, ARGUMENTS_STRING, Channel, Piece, Reply, json_string};

#[derive(Debug, Default)]
pub(super) struct OpenAiResponses {
    /// Events so far.
    sequence: u64,
    /// The items that are complete, each as JSON.
    output: Vec<String>,
    item: Option<Item>,
}

/// The item that grows.
#[derive(Debug)]
struct Item {
    channel: Channel,
    text: String,
}

impl Item {
    fn id(&self, reply: &Reply) -> String {
        let prefix = if self.channel == Channel::Reasoning { "rs" } else { "msg" };
        format!("{prefix}_{}", reply.number)
    }

    /// The part that holds the text, whole.
    fn part(&self, text: &str) -> String {
        match self.channel {
            Channel::Reasoning => format!(r#"{{"type":"summary_text","text":"{text}"}}"#),
            Channel::Text => format!(r#"{{"type":"output_text","annotations":[],"logprobs":[],"text":"{text}"}}"#),
            Channel::Refusal => format!(r#"{{"type":"refusal","refusal":"{text}"}}"#),
        }
    }

    /// The item with these parts.
    fn json(&self, reply: &Reply, status: &str, parts: &str) -> String {
        let id = self.id(reply);
        match self.channel {
            Channel::Reasoning => format!(r#"{{"id":"{id}","type":"reasoning","summary":[{parts}]}}"#),
            _ => format!(
                r#"{{"id":"{id}","type":"message","status":"{status}","content":[{parts}],"role":"assistant"}}"#
            ),
        }
    }

    /// What the types of its events start with, for its part and for its text, and the member that numbers its part.
    fn names(&self) -> (&'static str, &'static str, &'static str) {
        match self.channel {
            Channel::Reasoning => {
                ("response.reasoning_summary_part", "response.reasoning_summary_text", "summary_index")
            }
            Channel::Text => ("response.content_part", "response.output_text", "content_index"),
            Channel::Refusal => ("response.content_part", "response.refusal", "content_index"),
        }
    }

    /// The last member of the events with its text.
    fn logprobs(&self) -> &'static str {
        if self.channel == Channel::Text { r#","logprobs":[]"# } else { "" }
    }
}

impl OpenAiResponses {
    fn send(&mut self, name: &str, members: &str, out: &mut Outbox) {
        let sequence = self.sequence;
        self.sequence += 1;
        out.named(name, format_args!(r#"{{"type":"{name}","sequence_number":{sequence},{members}}}"#));
    }

    fn send_item(&mut self, name: &str, item: &str, out: &mut Outbox) {
        let members = format!(r#""output_index":{},"item":{item}"#, self.output.len());
        self.send(name, &members, out);
    }

    /// An event about the part of an item.
    fn send_part(&mut self, name: &str, (item, reply): (&Item, &Reply), members: &str, out: &mut Outbox) {
        let (id, index, (_, _, part)) = (item.id(reply), self.output.len(), item.names());
        let members = format!(r#""item_id":"{id}","output_index":{index},"{part}":0,{members}"#);
        self.send(name, &members, out);
    }

    fn open_item(&mut self, reply: &Reply, channel: Channel, out: &mut Outbox) -> Item {
        let item = Item { channel, text: String::new() };
        self.send_item("response.output_item.added", &item.json(reply, "in_progress", ""), out);
        let part = format!(r#""part":{}"#, item.part(""));
        self.send_part(&format!("{}.added", item.names().0), (&item, reply), &part, out);
        item
    }

    fn close_item(&mut self, reply: &Reply, out: &mut Outbox) {
        let Some(item) = self.item.take() else { return };
        let (part_name, text_name, _) = item.names();
        let member = if item.channel == Channel::Refusal { "refusal" } else { "text" };
        let text = format!(r#""{member}":"{}"{}"#, item.text, item.logprobs());
        self.send_part(&format!("{text_name}.done"), (&item, reply), &text, out);
        let part = item.part(&item.text);
        self.send_part(&format!("{part_name}.done"), (&item, reply), &format!(r#""part":{part}"#), out);
        self.complete(item.json(reply, "completed", &part), out);
    }

    fn complete(&mut self, item: String, out: &mut Outbox) {
        self.send_item("response.output_item.done", &item, out);
        self.output.push(item);
    }

    fn call(&mut self, reply: &Reply, tool: &str, out: &mut Outbox) {
        let (number, index) = (reply.number, self.output.len());
        let item = |status, arguments| {
            format!(
                r#"{{"id":"fc_{number}","type":"function_call","status":"{status}","arguments":"{arguments}","call_id":"call_{number}","name":{tool}}}"#
            )
        };
        self.send_item("response.output_item.added", &item("in_progress", ""), out);
        let place = format!(r#""item_id":"fc_{number}","output_index":{index}"#);
        for fragment in ARGUMENTS {
            let members = format!(r#"{place},"delta":"{fragment}""#);
            self.send("response.function_call_arguments.delta", &members, out);
        }
        let members = format!(r#"{place},"arguments":"{ARGUMENTS_STRING}""#);
        self.send("response.function_call_arguments.done", &members, out);
        self.complete(item("completed", ARGUMENTS_STRING), out);
    }

    /// An event with the whole response.
    fn send_response(&mut self, name: &str, reply: &Reply, state: &State<'_>, out: &mut Outbox) {
        let State { status, error, usage } = state;
        let members = format!(
            concat!(
                r#""response":{{"id":"resp_{}","object":"response","created_at":{},"status":"{}","background":false,"#,
                r#""error":{},"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":{},"#,
                r#""output":[{}],"parallel_tool_calls":true,"previous_response_id":null,"#,
                r#""reasoning":{{"effort":null,"summary":null}},"store":true,"temperature":1.0,"#,
                r#""text":{{"format":{{"type":"text"}}}},"tool_choice":"auto","tools":[],"top_p":1.0,"#,
                r#""truncation":"disabled","usage":{},"user":null,"metadata":{{}}}}"#,
            ),
            reply.number,
            CREATED,
            status,
            error,
            reply.model,
            self.output.join(","),
            usage
        );
        self.send(name, &members, out);
    }
}

/// How a response stands; `error` and `usage` are JSON.
struct State<'a> {
    status: &'a str,
    error: &'a str,
    usage: &'a str,
}

fn usage(reply: &Reply) -> String {
    let counts = reply.counts();
    if !reply.has_usage() {
        return "null".into();
    }
    format!(
        concat!(
            r#"{{"input_tokens":{},"input_tokens_details":{{"cached_tokens":0}},"output_tokens":{},"#,
            r#""output_tokens_details":{{"reasoning_tokens":{}}},"total_tokens":{}}}"#
        ),
        counts.prompt,
        counts.completion,
        counts.reasoning,
        counts.total()
    )
}

impl Format for OpenAiResponses {
    fn has_reasoning(&self) -> bool {
        true
    }

    fn content_type(&self) -> &'static str {
        "text/event-stream; charset=utf-8"
    }

    fn open(&mut self, reply: &Reply, out: &mut Outbox) {
        let state = State { status: "in_progress", error: "null", usage: "null" };
        for name in ["response.created", "response.in_progress"] {
            self.send_response(name, reply, &state, out);
        }
    }

    fn piece(&mut self, reply: &Reply, piece: &Piece<'_>, out: &mut Outbox) {
        if self.item.as_ref().is_some_and(|item| item.channel != piece.channel) {
            self.close_item(reply, out);
        }
        let open = self.item.take();
        let mut item = open.unwrap_or_else(|| self.open_item(reply, piece.channel, out));
        item.text.push_str(piece.text);
        let delta = format!(r#""delta":"{}"{}"#, piece.text, item.logprobs());
        self.send_part(&format!("{}.delta", item.names().1), (&item, reply), &delta, out);
        self.item = Some(item);
    }

    fn finish(&mut self, reply: &Reply, out: &mut Outbox) {
        self.close_item(reply, out);
        if let Some(tool) = reply.tool() {
            self.call(reply, &tool, out);
        }
    }

    fn end(&mut self, reply: &Reply, out: &mut Outbox) {
        let state = State { status: "completed", error: "null", usage: &usage(reply) };
        self.send_response("response.completed", reply, &state, out);
    }

    fn error_event(&mut self, _: &Reply, message: &str, out: &mut Outbox) {
        let message = json_string(message);
        self.send("error", &format!(r#""code":"server_error","message":{message},"param":null"#), out);
    }

    fn error_object(&mut self, reply: &Reply, message: &str, out: &mut Outbox) {
        let error = format!(r#"{{"code":"server_error","message":{}}}"#, json_string(message));
        let state = State { status: "failed", error: &error, usage: "null" };
        self.send_response("response.failed", reply, &state, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{self, Dialect, Fault, Script};

    fn script() -> Script {
        Script::new().dialect(Dialect::OpenAiResponses)
    }

    #[test]
    fn a_stream_has_the_bytes_of_the_format() {
        let expected = r#"event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_2","object":"response","created_at":1700000000,"status":"in_progress","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"m","output":[],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":true,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":null,"user":null,"metadata":{}}}

event: response.in_progress
data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_2","object":"response","created_at":1700000000,"status":"in_progress","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"m","output":[],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":true,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":null,"user":null,"metadata":{}}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"msg_2","type":"message","status":"in_progress","content":[],"role":"assistant"}}

event: response.content_part.added
data: {"type":"response.content_part.added","sequence_number":3,"item_id":"msg_2","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_2","output_index":0,"content_index":0,"delta":" of","logprobs":[]}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":5,"item_id":"msg_2","output_index":0,"content_index":0,"delta":" day","logprobs":[]}

event: response.output_text.done
data: {"type":"response.output_text.done","sequence_number":6,"item_id":"msg_2","output_index":0,"content_index":0,"text":" of day","logprobs":[]}

event: response.content_part.done
data: {"type":"response.content_part.done","sequence_number":7,"item_id":"msg_2","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":" of day"}}

event: response.output_item.done
data: {"type":"response.output_item.done","sequence_number":8,"output_index":0,"item":{"id":"msg_2","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":" of day"}],"role":"assistant"}}

event: response.completed
data: {"type":"response.completed","sequence_number":9,"response":{"id":"resp_2","object":"response","created_at":1700000000,"status":"completed","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"m","output":[{"id":"msg_2","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":" of day"}],"role":"assistant"}],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":true,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":0},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":9},"user":null,"metadata":{}}}

"#;
        assert_eq!(golden::stream(script()), expected);
    }

    #[test]
    fn reasoning_and_tool_calls_have_the_bytes_of_the_format() {
        let expected = r#"event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_2","object":"response","created_at":1700000000,"status":"in_progress","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"m","output":[],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":true,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":null,"user":null,"metadata":{}}}

event: response.in_progress
data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_2","object":"response","created_at":1700000000,"status":"in_progress","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"m","output":[],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":true,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":null,"user":null,"metadata":{}}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"rs_2","type":"reasoning","summary":[]}}

event: response.reasoning_summary_part.added
data: {"type":"response.reasoning_summary_part.added","sequence_number":3,"item_id":"rs_2","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}

event: response.reasoning_summary_text.delta
data: {"type":"response.reasoning_summary_text.delta","sequence_number":4,"item_id":"rs_2","output_index":0,"summary_index":0,"delta":" of"}

event: response.reasoning_summary_text.done
data: {"type":"response.reasoning_summary_text.done","sequence_number":5,"item_id":"rs_2","output_index":0,"summary_index":0,"text":" of"}

event: response.reasoning_summary_part.done
data: {"type":"response.reasoning_summary_part.done","sequence_number":6,"item_id":"rs_2","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":" of"}}

event: response.output_item.done
data: {"type":"response.output_item.done","sequence_number":7,"output_index":0,"item":{"id":"rs_2","type":"reasoning","summary":[{"type":"summary_text","text":" of"}]}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":8,"output_index":1,"item":{"id":"msg_2","type":"message","status":"in_progress","content":[],"role":"assistant"}}

event: response.content_part.added
data: {"type":"response.content_part.added","sequence_number":9,"item_id":"msg_2","output_index":1,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":10,"item_id":"msg_2","output_index":1,"content_index":0,"delta":" day","logprobs":[]}

event: response.output_text.done
data: {"type":"response.output_text.done","sequence_number":11,"item_id":"msg_2","output_index":1,"content_index":0,"text":" day","logprobs":[]}

event: response.content_part.done
data: {"type":"response.content_part.done","sequence_number":12,"item_id":"msg_2","output_index":1,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":" day"}}

event: response.output_item.done
data: {"type":"response.output_item.done","sequence_number":13,"output_index":1,"item":{"id":"msg_2","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":" day"}],"role":"assistant"}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":14,"output_index":2,"item":{"id":"fc_2","type":"function_call","status":"in_progress","arguments":"","call_id":"call_2","name":"weather"}}

event: response.function_call_arguments.delta
data: {"type":"response.function_call_arguments.delta","sequence_number":15,"item_id":"fc_2","output_index":2,"delta":"{\"city"}

event: response.function_call_arguments.delta
data: {"type":"response.function_call_arguments.delta","sequence_number":16,"item_id":"fc_2","output_index":2,"delta":"\":\"Pa"}

event: response.function_call_arguments.delta
data: {"type":"response.function_call_arguments.delta","sequence_number":17,"item_id":"fc_2","output_index":2,"delta":"ris\"}"}

event: response.function_call_arguments.done
data: {"type":"response.function_call_arguments.done","sequence_number":18,"item_id":"fc_2","output_index":2,"arguments":"{\"city\":\"Paris\"}"}

event: response.output_item.done
data: {"type":"response.output_item.done","sequence_number":19,"output_index":2,"item":{"id":"fc_2","type":"function_call","status":"completed","arguments":"{\"city\":\"Paris\"}","call_id":"call_2","name":"weather"}}

event: response.completed
data: {"type":"response.completed","sequence_number":20,"response":{"id":"resp_2","object":"response","created_at":1700000000,"status":"completed","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"m","output":[{"id":"rs_2","type":"reasoning","summary":[{"type":"summary_text","text":" of"}]},{"id":"msg_2","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":" day"}],"role":"assistant"},{"id":"fc_2","type":"function_call","status":"completed","arguments":"{\"city\":\"Paris\"}","call_id":"call_2","name":"weather"}],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":true,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":0},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":9},"user":null,"metadata":{}}}

"#;
        assert_eq!(golden::stream(script().reasoning(1).tool_call("weather")), expected);
    }

    #[test]
    fn a_refusal_is_told_by_its_own_events() {
        let stream = golden::faulty(Dialect::OpenAiResponses, &Fault::Refusal);
        let deltas = stream.matches("event: response.refusal.delta\n").count();
        assert_eq!((deltas, stream.matches("output_text").count()), (2, 0), "{stream}");
        assert!(stream.contains(r#""content":[{"type":"refusal","refusal":" of day"}]"#), "{stream}");
    }

    #[test]
    fn errors_have_the_bytes_of_the_format() {
        let event = r#"event: error
data: {"type":"error","sequence_number":0,"code":"server_error","message":"a \"b\"","param":null}

"#;
        let object = r#"event: response.failed
data: {"type":"response.failed","sequence_number":0,"response":{"id":"resp_2","object":"response","created_at":1700000000,"status":"failed","background":false,"error":{"code":"server_error","message":"a \"b\""},"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"m","output":[],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":true,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":null,"user":null,"metadata":{}}}

"#;
        assert_eq!(golden::errors(&Dialect::OpenAiResponses), [event, object]);
    }
}
