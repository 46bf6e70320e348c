//! Watches a run: one thread asks its recorders, and shows what it sees to all who want to see it.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::health::Meter;
use super::plan::Plan;
use super::planned_load::PlannedLoad;
use crate::client::Stop;
use crate::clock::Timestamp;
use crate::progress::{Frame, Generator, Load, Phase, Rolling, Totals};
use crate::record::{Pulse, Pulses};
use crate::report::Report;
use crate::slo::Judged;

/// What is expected, as it was last judged while the run goes on.
pub(super) type Standing = Arc<Mutex<Vec<Judged>>>;

/// Somebody who sees a run. All are called by the thread that watches, one after the other, so none may keep it waiting.
pub(super) trait Viewer: Send {
    /// How often it is shown how the run stands.
    fn interval(&self) -> Duration;

    /// Something happened: every pulse of the run, each once and in order, after the last [`show`](Self::show) too.
    fn happened(&mut self, _pulse: &Pulse) {}

    /// How the run stands, and what has happened in it so far.
    fn show(&mut self, frame: &Frame, totals: &Totals);

    /// The run is over, all of its pulses have come, and its files are about to be written. Gives a warning of the report, if there is
    /// something to warn of. May take its time, within a bound.
    fn ended(&mut self, _frame: &Frame, _totals: &Totals, _report: &Report) -> Option<String> {
        None
    }
}

/// The thread that watches a run, until this ends or is dropped.
pub(super) struct Watching {
    /// It ends when the sender is dropped.
    thread: Option<(mpsc::Sender<()>, JoinHandle<Watch>)>,
    standing: Option<Standing>,
}

impl Watching {
    /// Begins to watch a run, if there is somebody who wants to see it.
    pub(super) fn start(
        plan: &Plan,
        viewers: Vec<Box<dyn Viewer>>,
        pulses: Pulses,
        started: Timestamp,
        stop: &Arc<Stop>,
    ) -> Self {
        if viewers.is_empty() {
            return Self { thread: None, standing: None };
        }
        let open: Vec<_> = plan.expected.objectives.iter().cloned().map(Judged::open).collect();
        let standing = (!open.is_empty()).then(|| Arc::new(Mutex::new(open)));
        let watch = Watch::new(plan, viewers, pulses, started, stop, standing.clone().unwrap_or_default());
        let (end, ended) = mpsc::channel();
        let thread = std::thread::Builder::new().name("sse-load-watch".to_owned());
        // A run that can't be shown is measured all the same.
        let thread = thread.spawn(move || watch.until(&ended)).ok();
        Self { thread: thread.map(|thread| (end, thread)), standing }
    }

    /// Where verdicts go that are shown; `None` if none are.
    pub(super) fn standing(&self) -> Option<Standing> {
        self.standing.clone()
    }

    /// Shows nothing any more. What is left is to tell the viewers the end.
    pub(super) fn end(mut self) -> Option<Watch> {
        self.join()
    }

    fn join(&mut self) -> Option<Watch> {
        let (end, thread) = self.thread.take()?;
        drop(end);
        // Its panic would be no reason to lose what was measured.
        thread.join().ok()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.join();
    }
}

/// A viewer, with when it is shown the run next.
struct Due {
    at: Timestamp,
    viewer: Box<dyn Viewer>,
}

/// Watches a run.
pub(super) struct Watch {
    name: String,
    ramp: Duration,
    lead: Duration,
    run_time: Duration,
    stop_timeout: Duration,
    load: PlannedLoad,
    started: Timestamp,
    stop: Arc<Stop>,
    pulses: Pulses,
    rolling: Rolling,
    meter: Meter,
    standing: Standing,
    viewers: Vec<Due>,
}

impl Watch {
    fn new(
        plan: &Plan,
        viewers: Vec<Box<dyn Viewer>>,
        pulses: Pulses,
        started: Timestamp,
        stop: &Arc<Stop>,
        standing: Standing,
    ) -> Self {
        Self {
            name: plan.name.clone(),
            ramp: plan.lead.saturating_sub(plan.warm_up),
            lead: plan.lead,
            run_time: plan.run_time,
            stop_timeout: plan.stop_timeout,
            load: plan.load(),
            started,
            stop: Arc::clone(stop),
            pulses,
            rolling: Rolling::starting(started),
            meter: Meter::new(),
            standing,
            viewers: viewers.into_iter().map(|viewer| Due { at: started + viewer.interval(), viewer }).collect(),
        }
    }

    /// Tells the viewers what happened since the last frame, and that the run is over. Gives their warnings.
    pub(super) fn tell_end(mut self, report: &Report) -> Vec<String> {
        let frame = self.frame();
        let totals = self.rolling.totals();
        self.viewers.iter_mut().filter_map(|due| due.viewer.ended(&frame, totals, report)).collect()
    }

    /// Shows each viewer a frame in its interval, until the sender is gone.
    fn until(mut self, ended: &mpsc::Receiver<()>) -> Self {
        while let Some(next) = self.viewers.iter().map(|due| due.at).min()
            && ended.recv_timeout(next - Timestamp::now()) == Err(RecvTimeoutError::Timeout)
        {
            let frame = self.frame();
            let now = Timestamp::now();
            for Due { at, viewer } in self.viewers.iter_mut().filter(|due| due.at <= now) {
                viewer.show(&frame, self.rolling.totals());
                *at = (*at).max(Timestamp::now()) + viewer.interval();
            }
        }
        self
    }

    /// Takes what happened since the last time: for all viewers, since it is there to be taken once.
    fn listen(&mut self) {
        let pulse = self.pulses.take();
        self.viewers.iter_mut().for_each(|due| due.viewer.happened(&pulse));
        self.rolling.add(pulse, Timestamp::now());
    }

    fn frame(&mut self) -> Frame {
        self.listen();
        let now = Timestamp::now();
        let recent = self.rolling.recent(now);
        let (phase, elapsed, of) = self.phase(now);
        let is_measured = matches!(phase, Phase::Measure | Phase::Drain);
        let totals = self.rolling.totals();
        let ended = if is_measured { totals.within } else { totals.outside };
        let of_ttft = |q| recent.ttft.quantile(q).map(Duration::from_micros);
        Frame {
            name: self.name.clone(),
            phase,
            elapsed,
            of,
            load: if phase == Phase::Drain { Load::default() } else { self.load.at(now - self.started) },
            in_flight: self.rolling.in_flight(),
            requests: ended.succeeded + ended.failed + self.pulses.waiting(),
            failed: ended.failed,
            trouble: self.rolling.trouble(),
            ttft: of_ttft(0.5).zip(of_ttft(0.95)),
            ttft_p95: self.rolling.p95().to_vec(),
            throughput: recent.throughput,
            expected: self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            generator: Generator::new(&recent.lateness, self.meter.used(), self.meter.cores()),
        }
    }

    /// Where the run stands, for how long it has, and for how long it will at the most.
    fn phase(&self, now: Timestamp) -> (Phase, Duration, Duration) {
        let elapsed = now - self.started;
        match (self.stop.window().end, elapsed.checked_sub(self.ramp), elapsed.checked_sub(self.lead)) {
            (Some(end), ..) => (Phase::Drain, now - end, self.stop_timeout),
            (None, None, _) => (Phase::Ramp, elapsed, self.ramp),
            (None, Some(warmed_up), None) => (Phase::WarmUp, warmed_up, self.lead.saturating_sub(self.ramp)),
            (None, Some(_), Some(measured)) => (Phase::Measure, measured, self.run_time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ms;
    use crate::record::{Recorder, Window};
    use crate::sample::{Origin, Outcome, Sample, Stamps, Tokens};

    struct Heard {
        interval: Duration,
        successes: Arc<Mutex<u64>>,
        shown: mpsc::Sender<u64>,
    }

    impl Viewer for Heard {
        fn interval(&self) -> Duration {
            self.interval
        }

        fn happened(&mut self, pulse: &Pulse) {
            *self.successes.lock().expect("no panic") += pulse.within.succeeded;
        }

        fn show(&mut self, frame: &Frame, _: &Totals) {
            // Whoever waited for the first frame may be gone.
            let _ = self.shown.send(frame.requests);
        }
    }

    fn succeeds(recorder: &Recorder) {
        let start = Timestamp::now();
        recorder.depart(start);
        let sample = Sample {
            name: "chat".into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            stamps: Stamps::starting(start),
            tokens: Tokens::default(),
            outcome: Outcome::Success,
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: None,
        };
        recorder.record(sample, Window::default());
    }

    #[test]
    fn several_viewers_each_hear_everything_once_and_see_it_at_their_own_pace() {
        let recorder = Arc::new(Recorder::default());
        let viewer = |interval| {
            let (shown, seen) = mpsc::channel();
            let successes = Arc::new(Mutex::new(0));
            (Heard { interval, successes: Arc::clone(&successes), shown }, successes, seen)
        };
        let (often, often_heard, often_seen) = viewer(ms(1));
        let (seldom, seldom_heard, seldom_seen) = viewer(ms(7));
        let started = Timestamp::now();
        let watch = Watch {
            name: "watched".to_owned(),
            ramp: Duration::ZERO,
            lead: Duration::ZERO,
            run_time: ms(1),
            stop_timeout: ms(1),
            load: PlannedLoad::new(&[], &[]),
            started,
            stop: Arc::default(),
            pulses: Pulses::new(&[Arc::clone(&recorder)], Arc::default()),
            rolling: Rolling::starting(started),
            meter: Meter::new(),
            standing: Standing::default(),
            viewers: [Box::new(often), Box::new(seldom)].map(|viewer| Due { at: started, viewer }).into(),
        };
        let (end, ended) = mpsc::channel();
        let thread = std::thread::spawn(move || watch.until(&ended));
        (0..3).for_each(|_| succeeds(&recorder));
        for seen in [often_seen, seldom_seen] {
            assert!(seen.iter().any(|requests| requests == 3), "the frames end with all of them");
        }
        succeeds(&recorder);
        drop(end);
        let mut watch = thread.join().expect("no panic");
        // All is taken from a recorder whose pulse still tells the last of it.
        drop(recorder.take());
        watch.listen();
        assert_eq!([often_heard, seldom_heard].map(|heard| *heard.lock().expect("no panic")), [4, 4]);
    }
}
