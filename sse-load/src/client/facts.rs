//! What was read of a stream so far.

use std::time::Duration;

use http::StatusCode;

use super::ids::Ids;
use super::names::Names;
use super::quote::start_of;
use super::texts::{Span, Texts};
use crate::clock::Timestamp;
use crate::protocol::{Channel, Class, Format, Usage};
use crate::sample::{Counted, EventClass, SeenEvent, Stamps, TokenSource, Tokens};

/// A piece of generated text and the generated event that brought it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) event: u32,
    pub(super) span: Span,
}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) stamps: Stamps,
    pub(super) texts: Texts,
    pub(super) pieces: Vec<Piece>,
    pub(super) usage: Usage,
    /// The format as which it is read.
    pub(super) format: &'static str,
    pub(super) malformed: u64,
    pub(super) body_bytes: u64,
    pub(super) first_malformed: Option<String>,
    /// The first event with data, as long as nothing was generated, and the format that it tells.
    pub(super) first_data: Option<String>,
    pub(super) looks_like: Option<Format>,
    pub(super) complete: bool,
    pub(super) end_marker: bool,
    pub(super) body_ended: bool,
    pub(super) error: Option<String>,
    pub(super) status: Option<StatusCode>,
    /// A status other than 2xx, and how long the server asks to wait.
    pub(super) refused: Option<(StatusCode, Option<Duration>)>,
    pub(super) ids: Ids,
    /// Of the generated events.
    pub(super) names: Names,
    /// The longest time without a byte, from the head on.
    pub(super) longest_silence: Duration,
    /// Bytes other than line ends behind the end of the stream.
    pub(super) bytes_after_end: u64,
    /// Generated events behind the terminal marker, where reading went on.
    pub(super) events_after_complete: u64,
    /// Every event, where a request log is asked for.
    pub(super) events: Option<Vec<SeenEvent>>,
    /// Values of fields so far that were no UTF-8.
    invalid_utf8: u64,
    /// Tokens up to the last generated event whose tokens are known.
    counted: u64,
}

/// What one event told.
#[derive(Default)]
pub(super) struct EventState {
    pub(super) generated: bool,
    /// It completes the reply.
    pub(super) completes: bool,
    /// The sum over its pieces; `None` once one of them says nothing.
    tokens: Option<u64>,
    /// All tokens up to this event.
    cumulative: Option<u64>,
    /// Nothing more is to be read.
    pub(super) over: bool,
    class: EventClass,
}

impl Facts {
    pub(super) fn starting(stamps: Stamps) -> Self {
        Self { stamps, ..Self::default() }
    }

    /// Token counts as the server gave them: in its usage, or else with every generated event.
    pub(super) fn tokens(&self) -> Tokens {
        let counted = |tokens: Option<u64>| tokens.map(|tokens| Counted { tokens, source: TokenSource::Usage });
        let completion = self.usage.completion_tokens.or_else(|| self.stamps.all_tokens());
        Tokens { prompt: counted(self.usage.prompt_tokens), completion: counted(completion) }
    }

    /// What a sample needs of them, with every event.
    pub(super) fn kept_for_sample(&mut self) -> Self {
        let Self { ref stamps, usage, malformed, body_bytes, ref first_malformed, status, ref mut events, .. } = *self;
        Self {
            stamps: stamps.clone(),
            usage,
            malformed,
            body_bytes,
            first_malformed: first_malformed.clone(),
            status,
            events: events.take(),
            ..Self::default()
        }
    }

    /// Takes one meaning of the event that `event` is about.
    pub(super) fn take(&mut self, class: Class<'_>, at: Timestamp, event: &mut EventState) {
        event.class = event.class.max(self.class_of(&class));
        match class {
            Class::Generated { channel, choice, text, tokens } => {
                let span = self.texts.push(channel, choice, text);
                self.generated(channel, span, at, tokens, event);
            }
            Class::Usage(usage) => {
                self.usage.merge(usage);
                event.cumulative = usage.completion_tokens.or(event.cumulative);
            }
            Class::Complete => {
                self.complete = true;
                event.completes = true;
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
            Class::Malformed(what) => self.note_malformed(&what),
            Class::Ignored => {}
        }
    }

    fn class_of(&self, class: &Class<'_>) -> EventClass {
        match class {
            Class::Generated { .. } => EventClass::Generated,
            Class::Usage(_) => EventClass::Usage,
            Class::Complete => EventClass::Terminal,
            Class::EndOfStream if self.complete => EventClass::Terminal,
            Class::Error(_) => EventClass::Error,
            Class::Malformed(_) => EventClass::Malformed,
            Class::EndOfStream | Class::Ignored => EventClass::Ignored,
        }
    }

    fn note_malformed(&mut self, what: &str) {
        self.malformed += 1;
        self.first_malformed.get_or_insert_with(|| start_of(what));
    }

    /// Takes the decoder's count after an event.
    pub(super) fn see_invalid_utf8(&mut self, values: u64) {
        if values > self.invalid_utf8 {
            self.invalid_utf8 = values;
            self.note_malformed("bytes that are no UTF-8; U+FFFD stands for them");
        }
    }

    fn generated(&mut self, channel: Channel, span: Span, at: Timestamp, tokens: Option<u32>, event: &mut EventState) {
        if event.generated {
            event.tokens = event.tokens.zip(tokens).map(|(sum, tokens)| sum + u64::from(tokens));
        } else {
            event.generated = true;
            event.tokens = tokens.map(u64::from);
            self.stamps.generated.push(at);
        }
        if channel != Channel::Reasoning {
            self.stamps.first_output.get_or_insert(at);
        }
        let index = u32::try_from(self.stamps.generated.len() - 1).unwrap_or(u32::MAX);
        self.pieces.push(Piece { event: index, span });
    }

    /// Closes the event of this name that came at `at`: notes its tokens, if those of all generated events before it are known.
    ///
    /// What usage counts and no event showed, half a character or a hidden token, belongs to the next event that shows.
    pub(super) fn close(&mut self, name: &str, at: Timestamp, event: &EventState) {
        if let Some(events) = &mut self.events {
            events.push(SeenEvent { at, class: event.class });
        }
        if !event.generated {
            return;
        }
        self.names.see(self.stamps.generated.len() - 1, name);
        if self.stamps.tokens.len() + 1 != self.stamps.generated.len() {
            return;
        }
        let of_usage = event.cumulative.and_then(|all| all.checked_sub(self.counted));
        if let Some(tokens) = of_usage.or(event.tokens).and_then(|tokens| u32::try_from(tokens).ok()) {
            self.stamps.tokens.push(tokens);
            self.counted += u64::from(tokens);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(completion: u64) -> Class<'static> {
        Class::Usage(Usage { prompt_tokens: None, completion_tokens: Some(completion) })
    }

    fn text(tokens: Option<u32>) -> Class<'static> {
        Class::Generated { channel: Channel::Text, choice: 0, text: "a", tokens }
    }

    /// The tokens of each generated event of a stream of events.
    fn tokens_of(events: Vec<Vec<Class<'_>>>) -> Vec<u32> {
        let mut facts = Facts::default();
        for classes in events {
            let mut event = EventState::default();
            for class in classes {
                facts.take(class, Timestamp::from_nanos(0), &mut event);
            }
            facts.close("message", Timestamp::from_nanos(0), &event);
        }
        facts.stamps.tokens
    }

    #[test]
    fn cumulative_usage_in_every_event_tells_the_tokens_of_each() {
        let stream = vec![
            vec![Class::Ignored, usage(0)],
            vec![text(None), usage(2)],
            vec![usage(3)],
            vec![text(None), text(None), usage(5)],
        ];
        assert_eq!(tokens_of(stream), [2, 3]);
    }

    #[test]
    fn a_format_that_counts_the_tokens_of_each_piece_tells_them_too() {
        assert_eq!(tokens_of(vec![vec![text(Some(1))], vec![text(Some(2)), text(Some(1))], vec![usage(4)]]), [1, 3]);
        assert_eq!(tokens_of(vec![vec![text(Some(1)), text(None)], vec![text(Some(1))]]), [0; 0]);
    }

    #[test]
    fn after_an_event_without_a_count_none_is_known() {
        assert_eq!(tokens_of(vec![vec![text(None), usage(1)], vec![text(None)], vec![text(None), usage(3)]]), [1]);
        assert_eq!(tokens_of(vec![vec![text(None), usage(5)], vec![text(None), usage(3)]]), [5], "usage never shrinks");
    }
}
