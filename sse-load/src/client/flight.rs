//! A request in flight: however it ends, it is counted once.

use std::sync::Arc;

use super::facts::Facts;
use super::reading::Reading;
use super::sink::Counting;
use super::{Identity, RequestError, Sink};
use crate::clock::Timestamp;
use crate::sample::{Details, Failure, FailureClass, Origin, Outcome, Sample};

/// What is known of a request before it begins.
pub(super) struct Departure {
    pub(super) name: Arc<str>,
    pub(super) origin: Origin,
    pub(super) identity: Identity,
    pub(super) turn: Option<u32>,
    /// Which attempt it is, from 1.
    pub(super) attempt: u32,
    /// Not what a user does at its end, nor a set-up or tear-down.
    pub(super) is_load: bool,
}

/// A request from its start to its sample. If it is dropped before its end, that is counted too: as cut off by the end of the
/// run, as a panic of the task, or as hung up by the task.
pub(super) struct Flight {
    sink: Arc<Sink>,
    departure: Departure,
    /// What was read so far.
    pub(super) reading: Reading,
    /// Whether it went out a second time.
    pub(super) resent: bool,
    landed: bool,
}

impl Flight {
    /// The request begins, as the stamps of `reading` say.
    pub(super) fn begin(sink: Arc<Sink>, departure: Departure, reading: Reading) -> Self {
        sink.recorder.depart(reading.facts.stamps.start);
        let reading = reading.keep_events(sink.recorder.is_logged());
        Self { sink, departure, reading, resent: false, landed: false }
    }

    /// It does not decide about its arrival: another attempt follows.
    pub(super) fn forget_schedule(&mut self) {
        self.reading.facts.stamps.schedule = None;
    }

    /// Gives what was read to the reply. What a sample needs stays here, since the task may still refuse it or go.
    pub(super) fn hand_over(&mut self) -> Facts {
        let facts = &mut self.reading.facts;
        let kept = facts.kept_for_sample();
        std::mem::replace(facts, kept)
    }

    /// Counts the request as failed.
    pub(super) fn fail(mut self, failure: Failure) -> RequestError {
        self.report_malformed();
        let sample = self.land(Outcome::Failed(failure.clone()));
        self.sink.record(sample, self.departure.is_load);
        RequestError::Failed(failure)
    }

    /// Counts the request as a success, and its tokens if the server did not; those of the reply are in `countable`.
    pub(super) fn succeed(mut self, countable: impl FnOnce() -> Vec<String>, counting: Counting) {
        self.report_malformed();
        let sample = self.land(Outcome::Success);
        self.sink.record_success(sample, self.departure.is_load, countable, counting);
    }

    fn land(&mut self, outcome: Outcome) -> Sample {
        self.landed = true;
        let tokens = self.reading.facts.tokens();
        let Facts { stamps, malformed, body_bytes, status, events, .. } = std::mem::take(&mut self.reading.facts);
        let Departure { name, origin, identity, turn, attempt, .. } = &self.departure;
        let of_log = |events| {
            let (user, stay, arrival) = identity.numbers();
            let status = status.map(|status| status.as_u16());
            Box::new(Details { user, stay, arrival, attempt: *attempt, status, events })
        };
        Sample {
            name: Arc::clone(name),
            origin: *origin,
            stamps,
            tokens,
            outcome,
            malformed,
            body_bytes,
            resent: self.resent,
            retry: *attempt > 1,
            turn: *turn,
            details: events.map(of_log),
        }
    }

    fn report_malformed(&self) {
        let Facts { stamps, first_malformed, .. } = &self.reading.facts;
        if let Some(example) = first_malformed {
            self.sink
                .recorder
                .with(|recording| recording.malformed.add(Arc::clone(&self.departure.name), stamps.start, example));
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.landed {
            return;
        }
        let outcome = if std::thread::panicking() {
            Outcome::Failed(Failure::new(FailureClass::Panic, "the task panicked while the request was in flight"))
        } else if self.sink.stop.is_cutting_off() {
            Outcome::CutOff
        } else {
            Outcome::HungUp
        };
        self.reading.facts.stamps.end = Timestamp::now();
        let sample = self.land(outcome);
        self.sink.record(sample, self.departure.is_load);
    }
}
