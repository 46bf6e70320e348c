//! One request as a timeline.

use std::time::Duration;

use serde::Serialize;

use super::seconds::seconds;
use crate::clock::Timestamp;
use crate::record::Slow;
use crate::sample::{Connection, Origin, Outcome};

/// The slowest requests of the measured window, slowest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SlowestRequests {
    /// By how long nothing was generated: to the first event, or to the failure without one.
    pub to_first_token: Vec<Trace>,
    /// By how long they took.
    pub to_end: Vec<Trace>,
}

/// What was seen of one request, as times from its start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// The request name.
    pub request: String,
    /// The task that sent it.
    pub origin: Origin,
    /// When it began, from the start of the run.
    #[serde(serialize_with = "seconds")]
    pub at: Duration,
    /// How much later that was than its schedule, in the open loop.
    #[serde(serialize_with = "maybe_seconds")]
    pub late: Option<Duration>,
    /// The connection was usable; none where a kept one was reused or none was made.
    #[serde(serialize_with = "maybe_seconds")]
    pub connected: Option<Duration>,
    /// The response head.
    #[serde(serialize_with = "maybe_seconds")]
    pub headers: Option<Duration>,
    /// Generated events, without those that nobody could tell apart on a timeline.
    #[serde(serialize_with = "all_seconds")]
    pub generated: Vec<Duration>,
    /// The first generated event that is no reasoning.
    #[serde(serialize_with = "maybe_seconds")]
    pub first_output: Option<Duration>,
    /// The end of the body, or the failure.
    #[serde(serialize_with = "seconds")]
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

#[expect(clippy::ref_option, reason = "what serde calls")]
fn maybe_seconds<S: serde::Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

fn all_seconds<S: serde::Serializer>(durations: &[Duration], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(durations.iter().map(Duration::as_secs_f64))
}
