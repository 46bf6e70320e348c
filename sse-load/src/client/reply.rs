//! What a stream brought.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::drive::Head;
use super::reading::Facts;
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
    /// What kind of output.
    pub channel: Channel,
    /// The text.
    pub text: &'a str,
}

impl Reply {
    pub(super) fn new(head: Head, facts: Facts) -> Self {
        Self { head, facts }
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The answer: all text that is neither reasoning nor refusal, tool call or audio.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.facts.text
    }

    /// The reasoning that came before the answer; empty if none did.
    #[must_use]
    pub fn reasoning(&self) -> &str {
        &self.facts.reasoning
    }

    /// Token counts as the server sent them; its fields are `None` where it sent none. What the server does not count is
    /// counted after the stream, on another thread, for the report.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.facts.usage
    }

    /// Every piece of generated output in order, with its time.
    pub fn events(&self) -> impl Iterator<Item = Generated<'_>> {
        let mut ends = [0_usize; 3];
        self.facts.pieces.iter().map(move |piece| {
            let text = self.facts.channel(piece.channel);
            let begin = &mut ends[match piece.channel {
                Channel::Text => 0,
                Channel::Reasoning => 1,
                _ => 2,
            }];
            let end = (piece.end as usize).min(text.len());
            let generated = Generated {
                at: self.facts.stamps.generated[piece.event as usize] - self.facts.stamps.start,
                channel: piece.channel,
                text: text.get(*begin..end).unwrap_or_default(),
            };
            *begin = end;
            generated
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
