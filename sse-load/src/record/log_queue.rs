//! The way of finished requests to the request log: bounded, and never waited for.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Window;
use super::bounded::{Inlet, Outlet, Weighs, bounded};
use crate::clock::Timestamp;
use crate::sample::{Details, Outcome, Sample, SeenEvent, Stamps};

/// A finished request on its way to the log.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The request. Its generated events are left out, since its details have every event.
    pub sample: Sample,
    /// What no figure needs of it.
    pub details: Details,
    /// The measured window.
    pub window: Window,
}

impl Logged {
    fn new(sample: &Sample, details: Details, window: Window) -> Self {
        let Stamps { start, schedule, connection, headers, first_output, terminal, end, ref tokens, .. } =
            sample.stamps;
        let (generated, buffered, tokens) = (Vec::new(), Vec::new(), tokens.clone());
        let stamps =
            Stamps { start, schedule, connection, headers, generated, buffered, first_output, terminal, end, tokens };
        // The detail of a failure may quote a reply, and a log has none of it.
        let outcome = match &sample.outcome {
            Outcome::Failed(failure) => Outcome::Failed(failure.without_detail()),
            other => other.clone(),
        };
        let Sample { ref name, origin, tokens, malformed, body_bytes, resent, retry, turn, .. } = *sample;
        let name = Arc::clone(name);
        let sample =
            Sample { name, origin, stamps, tokens, outcome, malformed, body_bytes, resent, retry, turn, details: None };
        Self { sample, details, window }
    }
}

impl Weighs for Logged {
    fn bytes(&self) -> usize {
        let (events, tokens) = (&self.details.events, &self.sample.stamps.tokens);
        size_of::<Self>() + events.capacity() * size_of::<SeenEvent>() + size_of_val(&**tokens)
    }
}

/// When a run began: the origin of the stamps of its log.
#[derive(Clone, Copy, Debug)]
pub struct Begin {
    /// By the clock of the stamps.
    pub at: Timestamp,
    /// By the clock on the wall.
    pub wall: SystemTime,
    /// The time before the measured window in which all users are there.
    pub warm_up: Duration,
}

/// What comes out of a [`LogQueue`].
#[derive(Debug)]
pub enum LogEntry {
    /// A request has ended.
    Request(Box<Logged>),
    /// Nothing came for as long as was waited.
    Pause,
    /// Nothing comes any more.
    End,
}

/// The way to the thread that writes the log. It holds a bounded number of bytes: a request that finds it full is not logged, and
/// counted, since to wait would make the run slower than it is.
#[derive(Clone, Debug)]
pub struct LogQueue(Inlet<Logged>);

/// The other end of a [`LogQueue`].
#[derive(Debug)]
pub struct LoggedRequests(Outlet<Logged>);

impl LogQueue {
    /// A queue that holds so many bytes, and its other end.
    #[must_use]
    pub fn holding(most: usize) -> (Self, LoggedRequests) {
        let (inlet, outlet) = bounded(most);
        (Self(inlet), LoggedRequests(outlet))
    }

    pub(super) fn send(&self, sample: &Sample, details: Details, window: Window) {
        // One that comes back is counted, and has no row.
        let _ = self.0.send(Box::new(Logged::new(sample, details, window)));
    }

    /// Nothing comes any more, and what comes all the same is not logged.
    pub fn end(&self) {
        self.0.end();
    }

    /// How many requests found it full.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.0.refused()
    }
}

impl LoggedRequests {
    /// Waits for what comes next, no longer than `patience`.
    #[must_use]
    pub fn next(&self, patience: Duration) -> LogEntry {
        match self.0.next_within(patience) {
            Ok(Some(logged)) => LogEntry::Request(logged),
            Ok(None) => LogEntry::End,
            Err(_) => LogEntry::Pause,
        }
    }
}
