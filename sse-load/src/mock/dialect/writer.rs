//! Writes the chunks of one stream.

use std::ops::Range;

use super::format::Format;
use super::framing::{Filler, Outbox};
use super::reply::{Piece, Reply};

/// One step of a stream, the same for all formats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Chunk {
    /// What opens the reply.
    Open,
    /// The tokens with these numbers, from 0.
    Tokens(Range<u32>),
    /// The reason why no more tokens come, and what belongs to it.
    Finish,
    /// The terminal marker.
    End,
    /// An error after which the body ends.
    ErrorEvent(String),
    /// An error in an ordinary event.
    ErrorObject(String),
    /// An event whose data is no JSON.
    NonJson,
    /// The start of a line of data.
    LineStart,
    /// About so many bytes without meaning.
    Fill(Filler, u64),
}

/// Writes the chunks of one stream as events.
#[derive(Debug)]
pub(in super::super) struct Writer {
    reply: Reply,
    format: Box<dyn Format>,
    pub(in super::super) out: Outbox,
}

impl Writer {
    pub(in super::super) fn new(reply: Reply, format: Box<dyn Format>, out: Outbox) -> Self {
        Self { reply, format, out }
    }

    /// Writes the events of a chunk into the outbox.
    pub(in super::super) fn write(&mut self, chunk: &Chunk) {
        let Self { reply, format, out } = self;
        match chunk {
            Chunk::Open => format.open(reply, out),
            Chunk::Tokens(tokens) => self.write_tokens(tokens),
            Chunk::Finish => format.finish(reply, out),
            Chunk::End => format.end(reply, out),
            Chunk::ErrorEvent(message) => format.error_event(reply, message, out),
            Chunk::ErrorObject(message) => format.error_object(reply, message, out),
            Chunk::NonJson => out.data(format_args!("this is not JSON")),
            Chunk::LineStart => out.start_line(),
            Chunk::Fill(filler, bytes) => out.fill(*filler, usize::try_from(*bytes).unwrap_or(usize::MAX)),
        }
    }

    /// Tokens sent, of all choices.
    pub(in super::super) fn tokens(&self) -> u64 {
        self.reply.sent
    }

    fn write_tokens(&mut self, tokens: &Range<u32>) {
        for tokens in self.reply.by_channel(tokens).into_iter().filter(|tokens| !tokens.is_empty()) {
            for choice in 0..self.reply.choices {
                self.reply.sent += u64::from(tokens.end - tokens.start);
                let text = self.reply.text(choice, tokens.clone());
                let channel = self.reply.channel(tokens.start);
                let piece = Piece { channel, choice, tokens: tokens.clone(), text: &text };
                self.format.piece(&self.reply, &piece, &mut self.out);
            }
        }
    }
}
