//! How a run goes: what its recorders saw since they were last asked.

use std::borrow::Cow;
use std::sync::Arc;

use super::{ByName, Grouped, Lateness, Recorder, Window};
use crate::sample::{Metric, Outcome, Sample};
use crate::stats::Histogram;

/// Requests that ended by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Those that succeeded.
    pub succeeded: u64,
    /// Those that failed.
    pub failed: u64,
}

/// What happened since one last asked. It is of requests as they end, whether they began in the measured window or not.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    /// Requests of the measured window that ended.
    pub within: Ended,
    /// Requests of ramp and warm-up that ended.
    pub outside: Ended,
    /// Times to the first token of those that succeeded, in microseconds.
    pub ttft: Histogram,
    /// Tokens of those that succeeded, as far as they are counted.
    pub tokens: u64,
    /// Their generated events.
    pub events: u64,
    /// How late the measuring threads were.
    pub lateness: Lateness,
    /// Why requests failed, and what tasks returned or panicked with beside them.
    pub troubles: Grouped<Cow<'static, str>>,
    /// Requests of the measured window that ended, by name and outcome.
    pub names: ByName,
    /// Requests that have begun and not ended: a number of now.
    pub in_flight: i64,
    /// Successes that went to the token counter.
    pub handed_over: u64,
}

impl Pulse {
    pub(super) fn record(&mut self, sample: &Sample, window: Window) {
        let is_within = window.contains(sample.stamps.intended());
        if is_within {
            self.names.record(sample);
        }
        let ended = if is_within { &mut self.within } else { &mut self.outside };
        match &sample.outcome {
            Outcome::Success => {
                ended.succeeded += 1;
                sample.each_value(Metric::Ttft, |ttft, times| self.ttft.record_n(ttft, times));
                self.tokens += sample.tokens.completion.map_or(0, |counted| counted.tokens);
                self.events += sample.stamps.generated.len() as u64;
            }
            Outcome::Failed(failure) => {
                ended.failed += 1;
                self.troubles.add(failure.summary.clone(), sample.stamps.start, "");
            }
            Outcome::CutOff | Outcome::HungUp => {}
        }
    }

    /// Adds what happened at another recorder meanwhile.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [(&mut self.within, other.within), (&mut self.outside, other.outside)] {
            mine.succeeded += theirs.succeeded;
            mine.failed += theirs.failed;
        }
        self.ttft.merge(&other.ttft);
        self.tokens += other.tokens;
        self.events += other.events;
        self.lateness.merge(&other.lateness);
        self.troubles.merge(other.troubles.clone());
        self.names.merge(&other.names);
        self.in_flight += other.in_flight;
        self.handed_over += other.handed_over;
    }

    /// Forgets all, and keeps the room for as much.
    fn clear(&mut self) {
        let Self { mut ttft, mut lateness, mut names, .. } = std::mem::take(self);
        ttft.clear();
        lateness.clear();
        names.clear();
        *self = Self { ttft, lateness, names, ..Self::default() };
    }
}

/// Asks all recorders of a run. Each is locked for a swap and for no longer.
#[derive(Debug)]
pub struct Pulses {
    /// Of the measuring threads, with what each gets for the pulse that is taken: the one before, emptied.
    threads: Vec<(Arc<Recorder>, Pulse)>,
    /// Of the token counter.
    counter: (Arc<Recorder>, Pulse),
    /// Successes that wait for the token counter.
    waiting: u64,
}

impl Pulses {
    /// Of these threads, and of the token counter.
    #[must_use]
    pub fn new(threads: &[Arc<Recorder>], counter: Arc<Recorder>) -> Self {
        let threads = threads.iter().map(|recorder| (Arc::clone(recorder), Pulse::default())).collect();
        Self { threads, counter: (counter, Pulse::default()), waiting: 0 }
    }

    /// What happened since the last call. Requests whose tokens are still to be counted have not ended, and are not in flight.
    pub fn take(&mut self) -> Pulse {
        let mut all = Pulse::default();
        for (recorder, pulse) in &mut self.threads {
            recorder.swap_pulse(pulse);
            all.merge(pulse);
            pulse.clear();
        }
        let (recorder, counted) = &mut self.counter;
        recorder.swap_pulse(counted);
        all.merge(counted);
        let done = [counted.within, counted.outside].iter().map(|ended| ended.succeeded + ended.failed).sum::<u64>();
        counted.clear();
        self.waiting = (self.waiting + all.handed_over).saturating_sub(done);
        all.in_flight -= i64::try_from(self.waiting).unwrap_or_default();
        all
    }

    /// Successes that wait for the token counter, as of the last call of [`take`](Self::take).
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Timestamp, ms};
    use crate::sample::{Counted, Failure, FailureClass, Origin, Stamps, TokenSource, Tokens};

    fn sample(start: Timestamp, outcome: Outcome) -> Sample {
        Sample {
            name: "chat".into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            stamps: Stamps { generated: vec![start + ms(20), start + ms(30)], ..Stamps::starting(start) },
            tokens: Tokens { completion: Some(Counted { tokens: 7, source: TokenSource::Usage }), prompt: None },
            outcome,
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: None,
        }
    }

    fn departs(recorder: &Recorder) -> Timestamp {
        let start = Timestamp::now();
        recorder.depart(start);
        start
    }

    #[test]
    fn each_call_tells_what_is_new_and_who_is_in_flight() {
        let (thread, counter) = (Arc::new(Recorder::default()), Arc::new(Recorder::default()));
        let mut pulses = Pulses::new(&[Arc::clone(&thread)], counter);
        let [good, bad, _open] = [(); 3].map(|()| departs(&thread));
        thread.record(sample(good, Outcome::Success), Window::default());
        let failure = Failure::new(FailureClass::Empty, "no output");
        thread.record(sample(bad, Outcome::Failed(failure)), Window::NEVER);
        let pulse = pulses.take();
        assert_eq!(pulse.within, Ended { succeeded: 1, failed: 0 });
        assert_eq!(pulse.outside, Ended { succeeded: 0, failed: 1 });
        assert_eq!((pulse.ttft.max(), pulse.tokens, pulse.events, pulse.in_flight), (Some(20_000), 7, 2, 1));
        assert_eq!(pulse.troubles.iter().map(|(text, _)| &**text).collect::<Vec<_>>(), ["no output"]);
        let again = pulses.take();
        assert_eq!((again.within, again.ttft.len(), again.troubles.total()), (Ended::default(), 0, 0));
        assert_eq!(again.in_flight, 1);
    }

    #[test]
    fn what_waits_for_the_token_counter_is_not_in_flight() {
        let (thread, counter) = (Arc::new(Recorder::default()), Arc::new(Recorder::default()));
        let mut pulses = Pulses::new(&[Arc::clone(&thread)], Arc::clone(&counter));
        let [one, other] = [(); 2].map(|()| departs(&thread));
        thread.hand_over();
        assert_eq!((pulses.take().in_flight, pulses.waiting()), (1, 1));
        counter.record(sample(one, Outcome::Success), Window::default());
        let pulse = pulses.take();
        assert_eq!((pulse.in_flight, pulses.waiting(), pulse.within.succeeded), (1, 0, 1));
        thread.record(sample(other, Outcome::CutOff), Window::default());
        assert_eq!(pulses.take().in_flight, 0);
    }
}
