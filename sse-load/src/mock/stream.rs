//! The body of a streamed answer: it walks through its program and keeps to its schedule.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::clock;
use super::dialect::{Chunk, Writer};
use super::lateness::LatenessCounter;
use super::log::Finish;
use super::pacer::Alarms;
use super::program::{Program, Step};
use super::schedule::Schedule;
use super::script::Script;
use super::traffic::Exchange;
use super::wire::Wire;

/// The body of any answer of the server.
#[derive(Debug)]
pub(super) enum ReplyBody {
    Whole(Option<Bytes>),
    Events(Box<EventStream>),
}

/// The body gives this error to have its connection reset.
#[derive(Debug, thiserror::Error)]
#[error("the script resets this connection")]
pub(super) struct Reset;

/// The events of one request.
#[derive(Debug)]
pub(super) struct EventStream {
    pub(super) exchange: Exchange,
    pub(super) script: Arc<Script>,
    pub(super) writer: Writer,
    pub(super) wire: Wire,
    pub(super) schedule: Schedule,
    pub(super) program: Program,
    pub(super) pace: Pace,
    /// How the request ended once the whole program is through.
    pub(super) at_end: Finish,
    /// The step that waits for its time.
    pub(super) current: Option<Step>,
}

/// The stream's place in time.
#[derive(Debug)]
pub(super) struct Pace {
    alarms: Alarms,
    lateness: Arc<LatenessCounter>,
    /// The moment that the schedule counts from: the request, and all pauses since. `None` is later than any clock.
    start: Option<Instant>,
    /// The latest offset that was waited for.
    reached: Duration,
    pausing: bool,
    step: Wait,
    /// When anything was sent last, or else the request.
    last_sent: Instant,
    ping: Wait,
    flushing: bool,
    /// Whether anything was given out that may share a write with what comes next.
    unflushed: bool,
}

/// Waits for one moment after another.
#[derive(Debug, Default)]
struct Wait {
    armed: Option<(Instant, Waker)>,
}

impl Wait {
    fn poll(&mut self, due: Instant, alarms: &Alarms, cx: &Context<'_>) -> Poll<()> {
        if due <= clock::now() {
            self.armed = None;
            return Poll::Ready(());
        }
        let armed = self.armed.as_ref();
        if !armed.is_some_and(|(at, waker)| *at == due && waker.will_wake(cx.waker())) {
            alarms.wake_at(due, cx.waker().clone());
            self.armed = Some((due, cx.waker().clone()));
        }
        Poll::Pending
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Events(stream) => stream.poll_event(cx).map(|event| event.map(|bytes| bytes.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Events(_) => SizeHint::default(),
        }
    }
}

impl EventStream {
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Reset>>> {
        loop {
            if let Some(bytes) = ready!(self.poll_written(cx)) {
                return Poll::Ready(Some(Ok(bytes)));
            }
            let Some(step) = self.current.take().or_else(|| self.program.next()) else {
                self.wire.end();
                if self.wire.is_empty() {
                    self.exchange.finish(self.at_end);
                    return Poll::Ready(None);
                }
                continue;
            };
            if self.pace.poll_step(&step, &self.schedule, cx).is_pending() {
                if let Step::Hang(finish) = step {
                    self.exchange.if_left = finish;
                }
                self.current = Some(step);
                ready!(self.poll_ping(cx));
                continue;
            }
            match step {
                Step::Send(chunk) => self.send(&chunk),
                Step::Reset => {
                    self.exchange.finish(Finish::Faulted);
                    return Poll::Ready(Some(Err(Reset)));
                }
                Step::Flush | Step::Until(_) | Step::Pause(_) | Step::Hang(_) => {}
            }
        }
    }

    /// What is written and not given out; in a write of its own if writes are to be small.
    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if !self.wire.is_empty() && self.script.split_writes.is_some() {
            ready!(self.pace.poll_flushed(cx));
        }
        let bytes = self.wire.take();
        self.pace.unflushed |= bytes.is_some();
        Poll::Ready(bytes)
    }

    /// Ready when a comment was written.
    fn poll_ping(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(silence) = self.script.ping_every else {
            return Poll::Pending;
        };
        ready!(self.pace.poll_silence(silence, cx));
        self.writer.out.comment("ping");
        self.write();
        Poll::Ready(())
    }

    fn send(&mut self, chunk: &Chunk) {
        self.writer.write(chunk);
        match chunk {
            Chunk::Tokens(tokens) => {
                self.exchange.tokens = u32::try_from(self.writer.tokens()).unwrap_or(u32::MAX);
                self.pace.record(self.schedule.due(tokens.start));
            }
            // A client that leaves in the middle of it has got the fault.
            Chunk::Fill(..) => self.exchange.if_left = Finish::Faulted,
            _ => {}
        }
        for _ in 0..self.write() {
            self.exchange.event_sent();
        }
    }

    /// Moves the events to the wire; returns how many there were.
    fn write(&mut self) -> u32 {
        let mut events = 0;
        while let Some(event) = self.writer.out.take() {
            self.wire.write(event);
            events += 1;
        }
        self.pace.last_sent = clock::now();
        events
    }
}

impl Pace {
    pub(super) fn new(alarms: Alarms, lateness: Arc<LatenessCounter>, start: Instant) -> Self {
        Self {
            alarms,
            lateness,
            start: Some(start),
            reached: Duration::ZERO,
            pausing: false,
            step: Wait::default(),
            last_sent: start,
            ping: Wait::default(),
            flushing: false,
            unflushed: false,
        }
    }

    /// Ready when the time of the step has come.
    fn poll_step(&mut self, step: &Step, schedule: &Schedule, cx: &mut Context<'_>) -> Poll<()> {
        match step {
            Step::Send(Chunk::Tokens(tokens)) => self.poll_due(schedule.due(tokens.start), cx),
            Step::Until(offset) => self.poll_due(*offset, cx),
            Step::Flush => self.poll_flushed(cx),
            Step::Hang(_) => Poll::Pending,
            Step::Pause(pause) => self.poll_paused(*pause, cx),
            Step::Send(_) | Step::Reset => Poll::Ready(()),
        }
    }

    fn poll_due(&mut self, offset: Duration, cx: &mut Context<'_>) -> Poll<()> {
        // A moment that no clock can show never comes.
        let Some(due) = self.moment(offset) else {
            return Poll::Pending;
        };
        ready!(self.step.poll(due, &self.alarms, cx));
        self.reached = offset;
        Poll::Ready(())
    }

    /// Ready when nothing was sent for so long.
    fn poll_silence(&mut self, silence: Duration, cx: &mut Context<'_>) -> Poll<()> {
        match self.last_sent.checked_add(silence) {
            Some(due) => self.ping.poll(due, &self.alarms, cx),
            None => Poll::Pending,
        }
    }

    /// Pending once, so that hyper writes out what it has.
    fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.unflushed && !self.flushing {
            self.flushing = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.flushing = false;
        self.unflushed = false;
        Poll::Ready(())
    }

    /// Moves the schedule and waits as long.
    fn poll_paused(&mut self, pause: Duration, cx: &mut Context<'_>) -> Poll<()> {
        if !self.pausing {
            self.start = self.moment(pause);
        }
        let waited = self.poll_due(self.reached, cx);
        self.pausing = waited.is_pending();
        waited
    }

    fn record(&self, offset: Duration) {
        if let Some(due) = self.moment(offset) {
            self.lateness.record(clock::now().saturating_duration_since(due));
        }
    }

    fn moment(&self, offset: Duration) -> Option<Instant> {
        self.start?.checked_add(offset)
    }
}
