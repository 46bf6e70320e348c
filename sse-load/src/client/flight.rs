//! A request in flight: however it ends, it is counted once.

use std::sync::Arc;

use super::facts::Facts;
use super::sink::Counting;
use super::{RequestError, Sink};
use crate::clock::Timestamp;
use crate::sample::{Failure, FailureClass, Origin, Outcome, Sample, Schedule, Stamps, Tokens};

/// What is known of a request before it begins.
pub(super) struct Departure {
    pub(super) name: Arc<str>,
    pub(super) origin: Origin,
    pub(super) schedule: Option<Schedule>,
    pub(super) turn: Option<u32>,
    pub(super) retry: bool,
    /// Not what a user does at its end, nor a set-up or tear-down.
    pub(super) is_load: bool,
}

/// A request from its start to its sample. If it is dropped before its end, that is counted too: as cut off by the end of the
/// run, as a panic of the task, or as hung up by the task.
pub(super) struct Flight {
    sink: Arc<Sink>,
    departure: Departure,
    start: Timestamp,
    resent: bool,
    landed: bool,
}

impl Flight {
    pub(super) fn begin(sink: Arc<Sink>, departure: Departure, start: Timestamp) -> Self {
        sink.recorder.depart(start);
        Self { sink, departure, start, resent: false, landed: false }
    }

    /// The stamps that the request begins with.
    pub(super) fn stamps(&self) -> Stamps {
        Stamps { schedule: self.departure.schedule, ..Stamps::starting(self.start) }
    }

    /// Set when the request goes out a second time.
    pub(super) fn resent(&mut self) -> &mut bool {
        &mut self.resent
    }

    /// It does not decide about its arrival: another attempt follows.
    pub(super) fn forget_schedule(&mut self) {
        self.departure.schedule = None;
    }

    /// Counts the request as failed.
    pub(super) fn fail(mut self, failure: Failure, facts: &Facts) -> RequestError {
        self.landed = true;
        self.report_malformed(facts);
        let mut sample = self.sample(Outcome::Failed(failure.clone()), facts);
        sample.stamps.schedule = self.departure.schedule;
        self.sink.record(sample, self.departure.is_load);
        RequestError::Failed(failure)
    }

    /// Counts the request as a success, and its tokens if the server did not.
    pub(super) fn succeed(mut self, facts: &Facts, counting: Counting) {
        self.landed = true;
        self.report_malformed(facts);
        let sample = self.sample(Outcome::Success, facts);
        self.sink.record_success(sample, self.departure.is_load, || facts.texts.countable(), counting);
    }

    fn sample(&self, outcome: Outcome, facts: &Facts) -> Sample {
        let sample = self.bare_sample(outcome, facts.stamps.clone());
        Sample { tokens: facts.tokens(), malformed: facts.malformed, body_bytes: facts.body_bytes, ..sample }
    }

    /// A sample without what was read.
    fn bare_sample(&self, outcome: Outcome, stamps: Stamps) -> Sample {
        let Departure { name, origin, turn, retry, .. } = &self.departure;
        Sample {
            name: Arc::clone(name),
            origin: *origin,
            stamps,
            tokens: Tokens::default(),
            outcome,
            malformed: 0,
            body_bytes: 0,
            resent: self.resent,
            retry: *retry,
            turn: *turn,
        }
    }

    fn report_malformed(&self, facts: &Facts) {
        if let Some(example) = &facts.first_malformed {
            self.sink
                .recorder
                .with(|recording| recording.malformed.add(Arc::clone(&self.departure.name), self.start, example));
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
        let stamps = Stamps { end: Timestamp::now(), ..self.stamps() };
        self.sink.record(self.bare_sample(outcome, stamps), self.departure.is_load);
    }
}
