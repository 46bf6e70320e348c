//! The incremental decoder: lines and the draft together, with the limit.

use std::ops::Range;
use std::time::Duration;

use super::draft::Draft;
use super::lines::Lines;
use super::{DecodeError, Event, Framing, Limits};

/// Decodes one event stream, in reads of any size.
///
/// Events come as soon as their blank line has: a CR at the end of a read is not held back for the LF that may follow.
/// How the reads cut the stream changes neither the events nor the counters. Time is linear in the bytes; memory is
/// bounded by the limit and the size of a read, and nothing is allocated per event once the buffers have grown.
///
/// ```
/// use sse_load::sse::{Decoder, Limits};
///
/// let mut decoder = Decoder::new(Limits::default());
/// let mut texts = Vec::new();
/// for read in [&b"data: Hel"[..], b"lo\r\n\r", b"\ndata:world\n\n: ping\n\n"] {
///     decoder.push(read);
///     while let Some(event) = decoder.next_event()? {
///         texts.push(event.data.to_owned());
///     }
/// }
/// assert_eq!(texts, ["Hello", "world"]);
/// assert_eq!(decoder.comments(), 1);
/// # Ok::<(), sse_load::sse::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    framing: Framing,
    yields_unterminated: bool,
    lines: Lines,
    draft: Draft,
    /// The draft was dispatched and is on loan to the caller up to the next call.
    dispatched: bool,
    too_large: bool,
}

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            framing: Framing::default(),
            yields_unterminated: false,
            lines: Lines::default(),
            draft: Draft::default(),
            dispatched: false,
            too_large: false,
        }
    }

    /// Whether [`finish`](Self::finish) yields a last event whose blank line never came. Off by default, since the
    /// standard drops it; some servers rely on it.
    #[must_use]
    pub fn yield_unterminated(mut self, yields: bool) -> Self {
        self.yields_unterminated = yields;
        self
    }

    /// How the body is cut into events. Default: [`Framing::EventStream`].
    ///
    /// ```
    /// use sse_load::sse::{Decoder, Framing, Limits};
    ///
    /// let mut decoder = Decoder::new(Limits::default()).with_framing(Framing::Lines);
    /// decoder.push(b"{\"response\":\"Hi\"}\n{\"done\"");
    /// assert_eq!(decoder.next_event()?.map(|event| event.data), Some(r#"{"response":"Hi"}"#));
    /// assert_eq!(decoder.next_event()?, None);
    /// # Ok::<(), sse_load::sse::DecodeError>(())
    /// ```
    #[must_use]
    pub fn with_framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// How the body is cut into events; [`Framing::Detect`] up to the first line that tells.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Takes the bytes of one read.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.too_large {
            self.lines.push(bytes);
        }
    }

    /// The next event, or `None` when it needs more bytes. Call it until `None` after each [`push`](Self::push).
    ///
    /// # Errors
    ///
    /// [`DecodeError::TooLarge`] when the next event exceeds the limit, and from then on at every call.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, DecodeError> {
        if self.advance()? {
            return Ok(Some(self.draft.event(self.lines.bytes())));
        }
        Ok(None)
    }

    /// The next event of a body that has ended. Call it until `None`: it yields first what
    /// [`next_event`](Self::next_event) would, and last, if [asked to](Self::yield_unterminated), the event whose blank
    /// line is missing. A line of [`Framing::Lines`] needs no end. Otherwise that one is dropped, and [`pending_bytes`](Self::pending_bytes) tells.
    ///
    /// ```
    /// use sse_load::sse::{Decoder, Limits};
    ///
    /// let mut strict = Decoder::new(Limits::default());
    /// strict.push(b"data: cut");
    /// assert_eq!(strict.finish()?, None);
    /// assert_eq!(strict.pending_bytes(), 9);
    ///
    /// let mut lenient = Decoder::new(Limits::default()).yield_unterminated(true);
    /// lenient.push(b"data: cut");
    /// assert_eq!(lenient.finish()?.map(|event| event.data), Some("cut"));
    /// assert_eq!(lenient.pending_bytes(), 0);
    /// # Ok::<(), sse_load::sse::DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event).
    pub fn finish(&mut self) -> Result<Option<Event<'_>>, DecodeError> {
        self.lines.end();
        if self.advance()? || self.end_body() {
            return Ok(Some(self.draft.event(self.lines.bytes())));
        }
        Ok(None)
    }

    /// Bytes of an event that has begun and not ended, without comments and line ends. After the end of a body, more
    /// than zero means that the body was cut in mid-event.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        let line = self.lines.unfinished();
        let line = if line.starts_with(b":") { 0 } else { line.len() };
        self.draft.bytes() + line
    }

    /// What came behind the last event, as it came.
    ///
    /// ```
    /// use sse_load::sse::{Decoder, Limits};
    ///
    /// let mut decoder = Decoder::new(Limits::default());
    /// decoder.push(b"data: [DONE]\n\nrest");
    /// decoder.next_event()?;
    /// assert_eq!(decoder.unread(), b"rest");
    /// # Ok::<(), sse_load::sse::DecodeError>(())
    /// ```
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        self.lines.unfinished()
    }

    /// Comments so far: the lines that begin with a colon. Servers send them to keep a connection open.
    #[must_use]
    pub fn comments(&self) -> u64 {
        self.draft.comments()
    }

    /// Values of `data`, `event` and `id` fields so far in which U+FFFD stands for bytes that were no UTF-8.
    #[must_use]
    pub fn invalid_utf8(&self) -> u64 {
        self.draft.invalid_utf8()
    }

    /// The reconnection time that the server asked for last. Nothing here reconnects: it is only kept.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.draft.retry()
    }

    /// Takes lines until one dispatches an event.
    fn advance(&mut self) -> Result<bool, DecodeError> {
        if std::mem::take(&mut self.dispatched) {
            self.draft.clear();
        }
        self.check(0)?;
        while let Some(line) = self.lines.next_line() {
            self.check(line.len())?;
            if self.take_line(line) {
                return Ok(true);
            }
        }
        self.check(self.lines.unfinished().len())?;
        self.draft.copy_data(self.lines.bytes());
        Ok(false)
    }

    /// Takes one line; whether it completes an event.
    fn take_line(&mut self, line: Range<usize>) -> bool {
        if line.is_empty() {
            self.dispatched = self.draft.end();
            return self.dispatched;
        }
        self.framing = self.framing.settled(&self.lines.bytes()[line.clone()]);
        self.dispatched = self.framing == Framing::Lines;
        if self.dispatched {
            self.draft.set_data(line);
        } else {
            self.draft.add(self.lines.bytes(), line);
        }
        self.dispatched
    }

    /// Takes the line in progress as the last one, and the end of the body as the blank line, where either may be.
    fn end_body(&mut self) -> bool {
        let unfinished = self.lines.unfinished();
        let is_event = !unfinished.is_empty() && self.framing.settled(unfinished) == Framing::Lines;
        if !is_event && !self.yields_unterminated {
            return false;
        }
        if let Some(line) = self.lines.take_unfinished()
            && self.take_line(line)
        {
            return true;
        }
        self.dispatched = self.draft.end();
        self.dispatched
    }

    /// Fails, for good, once a line of this many bytes takes the event past the limit.
    fn check(&mut self, line: usize) -> Result<(), DecodeError> {
        let limit = self.limits.max_event_bytes;
        self.too_large |= self.draft.bytes() + line > limit;
        if self.too_large {
            return Err(DecodeError::TooLarge { limit });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a body as (name, data, id), and the decoder after it.
    fn decode(reads: &[&[u8]]) -> (Vec<(String, String, Option<String>)>, Decoder) {
        let mut decoder = Decoder::new(Limits::default());
        let mut events = Vec::new();
        for read in reads {
            decoder.push(read);
            while let Some(event) = decoder.next_event().unwrap() {
                events.push((event.name.to_owned(), event.data.to_owned(), event.id.map(str::to_owned)));
            }
        }
        (events, decoder)
    }

    fn data(body: &[u8]) -> Vec<String> {
        decode(&[body]).0.into_iter().map(|(_, data, _)| data).collect()
    }

    #[test]
    fn lines_are_events_when_they_are_framed_so() {
        let body = b"\xEF\xBB\xBF\r\n{\"a\":1}\r\n\n{\"b\":\"x\xFF\"}\n{\"c\"";
        for framing in [Framing::Lines, Framing::Detect] {
            for at in 0..=body.len() {
                let mut decoder = Decoder::new(Limits::default()).with_framing(framing);
                let mut events = Vec::new();
                for read in [&body[..at], &body[at..]] {
                    decoder.push(read);
                    while let Some(event) = decoder.next_event().unwrap() {
                        events.push(event.data.to_owned());
                    }
                }
                assert_eq!(decoder.pending_bytes(), 4, "cut at {at}");
                while let Some(event) = decoder.finish().unwrap() {
                    events.push(event.data.to_owned());
                }
                assert_eq!(events, ["{\"a\":1}", "{\"b\":\"x\u{FFFD}\"}", "{\"c\""], "cut at {at}");
                assert_eq!((decoder.pending_bytes(), decoder.invalid_utf8()), (0, 1));
            }
        }
    }

    #[test]
    fn an_event_stream_is_told_from_lines_by_its_first_line() {
        let mut decoder = Decoder::new(Limits::default()).with_framing(Framing::Detect);
        decoder.push(b"\n: ping\n{\"a\":1}\ndata: {}\n\n");
        assert_eq!(decoder.next_event().unwrap().map(|event| event.data), Some("{}"));
        assert_eq!(decoder.next_event().unwrap(), None);
    }

    #[test]
    fn an_endless_line_of_lines_exceeds_the_limit() {
        let mut decoder = Decoder::new(Limits::default().with_max_event_bytes(8)).with_framing(Framing::Lines);
        decoder.push(b"{\"a\":1234");
        assert!(decoder.next_event().is_err());
    }

    #[test]
    fn one_space_after_the_colon_is_dropped_and_only_one() {
        assert_eq!(data(b"data:a\n\ndata: b\n\ndata:  c\n\ndata:\td\n\n"), ["a", "b", " c", "\td"]);
    }

    #[test]
    fn data_lines_are_joined_with_line_feeds() {
        assert_eq!(data(b"data: a\ndata\ndata: b\n\n"), ["a\n\nb"]);
    }

    /// The last example of section 9.2.6.
    #[test]
    fn a_data_field_without_a_value_dispatches_an_empty_event() {
        assert_eq!(data(b"data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
        assert_eq!(data(b"data: \n\n"), [""]);
    }

    #[test]
    fn an_event_without_data_is_dropped_and_its_name_with_it() {
        let (events, _) = decode(&[b"event: ping\n\ndata: a\n\n"]);
        assert_eq!(events, [("message".to_owned(), "a".to_owned(), None)]);
    }

    #[test]
    fn the_last_name_wins_and_an_empty_one_is_message() {
        let (events, _) = decode(&[b"event: a\nevent: b\ndata: 1\n\nevent: c\nevent\ndata: 2\n\n"]);
        let names: Vec<_> = events.into_iter().map(|(name, _, _)| name).collect();
        assert_eq!(names, ["b", "message"]);
    }

    #[test]
    fn an_id_stays_set_until_an_empty_one_resets_it() {
        let (events, _) = decode(&[b"id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid\ndata: d\n\n"]);
        let ids: Vec<_> = events.into_iter().map(|(_, _, id)| id).collect();
        assert_eq!(ids, [Some("1".to_owned()), Some("1".to_owned()), Some("2".to_owned()), None]);
    }

    #[test]
    fn an_id_that_holds_nul_is_ignored() {
        let (events, _) = decode(&[b"id: 1\nid: 2\0\ndata: a\n\n"]);
        assert_eq!(events[0].2.as_deref(), Some("1"));
    }

    #[test]
    fn retry_is_kept_when_it_is_digits_only() {
        let retry = |body: &[u8]| decode(&[body]).1.retry();
        assert_eq!(retry(b"retry: 1500\n"), Some(Duration::from_millis(1500)));
        assert_eq!(retry(b"retry: 7\nretry: +8\nretry: 9s\nretry\n"), Some(Duration::from_millis(7)));
        assert_eq!(retry(b"retry: 99999999999999999999999\n"), Some(Duration::from_millis(u64::MAX)));
        assert_eq!(retry(b"data: 1\n\n"), None);
    }

    #[test]
    fn unknown_fields_and_odd_names_are_ignored() {
        assert_eq!(data(b"Data: a\ndata : b\n data: c\nfoo\nfoo: bar\n\xFF: x\ndata: d\n\n"), ["d"]);
    }

    #[test]
    fn comments_are_counted_and_change_nothing() {
        let (events, decoder) = decode(&[b": a\n\n:\ndata: x\n:data: y\ndata: z\n\n: b"]);
        assert_eq!(events[0].1, "x\nz");
        assert_eq!(decoder.comments(), 3);
        assert_eq!(decoder.pending_bytes(), 0);
    }

    #[test]
    fn a_bom_split_across_reads_is_skipped() {
        let (events, _) = decode(&[b"\xEF", b"\xBB", b"\xBFdata: a\n\n"]);
        assert_eq!(events[0].1, "a");
    }

    #[test]
    fn a_cr_at_the_end_of_a_read_dispatches_at_once() {
        let (events, _) = decode(&[b"data: a\r\r"]);
        assert_eq!(events.len(), 1);
        let (events, _) = decode(&[b"data: a\r\n\r", b"\ndata: b\r\n\r"]);
        assert_eq!(events.len(), 2);
    }

    #[test]
    fn a_character_cut_by_reads_is_whole() {
        let (events, decoder) = decode(&[b"data: \xF0\x9F", b"\x98", b"\x80\n\n"]);
        assert_eq!(events[0].1, "\u{1F600}");
        assert_eq!(decoder.invalid_utf8(), 0);
    }

    /// One U+FFFD per maximal subpart, as the Encoding Standard's decoder does.
    #[test]
    fn invalid_utf8_is_replaced_and_counted() {
        let (events, decoder) = decode(&[b"event: \xFF\ndata: a\xF0\x9Fb\ndata: \xC0\xAF\nid: \xE2\x82\n\n"]);
        assert_eq!(
            events,
            [("\u{FFFD}".to_owned(), "a\u{FFFD}b\n\u{FFFD}\u{FFFD}".to_owned(), Some("\u{FFFD}".to_owned()))]
        );
        assert_eq!(decoder.invalid_utf8(), 4);
        assert_eq!(decode(&[b"data: \xFF\n\n"]).1.invalid_utf8(), 1);
    }

    #[test]
    fn an_event_past_the_limit_is_an_error_for_good() {
        let limits = Limits::default().with_max_event_bytes(20);
        let mut decoder = Decoder::new(limits);
        decoder.push(b"data: 12345678901234\n\ndata: 123456789012345\n\n");
        assert_eq!(decoder.next_event().unwrap().unwrap().data, "12345678901234");
        assert_eq!(decoder.next_event(), Err(DecodeError::TooLarge { limit: 20 }));
        decoder.push(b"data: a\n\n");
        assert_eq!(decoder.next_event(), Err(DecodeError::TooLarge { limit: 20 }));
        assert_eq!(decoder.finish(), Err(DecodeError::TooLarge { limit: 20 }));
    }

    #[test]
    fn the_limit_holds_for_the_sum_of_lines_and_for_a_line_without_end() {
        let fails = |reads: &[&[u8]]| {
            let mut decoder = Decoder::new(Limits::default().with_max_event_bytes(20));
            reads.iter().any(|read| {
                decoder.push(read);
                decoder.next_event().is_err()
            })
        };
        assert!(fails(&[b"data: 1234\ndata: 5678\nd"]));
        assert!(!fails(&[b"data: 1234\ndata: 5678\n\nd"]));
        assert!(fails(&[b"xxxxxxxxxx", b"xxxxxxxxxxx"]));
        assert!(fails(&[b": xxxxxxxxxxxxxxxxxxx"]));
    }

    #[test]
    fn pings_without_blank_lines_use_no_memory_and_reach_no_limit() {
        let mut decoder = Decoder::new(Limits::default().with_max_event_bytes(20));
        for _ in 0..1_000 {
            decoder.push(b": ping\n");
            assert_eq!(decoder.next_event(), Ok(None));
        }
        assert_eq!(decoder.comments(), 1_000);
        assert_eq!(decoder.pending_bytes(), 0);
    }

    #[test]
    fn finish_yields_what_is_left_and_drops_the_event_without_its_blank_line() {
        let mut decoder = Decoder::new(Limits::default());
        decoder.push(b"data: a\n\ndata: b\n\ndata: c\nda");
        assert_eq!(decoder.finish().unwrap().unwrap().data, "a");
        assert_eq!(decoder.finish().unwrap().unwrap().data, "b");
        assert_eq!(decoder.finish(), Ok(None));
        assert_eq!(decoder.pending_bytes(), 9);
    }

    #[test]
    fn finish_yields_an_unterminated_event_when_asked() {
        for body in ["data: a\ndata: b", "data: a\ndata: b\n", "data: a\ndata: b\r", "data: a\r\ndata: b\r\n"] {
            let mut decoder = Decoder::new(Limits::default()).yield_unterminated(true);
            decoder.push(body.as_bytes());
            assert_eq!(decoder.next_event(), Ok(None));
            assert_eq!(decoder.finish().unwrap().map(|event| event.data), Some("a\nb"), "{body:?}");
            assert_eq!(decoder.finish(), Ok(None));
        }
        let mut decoder = Decoder::new(Limits::default()).yield_unterminated(true);
        decoder.push(b"event: ping\n");
        assert_eq!(decoder.finish(), Ok(None));
    }

    #[test]
    fn a_byte_order_mark_that_the_end_cuts_off_is_data() {
        let limits = Limits::default();
        let mut lines = Decoder::new(limits).with_framing(Framing::Lines);
        let mut fields = Decoder::new(limits);
        for decoder in [&mut lines, &mut fields] {
            decoder.push(b"\xEF\xBB");
            assert_eq!(decoder.next_event(), Ok(None));
        }
        assert_eq!(lines.finish().unwrap().map(|event| event.data), Some("\u{FFFD}"));
        assert_eq!(fields.finish(), Ok(None));
        assert_eq!(fields.pending_bytes(), 2);
    }
}
