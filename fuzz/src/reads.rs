//! A body in reads, and what a decoder makes of them.
//!
//! A body is an input as it is, so that any recorded stream is one. Its last bytes also say the sizes of its reads.

use std::time::Duration;

use sse_load::sse::{DecodeError, Decoder, Event, Framing, Limits};

/// An event that borrows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) name: String,
    pub(crate) data: String,
    pub(crate) id: Option<String>,
}

impl Owned {
    pub(crate) fn event(&self) -> Event<'_> {
        Event { name: &self.name, data: &self.data, id: self.id.as_deref() }
    }
}

impl From<Event<'_>> for Owned {
    fn from(event: Event<'_>) -> Self {
        Self { name: event.name.to_owned(), data: event.data.to_owned(), id: event.id.map(str::to_owned) }
    }
}

/// How a decoder is set up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) framing: Framing,
    pub(crate) limit: usize,
    pub(crate) unterminated: bool,
}

/// All that can be seen of a decoder after a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Owned>,
    pub(crate) error: Option<DecodeError>,
    pub(crate) rest: Rest,
}

/// What is left after the last event, and the counters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) framing: Framing,
    unread: Vec<u8>,
    pending_bytes: usize,
    comments: u64,
    invalid_utf8: u64,
    retry: Option<Duration>,
}

/// Decodes a body to its end or to the first error, and checks on the way what holds at any time.
pub(crate) fn decode<'a>(reads: impl IntoIterator<Item = &'a [u8]>, setup: Setup) -> Outcome {
    let limits = Limits::default().with_max_event_bytes(setup.limit);
    let mut decoder = Decoder::new(limits).with_framing(setup.framing).yield_unterminated(setup.unterminated);
    let (mut events, mut pushed) = (Vec::new(), Vec::new());
    let mut error = None;
    for read in reads {
        decoder.push(read);
        pushed.extend_from_slice(read);
        error = take(&mut decoder, &mut events, &pushed, |decoder| Ok(decoder.next_event()?.map(Owned::from)));
        if error.is_some() {
            break;
        }
        check_limit(&decoder, setup.limit);
    }
    if error.is_none() {
        error = take(&mut decoder, &mut events, &pushed, |decoder| Ok(decoder.finish()?.map(Owned::from)));
    }
    check_it_stays(&mut decoder, error.as_ref());
    Outcome { events, error, rest: Rest::of(&decoder) }
}

/// Takes events until there is none; what comes behind each of them is the end of what was pushed.
fn take(
    decoder: &mut Decoder,
    events: &mut Vec<Owned>,
    pushed: &[u8],
    mut next: impl FnMut(&mut Decoder) -> Result<Option<Owned>, DecodeError>,
) -> Option<DecodeError> {
    loop {
        match next(decoder) {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return None,
            Err(error) => return Some(error),
        }
        assert!(pushed.ends_with(decoder.unread()), "unread bytes are the last that came");
    }
}

fn check_limit(decoder: &Decoder, limit: usize) {
    let kept = decoder.pending_bytes().max(decoder.unread().len());
    assert!(kept <= limit, "{kept} bytes are kept past the limit of {limit}");
}

/// A body that has ended stays ended, and an error stays the error.
fn check_it_stays(decoder: &mut Decoder, error: Option<&DecodeError>) {
    if error.is_some() {
        decoder.push(b"\n\ndata: more\n\n");
    }
    assert_eq!(decoder.finish().err().as_ref(), error);
    assert_eq!(decoder.next_event().ok().flatten(), None);
}

impl Rest {
    fn of(decoder: &Decoder) -> Self {
        Self {
            framing: decoder.framing(),
            unread: decoder.unread().to_vec(),
            pending_bytes: decoder.pending_bytes(),
            comments: decoder.comments(),
            invalid_utf8: decoder.invalid_utf8(),
            retry: decoder.retry(),
        }
    }
}

/// The body in reads of 1 to 256 bytes: its last eight bytes are the sizes less one, over and over.
pub(crate) fn cut(body: &[u8]) -> Vec<&[u8]> {
    let sizes = &body[body.len().saturating_sub(8)..];
    let mut rest = body;
    let mut reads = Vec::new();
    for size in sizes.iter().cycle() {
        let (read, after) = rest.split_at(rest.len().min(usize::from(*size) + 1));
        reads.push(read);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    reads
}
