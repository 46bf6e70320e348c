//! The event that the lines so far build: the buffers of the standard's "Interpreting an event stream".

use std::ops::Range;
use std::time::Duration;

use memchr::memchr;

use super::Event;

/// Where the data of the event stands.
#[derive(Debug, Default)]
enum Data {
    /// No `data` field yet: a blank line dispatches nothing.
    #[default]
    Absent,
    /// One line, still where it was read.
    Line(Range<usize>),
    /// In [`Draft::text`]: several lines, or one that had to be copied.
    Copied,
}

/// The event in progress, and what the stream keeps from event to event.
#[derive(Debug, Default)]
pub(super) struct Draft {
    data: Data,
    text: String,
    name: String,
    /// Stays set from event to event.
    id: String,
    retry: Option<Duration>,
    /// Bytes of the lines so far, comments and line ends not counted.
    bytes: usize,
    comments: u64,
    invalid_utf8: u64,
}

impl Draft {
    /// Takes one line that is not blank: `line` is its place in `bytes`.
    pub(super) fn add(&mut self, bytes: &[u8], line: Range<usize>) {
        let colon = memchr(b':', &bytes[line.clone()]);
        if colon == Some(0) {
            self.comments += 1;
            return;
        }
        self.bytes += line.len();
        let name = line.start..colon.map_or(line.end, |at| line.start + at);
        let value = colon.map_or(line.end..line.end, |_| after_colon(bytes, name.end, line.end));
        match &bytes[name] {
            b"data" => self.add_data(bytes, value),
            b"event" => self.invalid_utf8 += set(&mut self.name, &bytes[value]),
            b"id" if memchr(0, &bytes[value.clone()]).is_none() => {
                self.invalid_utf8 += set(&mut self.id, &bytes[value]);
            }
            b"retry" => self.retry = milliseconds(&bytes[value]).or(self.retry),
            _ => {}
        }
    }

    /// Takes a whole line as the data of an event.
    pub(super) fn set_data(&mut self, line: Range<usize>) {
        self.data = Data::Line(line);
    }

    fn add_data(&mut self, bytes: &[u8], value: Range<usize>) {
        if matches!(self.data, Data::Absent) {
            self.data = Data::Line(value);
            return;
        }
        self.copy_data(bytes);
        self.text.push('\n');
        self.invalid_utf8 += append(&mut self.text, &bytes[value]);
    }

    /// Makes the data independent of `bytes`, which are about to move.
    pub(super) fn copy_data(&mut self, bytes: &[u8]) {
        if let Data::Line(value) = &self.data {
            self.invalid_utf8 += append(&mut self.text, &bytes[value.clone()]);
            self.data = Data::Copied;
        }
    }

    /// A blank line: whether there is an event to dispatch. If not, what there was is dropped, as the standard says.
    pub(super) fn end(&mut self) -> bool {
        self.bytes = 0;
        let dispatches = !matches!(self.data, Data::Absent);
        if !dispatches {
            self.name.clear();
        }
        dispatches
    }

    /// The event that [`end`](Self::end) found.
    pub(super) fn event<'a>(&'a mut self, bytes: &'a [u8]) -> Event<'a> {
        let line = match &self.data {
            Data::Line(value) => Some(&bytes[value.clone()]),
            Data::Absent | Data::Copied => None,
        };
        let data = match line.map(|line| (line, str::from_utf8(line))) {
            Some((_, Ok(text))) => text,
            Some((line, Err(_))) => {
                self.invalid_utf8 += append(&mut self.text, line);
                &self.text
            }
            None => &self.text,
        };
        let name = if self.name.is_empty() { "message" } else { &self.name };
        let id = Some(self.id.as_str()).filter(|id| !id.is_empty());
        Event { name, data, id }
    }

    /// Forgets the event that was dispatched; the last event ID stays.
    pub(super) fn clear(&mut self) {
        self.data = Data::Absent;
        self.text.clear();
        self.name.clear();
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn comments(&self) -> u64 {
        self.comments
    }

    pub(super) fn invalid_utf8(&self) -> u64 {
        self.invalid_utf8
    }

    pub(super) fn retry(&self) -> Option<Duration> {
        self.retry
    }
}

/// The value of a field: what follows the colon and one space.
fn after_colon(bytes: &[u8], colon: usize, end: usize) -> Range<usize> {
    let start = colon + 1;
    if bytes[start..end].first() == Some(&b' ') { start + 1..end } else { start..end }
}

fn set(target: &mut String, bytes: &[u8]) -> u64 {
    target.clear();
    append(target, bytes)
}

/// Appends text with U+FFFD for what is no UTF-8, as the Encoding Standard's "UTF-8 decode" does. 1 if there was any.
///
/// A whole value is decoded at a time. Its neighbours are ASCII, so this equals decoding the whole stream at once.
fn append(target: &mut String, bytes: &[u8]) -> u64 {
    if let Ok(text) = str::from_utf8(bytes) {
        target.push_str(text);
        return 0;
    }
    for chunk in bytes.utf8_chunks() {
        target.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            target.push(char::REPLACEMENT_CHARACTER);
        }
    }
    1
}

/// The value of a `retry` field, if it is digits only; a number past 64 bits is the largest one.
fn milliseconds(value: &[u8]) -> Option<Duration> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number =
        value.iter().fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(Duration::from_millis(number))
}
