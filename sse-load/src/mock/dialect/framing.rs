//! From the data of an event to its bytes.

use std::collections::VecDeque;
use std::fmt::{Arguments, Write as _};
use std::time::{Duration, Instant};

use super::super::clock;

/// What ends each line of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineEnd {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
}

impl LineEnd {
    fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// What stands around the data of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Framing {
    /// `data: ..` and a blank line.
    Sse,
    /// `data:..` and a blank line.
    SseWithoutSpace,
    /// The data is a line.
    Ndjson,
}

impl Framing {
    fn write(self, name: Option<&str>, data: &str, end: &str) -> String {
        let field = match self {
            Self::Ndjson => return format!("{data}{end}"),
            Self::Sse => "data: ",
            Self::SseWithoutSpace => "data:",
        };
        let mut event = String::with_capacity(data.len() + 64);
        if let Some(name) = name {
            event.extend(["event: ", name, end]);
        }
        // Each line of the data in a field of its own (WHATWG HTML, section 9.2.6).
        for line in data.split('\n') {
            event.extend([field, line, end]);
        }
        event.push_str(end);
        event
    }

    /// A comment; a blank line where the framing has none.
    fn comment(self, text: &str, end: &str) -> String {
        match self {
            Self::Ndjson => end.to_owned(),
            Self::Sse | Self::SseWithoutSpace => format!(": {text}{end}{end}"),
        }
    }

    /// How a line of data starts.
    fn line_start(self) -> &'static str {
        match self {
            Self::Ndjson => "",
            Self::Sse | Self::SseWithoutSpace => "data: ",
        }
    }
}

/// What a long filling consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Filler {
    /// Letters.
    Line,
    /// Events with an empty JSON object.
    Events,
    Comments,
}

/// Frames and stamps events, and keeps them until they are taken.
#[derive(Debug)]
pub(in super::super) struct Outbox {
    framing: Framing,
    line_end: LineEnd,
    /// The moment that stamps count from, if the events carry stamps.
    epoch: Option<Instant>,
    events: VecDeque<Vec<u8>>,
}

impl Outbox {
    pub(in super::super) fn new(framing: Framing, line_end: LineEnd, epoch: Option<Instant>) -> Self {
        Self { framing, line_end, epoch, events: VecDeque::new() }
    }

    /// An event with this data.
    pub(super) fn data(&mut self, data: Arguments<'_>) {
        self.event(None, data);
    }

    /// An event of this type.
    pub(super) fn named(&mut self, name: &str, data: Arguments<'_>) {
        self.event(Some(name), data);
    }

    pub(in super::super) fn comment(&mut self, text: &str) {
        self.bytes(self.framing.comment(text, self.line_end.as_str()).into_bytes());
    }

    /// The start of a line of data.
    pub(super) fn start_line(&mut self) {
        self.bytes(self.framing.line_start().into());
    }

    /// About so many bytes, and as many as fit whole.
    pub(super) fn fill(&mut self, filler: Filler, bytes: usize) {
        let end = self.line_end.as_str();
        let unit = match filler {
            Filler::Line => "a".to_owned(),
            Filler::Events => self.framing.write(None, "{}", end),
            Filler::Comments => self.framing.comment("", end),
        };
        self.bytes(unit.repeat((bytes / unit.len()).max(1)).into_bytes());
    }

    /// Bytes as they are.
    pub(super) fn bytes(&mut self, bytes: Vec<u8>) {
        self.events.push_back(bytes);
    }

    /// The event that was written first.
    pub(in super::super) fn take(&mut self) -> Option<Vec<u8>> {
        self.events.pop_front()
    }

    fn event(&mut self, name: Option<&str>, data: Arguments<'_>) {
        let mut text = String::with_capacity(256);
        // Writing to memory does not fail.
        let _ = text.write_fmt(data);
        if let Some(epoch) = self.epoch {
            stamp(&mut text, epoch);
        }
        self.events.push_back(self.framing.write(name, &text, self.line_end.as_str()).into_bytes());
    }
}

/// Adds the member `sent_ns` to a JSON object; other data stays as it is.
fn stamp(data: &mut String, epoch: Instant) {
    if !data.starts_with('{') || !data.ends_with('}') {
        return;
    }
    data.pop();
    let comma = if data.len() == 1 { "" } else { "," };
    let _ = write!(data, "{comma}\"sent_ns\":{}}}", nanos(clock::now().saturating_duration_since(epoch)));
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(framing: Framing, line_end: LineEnd, name: Option<&str>, data: &str) -> String {
        let mut out = Outbox::new(framing, line_end, None);
        out.event(name, format_args!("{data}"));
        String::from_utf8(out.take().expect("an event")).expect("UTF-8")
    }

    #[test]
    fn each_framing_has_its_bytes() {
        let lf = LineEnd::Lf;
        assert_eq!(framed(Framing::Sse, lf, None, "a\nb"), "data: a\ndata: b\n\n");
        assert_eq!(framed(Framing::Sse, LineEnd::CrLf, Some("e"), "a"), "event: e\r\ndata: a\r\n\r\n");
        assert_eq!(framed(Framing::Sse, LineEnd::Cr, None, "a"), "data: a\r\r");
        assert_eq!(framed(Framing::SseWithoutSpace, lf, None, "a"), "data:a\n\n");
        assert_eq!(framed(Framing::Ndjson, lf, Some("e"), "{}"), "{}\n");
        assert_eq!(framed(Framing::Ndjson, LineEnd::CrLf, None, "{}"), "{}\r\n");
    }

    #[test]
    fn comments_are_blank_lines_where_there_are_none() {
        assert_eq!(Framing::Sse.comment("ping", "\r\n"), ": ping\r\n\r\n");
        assert_eq!(Framing::Ndjson.comment("ping", "\n"), "\n");
    }

    #[test]
    fn fillings_have_whole_units_and_no_more_bytes_than_asked_for() {
        let filled = |framing, filler, bytes| {
            let mut out = Outbox::new(framing, LineEnd::Lf, None);
            out.fill(filler, bytes);
            String::from_utf8(out.take().expect("a filling")).expect("UTF-8")
        };
        assert_eq!(filled(Framing::Sse, Filler::Line, 4), "aaaa");
        assert_eq!(filled(Framing::Sse, Filler::Events, 23), "data: {}\n\ndata: {}\n\n");
        assert_eq!(filled(Framing::Ndjson, Filler::Events, 7), "{}\n{}\n");
        assert_eq!(filled(Framing::Sse, Filler::Comments, 1), ": \n\n");
    }

    #[test]
    fn stamps_go_into_json_objects_only() {
        let stamped = |data: &str| {
            let mut data = data.to_owned();
            stamp(&mut data, clock::now());
            data
        };
        assert!(stamped("{\"a\":1}").starts_with("{\"a\":1,\"sent_ns\":"));
        assert!(stamped("{}").starts_with("{\"sent_ns\":"));
        for other in ["[DONE]", "odd}", "{\"a\":1", "{", ""] {
            assert_eq!(stamped(other), other);
        }
    }
}
