//! What only a request log has of a request.

use crate::clock::Timestamp;

/// What no figure needs of a request: kept only where a request log is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The number of the user, from 0, over all classes; `None` for an arrival, a set-up and a tear-down.
    pub user: Option<u64>,
    /// Which of all stays of users it is, from 0: one who comes again stays anew.
    pub stay: Option<u64>,
    /// The number of the arrival that the user serves or served last, from 0, in its source; `None` in the closed loop.
    pub arrival: Option<u64>,
    /// Which attempt at the request it is, from 1.
    pub attempt: u32,
    /// The HTTP status; `None` without a response.
    pub status: Option<u16>,
    /// Every event that was read, in order.
    pub events: Vec<SeenEvent>,
}

/// An event of a stream, as a request log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenEvent {
    /// Its arrival.
    pub at: Timestamp,
    /// What it was.
    pub class: EventClass,
}

/// What an event was. One of several meanings is the last of them in this order: a last chunk with text is generated, though it ends
/// the reply too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventClass {
    /// No output and no news: role, ping, blank.
    #[default]
    Ignored,
    /// It could not be read.
    Malformed,
    /// Token counts.
    Usage,
    /// The reply is complete, or nothing follows it.
    Terminal,
    /// An error that the server sent in the stream.
    Error,
    /// Output on any channel.
    Generated,
}

impl EventClass {
    /// The class as a request log names it.
    ///
    /// ```
    /// assert_eq!(sse_load::sample::EventClass::Generated.name(), "generated");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Malformed => "malformed",
            Self::Usage => "usage",
            Self::Terminal => "terminal",
            Self::Error => "error",
            Self::Generated => "generated",
        }
    }
}
