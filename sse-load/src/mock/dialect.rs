//! The wire formats, written from their descriptions.

use std::io::Write as _;
use std::time::{Duration, Instant};

use super::clock;
use super::words::word;

/// The format of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// OpenAI chat completions: a role chunk at once, then a chunk per token, the finish reason, the usage if the
    /// request has `stream_options.include_usage`, and `data: [DONE]`.
    ///
    /// The role chunk is no token. It goes out with the head of the answer, in a write of its own.
    OpenAiChat,
    /// `data: {"type":"append","text":".."}` per token, then `data: {"type":"close"}`.
    Append,
    /// These events, each counted as a token, and no terminal marker but what they contain.
    Events(Vec<RawEvent>),
}

impl Dialect {
    /// A stream of hand-written events; see [`RawEvent`] for what an event can be.
    pub fn events<E: Into<RawEvent>>(events: impl IntoIterator<Item = E>) -> Self {
        Self::Events(events.into_iter().map(Into::into).collect())
    }
}

/// One event of a hand-written stream. Text turns into [`RawEvent::Data`] with `into()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawEvent {
    /// The data of an event. It is framed with `data: `, once for each of its lines.
    Data(String),
    /// Bytes that are sent as they are, for streams that no framing would make.
    Block(Vec<u8>),
}

impl From<&str> for RawEvent {
    fn from(data: &str) -> Self {
        Self::Data(data.into())
    }
}

impl From<String> for RawEvent {
    fn from(data: String) -> Self {
        Self::Data(data)
    }
}

/// One block of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chunk {
    /// The opening of a chat answer.
    Role,
    /// The token with this number, from 0.
    Token(u32),
    /// The reason why no more tokens come.
    Finish,
    /// How many tokens there were.
    Usage,
    /// The terminal marker.
    Done,
    /// An event of the type `error`.
    ErrorEvent(String),
    /// An error object in an ordinary event.
    ErrorObject(String),
    /// An event whose data is no JSON.
    NonJson,
}

/// Writes the chunks of one stream.
#[derive(Debug)]
pub(super) struct Writer {
    /// What all chunks of a chat answer start with.
    head: String,
    first_word: u64,
    pub(super) usage: Usage,
    /// The moment that stamps count from, if the events carry stamps.
    pub(super) epoch: Option<Instant>,
}

/// The token counts of a stream.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) prompt: u64,
    pub(super) completion: u32,
}

impl Writer {
    pub(super) fn new(request: u64, model: &str, usage: Usage, epoch: Option<Instant>) -> Self {
        let model = serde_json::Value::from(model);
        Self {
            // The time is fixed, so that the same request gets the same bytes.
            head: format!(
                r#"data: {{"id":"chatcmpl-{request}","object":"chat.completion.chunk","created":1700000000,"model":{model},"#
            ),
            first_word: request,
            usage,
            epoch,
        }
    }

    /// The bytes of a chunk; the stamp is read last.
    pub(super) fn write(&self, dialect: &Dialect, chunk: &Chunk) -> Vec<u8> {
        let mut block = Vec::with_capacity(self.head.len() + 160);
        match (dialect, chunk) {
            (_, Chunk::ErrorEvent(message)) => {
                block.extend_from_slice(b"event: error\n");
                write_data(&mut block, message);
            }
            (_, Chunk::ErrorObject(message)) => {
                let message = serde_json::Value::from(message.as_str());
                push(
                    &mut block,
                    format_args!("data: {{\"error\":{{\"message\":{message},\"type\":\"server_error\"}}}}\n\n"),
                );
            }
            (_, Chunk::NonJson) => block.extend_from_slice(b"data: this is not JSON\n\n"),
            (Dialect::OpenAiChat, chunk) => self.write_chat(&mut block, chunk),
            (Dialect::Append, chunk) => self.write_append(&mut block, chunk),
            (Dialect::Events(events), chunk) => write_raw(&mut block, events, chunk),
        }
        if let Some(epoch) = self.epoch {
            stamp(&mut block, epoch);
        }
        block
    }

    fn write_chat(&self, block: &mut Vec<u8>, chunk: &Chunk) {
        if *chunk == Chunk::Done {
            block.extend_from_slice(b"data: [DONE]\n\n");
            return;
        }
        block.extend_from_slice(self.head.as_bytes());
        match chunk {
            Chunk::Token(token) => push(
                block,
                format_args!(
                    r#""choices":[{{"index":0,"delta":{{"content":" {}"}},"finish_reason":null}}]"#,
                    word(self.first_word, *token)
                ),
            ),
            Chunk::Usage => push(
                block,
                format_args!(
                    r#""choices":[],"usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}}"#,
                    self.usage.prompt,
                    self.usage.completion,
                    self.usage.prompt.saturating_add(u64::from(self.usage.completion))
                ),
            ),
            Chunk::Finish => {
                block.extend_from_slice(br#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#);
            }
            _ => block.extend_from_slice(
                br#""choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]"#,
            ),
        }
        block.extend_from_slice(b"}\n\n");
    }

    fn write_append(&self, block: &mut Vec<u8>, chunk: &Chunk) {
        if let Chunk::Token(token) = chunk {
            push(
                block,
                format_args!("data: {{\"type\":\"append\",\"text\":\" {}\"}}\n\n", word(self.first_word, *token)),
            );
        } else {
            block.extend_from_slice(b"data: {\"type\":\"close\"}\n\n");
        }
    }
}

fn write_raw(block: &mut Vec<u8>, events: &[RawEvent], chunk: &Chunk) {
    let Chunk::Token(token) = chunk else { return };
    match usize::try_from(*token).ok().and_then(|token| events.get(token)) {
        Some(RawEvent::Data(data)) => write_data(block, data),
        Some(RawEvent::Block(bytes)) => block.extend_from_slice(bytes),
        None => {}
    }
}

/// Each line of the data in a field of its own (WHATWG HTML, section 9.2.6).
fn write_data(block: &mut Vec<u8>, data: &str) {
    for line in data.split('\n') {
        push(block, format_args!("data: {line}\n"));
    }
    block.push(b'\n');
}

fn push(block: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = block.write_fmt(text);
}

/// Adds the member `sent_ns` to the JSON object that the block ends with; a block without one stays as it is.
fn stamp(block: &mut Vec<u8>, epoch: Instant) {
    let Some(body) = block.strip_suffix(b"}\n\n") else {
        return;
    };
    let line = body.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(object) = line.strip_prefix(b"data:") else {
        return;
    };
    let object = object.trim_ascii();
    if !object.starts_with(b"{") {
        return;
    }
    let comma = if object == b"{" { "" } else { "," };
    block.truncate(body.len());
    push(block, format_args!("{comma}\"sent_ns\":{}}}\n\n", nanos(clock::now().saturating_duration_since(epoch))));
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        let usage = Usage { prompt: 7, completion: 2 };
        Writer::new(3, "m \"1\"", usage, None)
    }

    fn text(dialect: &Dialect, chunk: &Chunk) -> String {
        String::from_utf8(writer().write(dialect, chunk)).expect("UTF-8")
    }

    const HEAD: &str =
        r#"data: {"id":"chatcmpl-3","object":"chat.completion.chunk","created":1700000000,"model":"m \"1\"","#;

    #[test]
    fn chat_chunks_have_the_bytes_of_the_format() {
        let expected = [
            (Chunk::Role, r#""choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#),
            (Chunk::Finish, r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#),
            (Chunk::Usage, r#""choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}"#),
        ];
        for (chunk, rest) in expected {
            assert_eq!(text(&Dialect::OpenAiChat, &chunk), format!("{HEAD}{rest}\n\n"));
        }
        let token = text(&Dialect::OpenAiChat, &Chunk::Token(1));
        let word = word(3, 1);
        assert!(token.ends_with(&format!(
            r#""choices":[{{"index":0,"delta":{{"content":" {word}"}},"finish_reason":null}}]}}{}"#,
            "\n\n"
        )));
        assert_eq!(text(&Dialect::OpenAiChat, &Chunk::Done), "data: [DONE]\n\n");
    }

    #[test]
    fn append_chunks_have_the_bytes_of_the_format() {
        let word = word(3, 0);
        assert_eq!(
            text(&Dialect::Append, &Chunk::Token(0)),
            format!("data: {{\"type\":\"append\",\"text\":\" {word}\"}}\n\n")
        );
        assert_eq!(text(&Dialect::Append, &Chunk::Done), "data: {\"type\":\"close\"}\n\n");
    }

    #[test]
    fn raw_events_are_framed_and_blocks_are_not() {
        let dialect = Dialect::Events(vec!["a\nb".into(), RawEvent::Block(b": \xff".to_vec())]);
        let bytes = |token| writer().write(&dialect, &Chunk::Token(token));
        assert_eq!(bytes(0), b"data: a\ndata: b\n\n");
        assert_eq!(bytes(1), b": \xff");
        assert_eq!(bytes(2), b"");
    }

    #[test]
    fn errors_look_alike_in_every_dialect() {
        for dialect in [Dialect::OpenAiChat, Dialect::Append, Dialect::Events(Vec::new())] {
            assert_eq!(text(&dialect, &Chunk::ErrorEvent("no".into())), "event: error\ndata: no\n\n");
            assert_eq!(
                text(&dialect, &Chunk::ErrorObject("a \"b\"".into())),
                "data: {\"error\":{\"message\":\"a \\\"b\\\"\",\"type\":\"server_error\"}}\n\n"
            );
        }
    }

    #[test]
    fn stamps_go_into_json_objects_only() {
        let stamped = |block: &str| {
            let mut block = block.as_bytes().to_vec();
            stamp(&mut block, clock::now());
            String::from_utf8(block).expect("UTF-8")
        };
        assert!(stamped("data: {\"a\":1}\n\n").starts_with("data: {\"a\":1,\"sent_ns\":"));
        assert!(stamped("event: x\ndata:{}\n\n").starts_with("event: x\ndata:{\"sent_ns\":"));
        for other in ["data: [DONE]\n\n", "data: odd}\n\n", "data: {\"a\":1}\n", ": {}\n\n", ""] {
            assert_eq!(stamped(other), other);
        }
    }
}
