//! The bytes of short streams: request 2, seven prompt tokens, two tokens (` of` and ` day`).

use std::sync::Arc;

pub(super) use super::super::fault::Fault;
pub(super) use super::super::script::Script;
pub(super) use super::super::usage::Usage;
pub(super) use super::Dialect;
use super::{Chunk, Outbox, Reply, Wishes, Writer};

fn writer(script: Script, path: &str, fault: Option<&Fault>) -> Writer {
    let script = Arc::new(script);
    let format = script.dialect.format(path);
    let wishes = Wishes { path, model: Some("m"), include_usage: true };
    let out = Outbox::new(format.framing(), script.line_end.unwrap_or(format.line_end()), None);
    let tokens = script.dialect.fixed_tokens().unwrap_or(2);
    let mut reply = Reply::new(&script, 2, tokens, 7, wishes, format.as_ref());
    if let Some(fault) = fault {
        reply.apply(fault);
    }
    Writer::new(reply, format, out)
}

fn written(mut writer: Writer, chunks: &[Chunk]) -> String {
    for chunk in chunks {
        writer.write(chunk);
    }
    let mut bytes = Vec::new();
    while let Some(event) = writer.out.take() {
        bytes.extend(event);
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn whole(bundle: u32) -> Vec<Chunk> {
    let tokens = (0..2 / bundle).map(|event| Chunk::Tokens(event * bundle..(event + 1) * bundle));
    [Chunk::Open].into_iter().chain(tokens).chain([Chunk::Finish, Chunk::End]).collect()
}

/// A whole stream; the request asks for the usage.
pub(super) fn stream(script: Script) -> String {
    stream_at("/", script)
}

pub(super) fn stream_at(path: &str, script: Script) -> String {
    let bundle = script.bundle;
    written(writer(script, path, None), &whole(bundle))
}

/// A whole stream with a fault that the chunks show.
pub(super) fn faulty(dialect: Dialect, fault: &Fault) -> String {
    written(writer(Script::new().dialect(dialect), "/", Some(fault)), &whole(1))
}

/// Each of the two errors in a stream, with the message `a "b"`.
pub(super) fn errors(dialect: &Dialect) -> [String; 2] {
    let message = String::from("a \"b\"");
    [Chunk::ErrorEvent(message.clone()), Chunk::ErrorObject(message)]
        .map(|error| written(writer(Script::new().dialect(dialect.clone()), "/", None), &[error]))
}

/// The data of each event, framed as SSE.
pub(super) fn data(stream: &str) -> Vec<&str> {
    stream.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
}

/// The count in a chunk of OpenAI's as a digit, `n` for null, `-` for none.
pub(super) fn completion_tokens(data: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
    match json.get("usage") {
        None => "-".into(),
        Some(usage) => usage["completion_tokens"].as_u64().map_or("n".into(), |count| count.to_string()),
    }
}
