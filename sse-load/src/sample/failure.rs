//! Why a request failed.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureClass {
    /// No usable connection, or it broke before a response came.
    Connect,
    /// No connection within the time allowed for it: name resolution, TCP and TLS.
    ConnectTimeout,
    /// An HTTP status other than 2xx.
    HttpStatus,
    /// No generated event within the time allowed for the first.
    TtftTimeout,
    /// Not a byte for as long as the stall time-out allows.
    StallTimeout,
    /// The request as a whole took too long.
    TotalTimeout,
    /// The server reported an error inside of the stream.
    StreamError,
    /// The stream ended without the terminal marker of its format.
    Truncated,
    /// What came could not be read as a stream.
    Malformed,
    /// The stream ended properly without one generated event.
    Empty,
    /// The task's own check refused the reply.
    Validation,
    /// The task panicked while the request was in flight.
    Panic,
}

impl FailureClass {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Connect,
        Self::ConnectTimeout,
        Self::HttpStatus,
        Self::TtftTimeout,
        Self::StallTimeout,
        Self::TotalTimeout,
        Self::StreamError,
        Self::Truncated,
        Self::Malformed,
        Self::Empty,
        Self::Validation,
        Self::Panic,
    ];

    /// The class as reports name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::ConnectTimeout => "connect_timeout",
            Self::HttpStatus => "http_status",
            Self::TtftTimeout => "ttft_timeout",
            Self::StallTimeout => "stall_timeout",
            Self::TotalTimeout => "total_timeout",
            Self::StreamError => "stream_error",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::Empty => "empty",
            Self::Validation => "validation",
            Self::Panic => "panic",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One failure: its kind, a line that is the same for failures of one cause, and what is particular to this one.
///
/// ```
/// use sse_load::sample::{Failure, FailureClass};
///
/// let failure = Failure::new(FailureClass::HttpStatus, "HTTP 503 Service Unavailable").with_detail("overloaded");
/// assert_eq!(failure.to_string(), "HTTP 503 Service Unavailable: overloaded");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub class: FailureClass,
    /// What failures are grouped by.
    pub summary: Cow<'static, str>,
    /// What this one said beyond that: the start of a response body, an error's text. Empty if nothing.
    pub detail: String,
    /// What this machine had none left of, where that is why: then it is no failure of the server.
    pub exhausted: Option<Exhausted>,
}

/// What a machine may have none left of for one more connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// Open files of the process.
    Files,
    /// Local ports.
    Ports,
}

impl Failure {
    /// A failure with no detail.
    pub fn new(class: FailureClass, summary: impl Into<Cow<'static, str>>) -> Self {
        Self { class, summary: summary.into(), detail: String::new(), exhausted: None }
    }

    /// The same, for want of something on this machine.
    #[must_use]
    pub fn for_want_of(self, exhausted: Exhausted) -> Self {
        Self { exhausted: Some(exhausted), ..self }
    }

    /// What is common to failures of one cause: no detail, which may quote a reply.
    #[must_use]
    pub fn without_detail(&self) -> Self {
        let Self { class, summary, exhausted, .. } = self;
        Self { class: *class, summary: summary.clone(), detail: String::new(), exhausted: *exhausted }
    }

    /// The same with a detail.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}
