//! One event, as it stands in the decoder's buffers.

/// One dispatched event. It borrows from the [`Decoder`](super::Decoder), up to the next call.
///
/// ```
/// use sse_load::sse::{Decoder, Limits};
///
/// let mut decoder = Decoder::new(Limits::default());
/// decoder.push(b"id: 7\nevent: add\ndata: 73857293\n\n");
/// let event = decoder.next_event().unwrap().unwrap();
/// assert_eq!((event.name, event.data, event.id), ("add", "73857293", Some("7")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The value of the last `event` field; `message` when none was sent or it was empty.
    pub name: &'a str,
    /// The values of all `data` fields, joined with line feeds.
    pub data: &'a str,
    /// The last event ID: that of this event or, since it stays set, of an earlier one. An empty one is none.
    pub id: Option<&'a str>,
}
