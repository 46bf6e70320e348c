//! One HTTP request, from its first byte to its sample.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::bounds::Bounds;
use super::budget::Reservation;
use super::drive::{drain, drive};
use super::flight::{Departure, Flight};
use super::hang_up::Leaving;
use super::reading::Reading;
use super::redact::Secrets;
use super::sink::Counting;
use super::{Context, Reply, RequestError, Retry, Timeouts};
use crate::clock::Timestamp;
use crate::protocol::MakeProtocol;
use crate::sample::{Failure, FailureClass, Schedule, Stamps};
use crate::transport::Request;

pub(super) type Check = Box<dyn FnOnce(&Reply) -> Result<(), String> + Send>;

/// What the attempts of one request have in common.
pub(super) struct Attempt<'r> {
    pub(super) name: Arc<str>,
    pub(super) format: &'r dyn MakeProtocol,
    pub(super) turn: Option<u32>,
    /// When the request should have begun, in the open loop: of the attempt that decides, since an arrival has one first token.
    pub(super) schedule: Option<Schedule>,
    pub(super) retry: Option<&'r Retry>,
    pub(super) bounds: Bounds,
    pub(super) unterminated_event: bool,
    pub(super) leaving: Leaving,
    /// What is set aside for the attempt.
    pub(super) reservation: Option<Reservation>,
    pub(super) timeouts: Timeouts,
    pub(super) counting: Counting,
    /// Asked of the reply, of which there is one at the most.
    pub(super) checks: Vec<Check>,
    /// How many attempts were made.
    pub(super) made: u32,
}

/// An attempt that failed; it is counted.
pub(super) struct Missed {
    pub(super) error: RequestError,
    /// How long to wait before the next attempt, if there is one.
    pub(super) pause: Option<Duration>,
}

impl From<RequestError> for Missed {
    fn from(error: RequestError) -> Self {
        Self { error, pause: None }
    }
}

impl Attempt<'_> {
    /// Sends the request, reads its stream, has it checked and counts it.
    pub(super) async fn run(&mut self, context: &Context, request: &Request) -> Result<Reply, Missed> {
        let protocol = self.format.make_protocol(request.url.path());
        // A server may quote a cookie, too, which must not be told.
        let request = context.http.with_cookies(request);
        self.made += 1;
        let departure = Departure {
            name: Arc::clone(&self.name),
            origin: context.origin,
            identity: context.identity(),
            turn: self.turn,
            attempt: self.made,
            is_load: context.is_load,
        };
        // That of a budget was read when it was granted, which no spent budget comes before.
        let start = self.reservation.as_ref().map_or_else(Timestamp::now, |reservation| reservation.granted);
        // Its parts took time to build, and a budget may have kept it waiting.
        if context.refuses(self.schedule, start) {
            if let Some(reservation) = self.reservation.take() {
                reservation.cancel();
            }
            return Err(RequestError::Stopped.into());
        }
        let stamps = Stamps { schedule: self.schedule, ..Stamps::starting(start) };
        let reading = Reading::new(protocol, self.bounds, stamps)
            .yield_unterminated(self.unterminated_event)
            .tell(self.leaving.event_limit());
        let mut flight = Flight::begin(Arc::clone(&context.sink), departure, reading);
        let driven = tokio::select! {
            biased;
            () = self.leaving.leaves() => None,
            driven = drive(&context.http, &request, self.timeouts, &mut flight.reading, &mut flight.resent) => Some(driven),
        };
        let facts = &mut flight.reading.facts;
        if let Some(reservation) = self.reservation.take() {
            reservation.settle(facts);
        }
        // The flight ends with this, as one that was hung up.
        let Some(driven) = driven else { return Err(RequestError::HungUp.into()) };
        facts.first_malformed =
            facts.first_malformed.take().map(|example| Secrets::of(&request.headers, &request.url).redact(&example));
        let (head, response) = match driven {
            Ok(landed) => landed,
            Err(failure) => {
                let refused = facts.refused;
                return Err(self.missed(flight, failure, &request, refused));
            }
        };
        let mut reply = Reply::new(head, flight.hand_over());
        // A check may ask what follows the end; without one the request has landed before that is read.
        let mut undrained = Some(response);
        if let Some(response) = undrained.take_if(|_| !self.checks.is_empty()) {
            reply.note_rest(drain(response).await);
        }
        let refusal = self.checks.drain(..).find_map(|check| check(&reply).err());
        if let Some(refusal) = refusal {
            let failure = Failure::new(FailureClass::Validation, "reply refused by the task").with_detail(refusal);
            return Err(self.missed(flight, failure, &request, None));
        }
        flight.succeed(|| reply.facts().texts.countable(), self.counting.take());
        if let Some(response) = undrained {
            reply.note_rest(drain(response).await);
        }
        Ok(reply)
    }

    /// Counts an attempt that failed. `refused` is the status that it was refused with, and how long the server asks to wait.
    fn missed(
        &self,
        mut flight: Flight,
        failure: Failure,
        request: &Request,
        refused: Option<(StatusCode, Option<Duration>)>,
    ) -> Missed {
        let detail = Secrets::of(&request.headers, &request.url).redact(&failure.detail);
        let pause = self.retry.zip(refused);
        let pause = pause.and_then(|(retry, (status, after))| retry.pause(self.made, status, after));
        if pause.is_some() {
            flight.forget_schedule();
        }
        Missed { error: flight.fail(failure.with_detail(detail)), pause }
    }
}
