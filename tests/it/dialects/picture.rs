//! What the client makes of a stream, to compare.

use sse_load::client::Reply;
use sse_load::protocol::{Channel, Usage};

/// A piece of output: the name of its event, its channel, its choice, the tokens of its event, its text.
pub(super) type Piece = (String, Channel, u32, Option<u32>, String);

/// All that a reply says and that no clock has a part in.
#[derive(Debug, PartialEq)]
pub(super) struct Picture {
    pub(super) pieces: Vec<Piece>,
    pub(super) generated_events: usize,
    pub(super) choices: Vec<u32>,
    pub(super) usage: Usage,
    /// Whether the terminal marker was seen.
    pub(super) terminal: bool,
    pub(super) malformed_events: u64,
    pub(super) bytes_after_end: u64,
}

impl Picture {
    pub(super) fn of(reply: &Reply) -> Self {
        let piece = |event: sse_load::client::Generated<'_>| {
            (event.name.to_owned(), event.channel, event.choice, event.event_tokens, event.text.to_owned())
        };
        Self {
            pieces: reply.events().map(piece).collect(),
            generated_events: reply.metrics().generated.len(),
            choices: reply.choices(),
            usage: reply.usage(),
            terminal: reply.metrics().terminal.is_some(),
            malformed_events: reply.malformed_events(),
            bytes_after_end: reply.bytes_after_end(),
        }
    }
}
