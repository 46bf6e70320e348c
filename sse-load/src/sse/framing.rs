//! What separates one event from the next.

/// How a body is cut into events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Framing {
    /// The event stream format of the WHATWG HTML Standard: fields, and a blank line after each event.
    #[default]
    EventStream,
    /// One event a line, its data the line: newline-delimited JSON. The last line needs no end.
    Lines,
    /// [`Lines`](Self::Lines) if the first line that is not blank begins with `{`, which no field of an event stream
    /// does, and [`EventStream`](Self::EventStream) otherwise.
    Detect,
}

impl Framing {
    /// What a body has whose first line that is not blank is this one.
    pub(super) fn settled(self, line: &[u8]) -> Self {
        match self {
            Self::Detect if line.starts_with(b"{") => Self::Lines,
            Self::Detect => Self::EventStream,
            named => named,
        }
    }
}
