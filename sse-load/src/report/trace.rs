//! One request as a timeline.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::record::Slow;
use crate::sample::{Connection, Origin, Outcome};
use crate::stats::seconds;

/// The slowest requests of the measured window, slowest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SlowestRequests {
    /// By how long nothing was generated: to the first event, or to the failure without one.
    pub to_first_token: Vec<Trace>,
    /// By how long they took.
    pub to_end: Vec<Trace>,
}

/// What was seen of one request, as times from its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The request name.
    pub request: String,
    /// The task that sent it.
    pub origin: Origin,
    /// When it began, from the start of the run.
    #[serde(with = "seconds")]
    pub at: Duration,
    /// How much later that was than its schedule, in the open loop.
    #[serde(with = "seconds::optional")]
    pub late: Option<Duration>,
    /// The connection was usable; none where a kept one was reused or none was made.
    #[serde(with = "seconds::optional")]
    pub connected: Option<Duration>,
    /// The response head.
    #[serde(with = "seconds::optional")]
    pub headers: Option<Duration>,
    /// Generated events, without those that nobody could tell apart on a timeline.
    #[serde(with = "seconds::each")]
    pub generated: Vec<Duration>,
    /// The first generated event that is no reasoning.
    #[serde(with = "seconds::optional")]
    pub first_output: Option<Duration>,
    /// The end of the body, or the failure.
    #[serde(with = "seconds")]
    pub end: Duration,
    /// How many events were generated.
    pub events: u64,
    /// Tokens of the reply.
    pub tokens: Option<u64>,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

impl Trace {
    pub(super) fn of(slow: &Slow, started: Timestamp) -> Self {
        let sample = &slow.sample;
        let stamps = &sample.stamps;
        let since = |at: Timestamp| at - stamps.start;
        Self {
            request: sample.name.to_string(),
            origin: sample.origin,
            at: stamps.start - started,
            late: stamps.schedule.map(|schedule| stamps.start - schedule.at),
            connected: match stamps.connection {
                Some(Connection::Opened(at)) => Some(since(at)),
                _ => None,
            },
            headers: stamps.headers.map(since),
            generated: stamps.generated.iter().copied().map(since).collect(),
            first_output: stamps.first_output.map(since),
            end: since(stamps.end),
            events: slow.events,
            tokens: sample.tokens.completion.map(|counted| counted.tokens),
            failure: match &sample.outcome {
                Outcome::Failed(failure) => Some(failure.summary.to_string()),
                _ => None,
            },
        }
    }
}
