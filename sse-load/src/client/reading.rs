//! The state of a stream that is being read: what came, when, and whether it ended well.

use std::ops::ControlFlow;

use crate::clock::Timestamp;
use crate::protocol::{Channel, Class, Protocol, Usage};
use crate::sample::{Counted, Failure, FailureClass, Stamps, TokenSource, Tokens};
use crate::sse::{DecodeError, Decoder, Event, Limits};

/// Bytes of an event that a message quotes.
const QUOTED: usize = 200;

/// A piece of generated text: its event, its channel, and where it ends in that channel's text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) event: u32,
    pub(super) channel: Channel,
    pub(super) end: u32,
}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) stamps: Stamps,
    pub(super) text: String,
    pub(super) reasoning: String,
    /// Refusals, tool calls, audio: generated, but no answer in words.
    pub(super) other: String,
    pub(super) pieces: Vec<Piece>,
    pub(super) usage: Usage,
    pub(super) malformed: u64,
    pub(super) first_malformed: Option<String>,
    first_data: Option<String>,
    complete: bool,
    end_marker: bool,
    body_ended: bool,
    error: Option<String>,
}

impl Facts {
    pub(super) fn channel(&self, channel: Channel) -> &str {
        match channel {
            Channel::Text => &self.text,
            Channel::Reasoning => &self.reasoning,
            _ => &self.other,
        }
    }

    /// The whole text of each channel that has any.
    pub(super) fn generated_texts(&self) -> Vec<String> {
        let channels = [&self.reasoning, &self.text, &self.other];
        channels.into_iter().filter(|text| !text.is_empty()).cloned().collect()
    }

    /// Token counts as the server gave them.
    pub(super) fn tokens(&self) -> Tokens {
        let counted = |tokens: Option<u64>| tokens.map(|tokens| Counted { tokens, source: TokenSource::Usage });
        Tokens { prompt: counted(self.usage.prompt_tokens), completion: counted(self.usage.completion_tokens) }
    }

    fn take(&mut self, class: Class<'_>, at: Timestamp, event: &mut EventState) {
        match class {
            Class::Generated { channel, text, tokens, .. } => self.generated(channel, text, tokens, at, event),
            Class::Usage(usage) => {
                self.usage.merge(usage);
                // Usage beside the first output says how many tokens came with it.
                if event.generated && self.stamps.generated.len() == 1 && self.stamps.first_tokens.is_none() {
                    self.stamps.first_tokens = usage.completion_tokens.and_then(|tokens| u32::try_from(tokens).ok());
                }
            }
            Class::Complete => {
                self.complete = true;
                self.stamps.terminal = Some(at);
            }
            Class::EndOfStream => {
                // Without a finish reason the end marker proves nothing, and is no terminal marker.
                if self.complete {
                    self.stamps.terminal = Some(at);
                }
                self.end_marker = true;
                event.over = true;
            }
            Class::Error(message) => {
                self.error.get_or_insert_with(|| message.into_owned());
                event.over = true;
            }
            Class::Malformed(what) => {
                self.malformed += 1;
                self.first_malformed.get_or_insert_with(|| start_of(&what));
            }
            Class::Ignored => {}
        }
    }

    fn generated(&mut self, channel: Channel, text: &str, tokens: Option<u32>, at: Timestamp, event: &mut EventState) {
        if !event.generated {
            event.generated = true;
            if self.stamps.generated.is_empty() {
                self.stamps.first_tokens = tokens;
            }
            self.stamps.generated.push(at);
        }
        if channel != Channel::Reasoning {
            self.stamps.first_output.get_or_insert(at);
        }
        let buffer = match channel {
            Channel::Text => &mut self.text,
            Channel::Reasoning => &mut self.reasoning,
            _ => &mut self.other,
        };
        buffer.push_str(text);
        let end = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let index = u32::try_from(self.stamps.generated.len() - 1).unwrap_or(u32::MAX);
        self.pieces.push(Piece { event: index, channel, end });
    }
}

/// What one event told.
#[derive(Default)]
struct EventState {
    generated: bool,
    over: bool,
}

/// How far a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing was generated yet.
    Waiting,
    /// Output comes.
    Streaming,
    /// The terminal marker was seen, then.
    Complete(Timestamp),
}

/// A stream that is being read.
pub(super) struct Reading {
    decoder: Decoder,
    protocol: Box<dyn Protocol>,
    pub(super) facts: Facts,
}

impl Reading {
    pub(super) fn new(protocol: Box<dyn Protocol>, limits: Limits, start: Timestamp) -> Self {
        let facts = Facts { stamps: Stamps::starting(start), ..Facts::default() };
        let decoder = Decoder::new(limits).with_framing(protocol.framing());
        Self { decoder, protocol, facts }
    }

    /// Takes the bytes of one read; breaks when nothing more is to be read.
    pub(super) fn read(&mut self, bytes: &[u8], at: Timestamp) -> Result<ControlFlow<()>, Failure> {
        self.facts.stamps.end = at;
        self.decoder.push(bytes);
        self.take_events(at, Decoder::next_event)
    }

    /// Takes every event that `next` still finds.
    fn take_events(
        &mut self,
        at: Timestamp,
        next: for<'d> fn(&'d mut Decoder) -> Result<Option<Event<'d>>, DecodeError>,
    ) -> Result<ControlFlow<()>, Failure> {
        loop {
            let event = match next(&mut self.decoder) {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(ControlFlow::Continue(())),
                Err(error) => return Err(Failure::new(FailureClass::Malformed, error.to_string())),
            };
            let facts = &mut self.facts;
            if facts.first_data.is_none() && !event.data.is_empty() {
                facts.first_data = Some(start_of(event.data));
            }
            let mut state = EventState::default();
            self.protocol.classify(&event, &mut |class| facts.take(class, at, &mut state));
            if state.over {
                return Ok(ControlFlow::Break(()));
            }
        }
    }

    /// The body ended at `at`; a last event may have waited for that.
    pub(super) fn end_of_body(&mut self, at: Timestamp) -> Result<(), Failure> {
        self.facts.stamps.end = at;
        self.facts.body_ended = true;
        self.take_events(at, Decoder::finish).map(drop)
    }

    /// Whether the reply is complete, so that silence from now on is no failure.
    pub(super) fn is_complete(&self) -> bool {
        self.facts.complete && self.facts.error.is_none() && !self.protocol.is_open()
    }

    /// How far the reply is.
    pub(super) fn progress(&self) -> Progress {
        match self.facts.stamps.terminal {
            Some(marker) if self.is_complete() => Progress::Complete(marker),
            _ if self.has_generated() => Progress::Streaming,
            _ => Progress::Waiting,
        }
    }

    /// Whether a generated event came.
    pub(super) fn has_generated(&self) -> bool {
        !self.facts.stamps.generated.is_empty()
    }

    /// The success predicate: terminal marker, no error event, at least one generated event.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let facts = &self.facts;
        if let Some(error) = &facts.error {
            return Err(Failure::new(FailureClass::StreamError, "error in the stream").with_detail(start_of(error)));
        }
        let complete = facts.complete && !self.protocol.is_open();
        let ended_with_body = facts.body_ended && self.protocol.ends_with_body();
        if !complete && ended_with_body && self.decoder.pending_bytes() > 0 {
            let detail = "the blank line behind its last event did not come";
            return Err(Failure::new(FailureClass::Truncated, "stream ended within an event").with_detail(detail));
        }
        if !complete && !ended_with_body {
            return Err(self.truncated());
        }
        if !self.has_generated() {
            return Err(self.empty());
        }
        Ok(())
    }

    fn truncated(&self) -> Failure {
        let summary = format!("stream ended before {}", self.protocol.terminal_marker());
        let detail = match self.facts.stamps.generated.len() {
            0 => self.nothing_generated(),
            events if self.facts.end_marker => {
                format!("after {events} generated events; the end marker alone does not say that the answer is whole")
            }
            events => format!("after {events} generated events"),
        };
        Failure::new(FailureClass::Truncated, summary).with_detail(detail)
    }

    fn empty(&self) -> Failure {
        Failure::new(FailureClass::Empty, "stream without a generated event").with_detail(self.nothing_generated())
    }

    fn nothing_generated(&self) -> String {
        match &self.facts.first_data {
            None => "no event came at all".to_owned(),
            Some(data) => format!(
                "its first event is {data}; if that is output, name the format, such as .format(Format::Generic)"
            ),
        }
    }
}

/// The start of a text for a message, on one line.
pub(super) fn start_of(text: &str) -> String {
    let mut start: String = text.chars().take(QUOTED).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if start.len() < text.len() && text.chars().nth(QUOTED).is_some() {
        start.push('…');
    }
    start.trim().to_owned()
}
