//! What a stream brought.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::drive::Head;
use super::facts::Facts;
use crate::protocol::{Channel, Usage};
use crate::sample::{Metric, Stamps};

/// A reply that was read to its end.
#[derive(Debug)]
pub struct Reply {
    head: Head,
    facts: Facts,
}

/// One piece of generated output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated<'a> {
    /// From the start of the request to the read that brought it.
    pub at: Duration,
    /// The name of the event that brought it, of its `event` field; `message` where it had none.
    pub name: &'a str,
    /// What kind of output.
    pub channel: Channel,
    /// Which of several answers, from 0.
    pub choice: u32,
    /// Tokens of the event that brought it, where the stream says so for every event up to it. Pieces of one event
    /// share it.
    pub event_tokens: Option<u32>,
    /// The text.
    pub text: &'a str,
}

impl Reply {
    pub(super) fn new(head: Head, facts: Facts) -> Self {
        Self { head, facts }
    }

    /// Adds what came behind the end of the stream.
    pub(super) fn note_rest(&mut self, bytes: u64) {
        self.facts.bytes_after_end += bytes;
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The answer: all text that is neither reasoning nor refusal, tool call or audio. Of several answers it is that with
    /// the lowest number; [`choice`](Self::choice) gives the others.
    #[must_use]
    pub fn text(&self) -> &str {
        self.first_choice(Channel::Text)
    }

    /// The reasoning that came before the answer; empty if none did.
    #[must_use]
    pub fn reasoning(&self) -> &str {
        self.first_choice(Channel::Reasoning)
    }

    /// The whole text of one answer on one channel; empty if there is none.
    #[must_use]
    pub fn choice(&self, choice: u32, channel: Channel) -> &str {
        self.facts.texts.of(choice, channel)
    }

    /// The numbers of the answers that brought output, in order.
    #[must_use]
    pub fn choices(&self) -> Vec<u32> {
        self.facts.texts.choices()
    }

    fn first_choice(&self, channel: Channel) -> &str {
        self.choice(self.facts.texts.first_choice(), channel)
    }

    /// The format that the stream was read as, such as `openai_chat`.
    #[must_use]
    pub fn format(&self) -> &'static str {
        self.facts.format
    }

    /// Token counts as the server sent them; its fields are `None` where it sent none. What the server does not count is
    /// counted after the stream, on another thread, for the report.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.facts.usage
    }

    /// Every piece of generated output in order, with its time.
    pub fn events(&self) -> impl Iterator<Item = Generated<'_>> {
        let Facts { stamps, texts, pieces, names, .. } = &self.facts;
        pieces.iter().map(move |piece| {
            let (channel, choice, text) = texts.piece(piece.span);
            let event = piece.event as usize;
            let event_tokens = stamps.tokens.get(event).copied();
            let at = stamps.generated[event] - stamps.start;
            Generated { at, name: names.of(event), channel, choice, event_tokens, text }
        })
    }

    /// Time to first token.
    #[must_use]
    pub fn ttft(&self) -> Duration {
        self.metric(Metric::Ttft).unwrap_or_default()
    }

    /// A time metric of this request; `None` where it is absent, for counts, and for metrics that rest on tokens that the
    /// server did not count.
    #[must_use]
    pub fn metric(&self, metric: Metric) -> Option<Duration> {
        self.facts.stamps.duration(metric, self.facts.usage.completion_tokens)
    }

    /// The moments that all metrics are made from.
    #[must_use]
    pub fn metrics(&self) -> &Stamps {
        &self.facts.stamps
    }

    /// The longest time without a byte from the server, from the response head to the end of the stream.
    #[must_use]
    pub fn longest_silence(&self) -> Duration {
        self.facts.longest_silence
    }

    /// Bytes behind the end of the stream, line ends not counted; the body is looked at for up to 50 ms and 64 KiB.
    #[must_use]
    pub fn bytes_after_end(&self) -> u64 {
        self.facts.bytes_after_end
    }

    /// Generated events behind the terminal marker of a stream that goes on after it: Gemini's, chat's before `[DONE]`. Their
    /// text is part of the reply all the same.
    #[must_use]
    pub fn events_after_complete(&self) -> u64 {
        self.facts.events_after_complete
    }

    /// The first place at which an event's id is no whole number that follows on the one before, in words.
    #[must_use]
    pub fn id_gap(&self) -> Option<&str> {
        self.facts.ids.gap()
    }

    /// Events that could not be read.
    #[must_use]
    pub fn malformed_events(&self) -> u64 {
        self.facts.malformed
    }

    /// The HTTP status, always 2xx.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The response headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }
}
