//! A stream that is being read: its events in order, and whether it ended well.

use std::ops::ControlFlow;
use std::time::Duration;

use super::bounds::Bounds;
use super::facts::{EventState, Facts};
use super::hang_up::EventLimit;
use super::quote::{one_line, start_of};
use crate::clock::Timestamp;
use crate::protocol::{Format, Protocol, recognised};
use crate::sample::{Failure, FailureClass, Stamps};
use crate::sse::{DecodeError, Decoder, Event, Framing};

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
    bounds: Bounds,
    event_limit: Option<EventLimit>,
    /// Generated events that the kernel did not stamp.
    read_stamps: usize,
    pub(super) facts: Facts,
}

impl Reading {
    pub(super) fn new(protocol: Box<dyn Protocol>, bounds: Bounds, stamps: Stamps) -> Self {
        let decoder = Decoder::new(bounds.event).with_framing(protocol.framing());
        Self { decoder, protocol, bounds, event_limit: None, read_stamps: 0, facts: Facts::starting(stamps) }
    }

    /// Whether every event is kept, for a request log.
    pub(super) fn keep_events(mut self, keeps: bool) -> Self {
        self.facts.events = keeps.then(Vec::new);
        self
    }

    /// Whether a last event counts whose blank line never came.
    pub(super) fn yield_unterminated(mut self, yields: bool) -> Self {
        self.decoder = self.decoder.yield_unterminated(yields);
        self
    }

    /// The server says that the body is lines. That decides where the format leaves it to the first line, which may be
    /// one that can't be read.
    pub(super) fn expect_lines(&mut self) {
        if self.decoder.framing() == Framing::Detect {
            self.decoder = Decoder::new(self.bounds.event).with_framing(Framing::Lines);
        }
    }

    /// Who is told when so many generated events have come.
    pub(super) fn tell(mut self, limit: Option<EventLimit>) -> Self {
        self.event_limit = limit;
        self
    }

    /// Takes the bytes of one read; breaks when nothing more is to be read.
    pub(super) fn read(&mut self, bytes: &[u8], at: Timestamp) -> Result<ControlFlow<()>, Failure> {
        self.heard(at);
        self.facts.body_bytes += bytes.len() as u64;
        self.bounds.check_body(self.facts.body_bytes)?;
        self.decoder.push(bytes);
        self.take_events(at, Decoder::next_event)
    }

    /// The generated events of the last read had lain in the socket's buffer for so long.
    pub(super) fn note_buffered(&mut self, time: Option<Duration>) {
        let stamps = &mut self.facts.stamps;
        if let Some(time) = time {
            let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
            stamps.buffered.resize(stamps.generated.len() - self.read_stamps, micros);
        } else {
            self.read_stamps = stamps.generated.len() - stamps.buffered.len();
        }
    }

    /// Something came at `at`, or the body ended.
    fn heard(&mut self, at: Timestamp) {
        let facts = &mut self.facts;
        facts.longest_silence = facts.longest_silence.max(at - facts.stamps.end);
        facts.stamps.end = at;
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
            facts.ids.see(event.id);
            let mut state = EventState::default();
            let was_complete = facts.complete && !self.protocol.is_open();
            self.protocol.classify(&event, &mut |class| facts.take(class, at, &mut state));
            // A further choice opens the reply again, or completes it once more.
            let is_complete = !state.completes && !self.protocol.is_open();
            facts.events_after_complete += u64::from(was_complete && is_complete && state.generated);
            facts.close(event.name, at, &state);
            if facts.stamps.generated.len() <= 1 {
                facts.format = self.protocol.name();
            }
            if facts.first_data.is_none() && facts.stamps.generated.is_empty() && !event.data.is_empty() {
                facts.first_data = Some(start_of(event.data));
                facts.looks_like = recognised(event.data);
            }
            if let Some(limit) = &self.event_limit {
                limit.see(facts.stamps.generated.len());
            }
            facts.see_invalid_utf8(self.decoder.invalid_utf8());
            if state.over {
                facts.bytes_after_end = beside_line_ends(self.decoder.unread());
                return Ok(ControlFlow::Break(()));
            }
            self.bounds.check_events(facts.ids.events())?;
        }
    }

    /// The body ended at `at`; a last event may have waited for that.
    pub(super) fn end_of_body(&mut self, at: Timestamp) -> Result<(), Failure> {
        self.heard(at);
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

    /// Whether the body was one line of JSON: a reply that was not asked to stream looks like a stream of one event.
    pub(super) fn is_one_record(&self) -> bool {
        self.decoder.framing() == Framing::Lines && self.facts.ids.events() == 1
    }

    /// The success predicate: terminal marker, no error event, at least one generated event.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let facts = &self.facts;
        if let Some(error) = &facts.error {
            return Err(Failure::new(FailureClass::StreamError, "error in the stream").with_detail(start_of(error)));
        }
        let complete = facts.complete && !self.protocol.is_open();
        // A gateway's `[DONE]` stands for the end of the body, where that is the end.
        let ended_with_body = (facts.body_ended || facts.end_marker) && self.protocol.ends_with_body();
        if !complete && ended_with_body && facts.body_ended && self.decoder.pending_bytes() > 0 {
            let detail = "the blank line behind its last event did not come; `.unterminated_event()` takes it without";
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
        let far = match self.facts.stamps.generated.len() {
            0 => self.nothing_generated(),
            events if self.facts.end_marker => {
                format!("{}; the end marker alone does not say that the answer is whole", after(events))
            }
            events => after(events),
        };
        Failure::new(FailureClass::Truncated, summary).with_detail(format!("{far}{}", self.dropped()))
    }

    /// What is said of a last event whose blank line did not come.
    fn dropped(&self) -> String {
        match self.decoder.pending_bytes() {
            bytes if self.facts.body_ended && bytes > 0 => format!(
                "; its last event ({}) was dropped, since the blank line behind it did not come; \
                 `.unterminated_event()` takes it without",
                counted(bytes as u64, "byte")
            ),
            _ => String::new(),
        }
    }

    fn empty(&self) -> Failure {
        Failure::new(FailureClass::Empty, "stream without a generated event").with_detail(self.nothing_generated())
    }

    /// What came instead of output.
    fn nothing_generated(&self) -> String {
        let Some(data) = &self.facts.first_data else { return self.no_data() };
        let looks_like = self.facts.looks_like.map(Format::name).filter(|name| *name != self.protocol.name());
        let looks_like = looks_like.map(|name| format!("this looks like `{name}`"));
        let hint = self.protocol.hint().or(looks_like).map(|hint| format!("; {}", one_line(&hint)));
        format!("its first event is `{data}`{}", hint.unwrap_or_default())
    }

    fn no_data(&self) -> String {
        match (self.facts.ids.events(), self.facts.body_bytes) {
            (0, 0) => "no event came at all".to_owned(),
            (0, bytes) => format!("no event with data came, in a body of {}", counted(bytes, "byte")),
            (events, _) => format!("{} came, none of them with data", counted(events, "event")),
        }
    }
}

/// How far a stream came, for messages.
pub(super) fn after(events: usize) -> String {
    format!("after {}", counted(events as u64, "generated event"))
}

fn counted(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// How many bytes are no line ends.
pub(super) fn beside_line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| !matches!(byte, b'\n' | b'\r')).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Generic, MakeProtocol};

    fn failure(format: &impl MakeProtocol, path: &str, body: &str) -> Option<Failure> {
        let at = Timestamp::from_nanos(0);
        let mut reading = Reading::new(format.make_protocol(path), Bounds::default(), Stamps::starting(at));
        match reading.read(body.as_bytes(), at) {
            Ok(ControlFlow::Continue(())) => reading.end_of_body(at).err(),
            read => read.err(),
        }
        .or_else(|| reading.verdict().err())
    }

    fn verdict(format: Format, body: &str) -> Result<(), FailureClass> {
        failure(&format, "", body).map_or(Ok(()), |failure| Err(failure.class))
    }

    /// What the failure says beyond its summary.
    fn detail(format: &impl MakeProtocol, path: &str, body: &str) -> String {
        failure(format, path, body).expect("it fails").detail
    }

    #[test]
    fn only_a_stream_that_nothing_recognised_is_said_to_be_generic() {
        let own = "data: {\"output\":\"word\"}\n\n";
        let first = r#"its first event is `{"output":"word"}`"#;
        assert_eq!(detail(&Format::OpenAiChat, "", own), first);
        assert_eq!(
            detail(&Format::Auto, "", own),
            format!("{first}; if that is output, name the format, such as .format(Format::Generic)")
        );
        let by_path = detail(&Format::Auto, "/v1/chat/completions", own);
        assert_eq!(by_path, format!("{first}; it was read as `openai_chat`, since its path is known for that"));
        let dead = "data: {\"choices\":[]}\n\n";
        assert_eq!(detail(&Format::Auto, "", dead), r#"its first event is `{"choices":[]}`"#);
    }

    #[test]
    fn a_named_format_that_is_another_is_told_by_its_first_event() {
        let start = "data: {\"type\":\"message_start\"}\n\n";
        let told = detail(&Format::OpenAiChat, "", start);
        assert!(told.ends_with("`{\"type\":\"message_start\"}`; this looks like `anthropic`"), "{told}");
        let own = detail(&Format::Anthropic, "", start);
        assert!(!own.contains("looks like"), "{own}");
    }

    #[test]
    fn names_that_were_asked_for_are_told_beside_those_that_came() {
        let prices = Generic::new().output(["prices", "trades"]);
        let body = "event: price\ndata: 1\n\nevent: heartbeat\ndata: x\n\nevent: price\ndata: 2\n\n";
        assert_eq!(
            detail(&prices, "", body),
            "its first event is `1`; no event named `prices`, `trades` with data; came: `price`, `heartbeat`"
        );
        let many: Vec<_> = (0..20).map(|n| format!("event: {n}{}\ndata: x\n\n", "é".repeat(100))).collect();
        let told = detail(&prices, "", &many.concat());
        assert!(told.ends_with(", ..") && told.chars().count() < 600, "{told}");
    }

    #[test]
    fn events_without_data_are_events() {
        assert_eq!(detail(&Format::Generic, "", ""), "no event came at all");
        assert_eq!(detail(&Format::Generic, "", "data:\n\ndata:\n\n"), "2 events came, none of them with data");
        assert_eq!(detail(&Format::Auto, "", "data:\n\n"), "1 event came, none of them with data");
        assert_eq!(detail(&Format::Generic, "", ": ping\n\n"), "no event with data came, in a body of 8 bytes");
    }

    #[test]
    fn a_last_event_without_its_blank_line_is_told() {
        let chat = r#"data: {"choices":[{"delta":{"content":"a"}}]}"#;
        let last = r#"data: {"choices":[{"finish_reason":"stop"}]}"#;
        let cut = detail(&Format::OpenAiChat, "", &format!("{chat}\n\n{last}"));
        assert!(cut.starts_with("after 1 generated event; its last event (44 bytes) was dropped"), "{cut}");
        assert!(cut.contains("`.unterminated_event()`"), "{cut}");
        assert_eq!(detail(&Format::OpenAiChat, "", &format!("{chat}\n\n")), "after 1 generated event");
    }

    #[test]
    fn lines_that_the_server_announces_may_begin_with_one_that_is_none() {
        let at = Timestamp::from_nanos(0);
        let seen = |format: Format, lines: bool| {
            let mut reading = Reading::new(format.protocol(), Bounds::default(), Stamps::starting(at));
            if lines {
                reading.expect_lines();
            }
            let body = "oops\n{\"message\":{\"content\":\"a\"},\"done\":true}\n";
            let _ = reading.read(body.as_bytes(), at).expect("within its bounds");
            (reading.has_generated(), reading.facts.malformed)
        };
        assert_eq!(seen(Format::Auto, true), (true, 1));
        assert_eq!(seen(Format::Auto, false), (false, 0));
        assert_eq!(seen(Format::OpenAiChat, true), (false, 0), "a named format has its own framing");
    }

    #[test]
    fn output_behind_the_marker_is_counted_unless_a_choice_begins_with_it() {
        let at = Timestamp::from_nanos(0);
        let late = |events: &[(u8, &str)]| {
            let mut reading = Reading::new(Format::OpenAiChat.protocol(), Bounds::default(), Stamps::starting(at));
            for (index, rest) in events {
                let event = format!("data: {{\"choices\":[{{\"index\":{index},{rest}}}]}}\n\n");
                let _ = reading.read(event.as_bytes(), at).expect("within its bounds");
            }
            reading.facts.events_after_complete
        };
        let (text, finish) = (r#""delta":{"content":"a"}"#, r#""finish_reason":"stop""#);
        let both = r#""delta":{"content":"a"},"finish_reason":"stop""#;
        assert_eq!(late(&[(0, text), (0, both)]), 0);
        assert_eq!(late(&[(0, both), (0, text), (0, finish), (0, both)]), 2);
        assert_eq!(late(&[(0, both), (1, text), (1, text), (1, finish)]), 0);
        assert_eq!(late(&[(0, both), (1, both), (1, text)]), 1);
    }

    #[test]
    fn done_is_an_end_where_the_end_of_the_body_is_one() {
        let append = r#"data: {"type":"append","text":"a"}"#;
        let triton = r#"data: {"text_output":"a"}"#;
        for (format, output) in [(Format::Append, append), (Format::Triton, triton)] {
            for end in ["", "data: [DONE]\n\n", "data: [DONE]\n\nrest"] {
                assert_eq!(verdict(format, &format!("{output}\n\n{end}")), Ok(()), "{format:?}, {end}");
            }
            assert_eq!(verdict(format, &format!("{output}\n\nrest")), Err(FailureClass::Truncated), "{format:?}");
            assert_eq!(verdict(format, "data: [DONE]\n\n"), Err(FailureClass::Empty), "{format:?}");
        }
        let chat = r#"data: {"choices":[{"delta":{"content":"a"}}]}"#;
        let done = format!("{chat}\n\ndata: [DONE]\n\n");
        assert_eq!(verdict(Format::OpenAiChat, &done), Err(FailureClass::Truncated));
    }
}
