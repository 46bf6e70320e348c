//! One finished request: its stamps, its tokens, how it ended, and the metrics that follow from them.

mod details;
mod failure;
mod failure_classes;
mod intern;
mod metric;
mod origin;
mod scope;
mod stamps;
mod tokens;
mod values;

use std::sync::Arc;

pub use details::{Details, EventClass, SeenEvent};
pub use failure::{Exhausted, Failure, FailureClass};
pub use failure_classes::FailureClasses;
pub use intern::{Name, Names};
pub(crate) use intern::{interned, name};
pub use metric::{DEFINITIONS, Metric};
pub use origin::Origin;
pub use scope::{ALL, Scope, tag, turn, user_class};
pub use stamps::{Connection, Schedule, Stamps};
pub use tokens::{Counted, TokenSource, Tokens};

/// One finished request.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The request name that its figures are reported under.
    pub name: Arc<str>,
    /// The user class and task that sent it.
    pub origin: Origin,
    /// What was seen when.
    pub stamps: Stamps,
    /// How many tokens went in and came out.
    pub tokens: Tokens,
    /// How it ended.
    pub outcome: Outcome,
    /// Events of the stream that could not be read, each a warning.
    pub malformed: u64,
    /// The bytes of the body that were read, as the connection brought them.
    pub body_bytes: u64,
    /// Whether it went out a second time, since the server had closed the kept connection.
    pub resent: bool,
    /// Whether it is an attempt after one that failed, which the task asked for.
    pub retry: bool,
    /// Which turn of a conversation it is, from 1, if it is one.
    pub turn: Option<u32>,
    /// What a request log has beside that, where one is asked for.
    pub details: Option<Box<Details>>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Terminal marker, no error event, at least one generated event.
    Success,
    /// The request failed; it counts as +∞ in every latency percentile.
    Failed(Failure),
    /// The end of the run cut it off: neither success nor failure.
    CutOff,
    /// The task dropped it before its end: neither success nor failure.
    HungUp,
}
