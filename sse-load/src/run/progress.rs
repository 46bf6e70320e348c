//! What is shown while a run goes on: a view on a terminal, lines in a log, or nothing.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::dashboard::Feed;
use super::env::{Settings, Show};
use super::health::Meter;
use super::plan::Plan;
use super::planned_load::PlannedLoad;
use crate::client::Stop;
use crate::clock::Timestamp;
use crate::progress::{Frame, Generator, Load, Phase, Rolling, Totals};
use crate::record::Pulses;
use crate::render::{Screen, live, logged};
use crate::slo::Judged;

/// How often a view is drawn.
const DRAWN: Duration = Duration::from_millis(250);

/// How often a line is written.
const WRITTEN: Duration = Duration::from_secs(5);

/// How often the head of the run's page changes.
const SERVED: Duration = Duration::from_millis(500);

/// Rows and columns of a terminal that does not tell.
const SIZE: (u16, u16) = (24, 80);

/// What is expected, as it was last judged while the run goes on.
pub(super) type Standing = Arc<Mutex<Vec<Judged>>>;

/// Who sees a run while it goes on.
pub(super) struct Audience<'s> {
    pub(super) settings: &'s Settings,
    /// Those who look at its page, if it is served.
    pub(super) feed: Option<Feed>,
}

type Shows = dyn Fn(&Frame, &Totals) + Send;

/// Where frames go.
struct Outlet {
    every: Duration,
    due: Timestamp,
    show: Box<Shows>,
}

/// What is shown of a run, by a thread of its own, until this is dropped. It goes to the stderr handle, which libtest does not capture.
pub(super) struct Progress {
    drawn: Option<ProgressBar>,
    /// The thread, which ends when the sender is dropped.
    thread: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
    standing: Option<Standing>,
}

impl Progress {
    /// Begins to show a run.
    pub(super) fn start(
        plan: &Plan,
        audience: &Audience<'_>,
        pulses: Pulses,
        started: Timestamp,
        stop: &Arc<Stop>,
    ) -> Self {
        let show = show(audience.settings, std::io::stderr().is_terminal());
        let drawn = (show == Show::View).then(bar);
        let outlets = outlets(show, drawn.as_ref(), audience, started);
        if outlets.is_empty() {
            return Self { drawn: None, thread: None, standing: None };
        }
        let open: Vec<_> = plan.expected.objectives.iter().cloned().map(Judged::open).collect();
        let standing = (!open.is_empty()).then(|| Arc::new(Mutex::new(open)));
        let watch = Watch::new(plan, pulses, started, stop, standing.clone().unwrap_or_default());
        let (end, ended) = mpsc::channel();
        let thread = std::thread::Builder::new().name("sse-load-progress".to_owned());
        let feed = audience.feed.clone();
        let thread = thread.spawn(move || watch.until(&ended, outlets, feed));
        // A run that can't be shown is measured all the same.
        Self { drawn, thread: thread.ok().map(|thread| (end, thread)), standing }
    }

    /// Where verdicts go that are shown; `None` if none are.
    pub(super) fn standing(&self) -> Option<Standing> {
        self.standing.clone()
    }

    /// Says something that must be seen.
    pub(super) fn say(&self, text: &str) {
        match &self.drawn {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.thread.take() {
            drop(end);
            // Its panic would be no reason to lose what was measured.
            let _ = thread.join();
        }
        self.drawn.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// What is shown where nothing says it: to whoever looks at a terminal the view, to whoever reads a log of CI lines, and to others
/// nothing, since a test that passes is silent.
fn show(settings: &Settings, is_terminal: bool) -> Show {
    let can_draw = is_terminal && !settings.terminal.is_dumb;
    match settings.progress {
        Some(Show::View) if !can_draw => Show::Lines,
        Some(show) => show,
        None if settings.is_ci => Show::Lines,
        None if can_draw => Show::View,
        None if is_terminal => Show::Lines,
        None => Show::Nothing,
    }
}

/// Where the frames of a run go that begins at this moment.
fn outlets(show: Show, drawn: Option<&ProgressBar>, audience: &Audience<'_>, started: Timestamp) -> Vec<Outlet> {
    let mut outlets = Vec::new();
    if let Some(bar) = drawn.cloned() {
        let terminal = &audience.settings.terminal;
        let (colour, unicode) = (terminal.has_colour(), terminal.is_unicode());
        let show = Box::new(move |frame: &Frame, _: &Totals| draw(&bar, frame, colour, unicode));
        outlets.push(Outlet { every: DRAWN, due: started + DRAWN, show });
    } else if show == Show::Lines {
        let show = Box::new(|frame: &Frame, _: &Totals| write(&format!("{}\n", logged(frame))));
        outlets.push(Outlet { every: WRITTEN, due: started + WRITTEN, show });
    }
    if let Some(feed) = audience.feed.clone() {
        let show = Box::new(move |frame: &Frame, totals: &Totals| feed.show(frame, totals));
        outlets.push(Outlet { every: SERVED, due: started, show });
    }
    outlets
}

/// Lines that are drawn anew in their place.
fn bar() -> ProgressBar {
    let (_, width) = size();
    // Where something stands in the line of the cursor (libtest's `test name ...`) this ends up in the next, and else in the same.
    write(&format!("{:1$}\r", "", usize::from(width).saturating_sub(1)));
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // A template that is no template shows what it does by default.
    bar.with_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn draw(bar: &ProgressBar, frame: &Frame, colour: bool, unicode: bool) {
    let (_, width) = size();
    bar.set_message(live(frame, Screen { width: width.into(), colour, unicode }).join("\n"));
}

fn size() -> (u16, u16) {
    console::Term::stderr().size_checked().unwrap_or(SIZE)
}

/// Says something where nothing is drawn.
pub(super) fn say(text: &str) {
    write(&format!("sse-load: {text}\n"));
}

fn write(text: &str) {
    // Progress that nobody can see is no reason to fail.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Watches a run.
struct Watch {
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
}

impl Watch {
    fn new(plan: &Plan, pulses: Pulses, started: Timestamp, stop: &Arc<Stop>, standing: Standing) -> Self {
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
        }
    }

    /// Shows frames until the sender is gone, and how all ended to those who look at the page.
    fn until(mut self, ended: &mpsc::Receiver<()>, mut outlets: Vec<Outlet>, feed: Option<Feed>) {
        while let Some(next) = outlets.iter().map(|outlet| outlet.due).min()
            && ended.recv_timeout(next - Timestamp::now()) == Err(RecvTimeoutError::Timeout)
        {
            let (frame, now) = (self.frame(), Timestamp::now());
            for outlet in outlets.iter_mut().filter(|outlet| outlet.due <= now) {
                (outlet.show)(&frame, self.rolling.totals());
                outlet.due = Timestamp::now() + outlet.every;
            }
        }
        if let Some(feed) = feed {
            feed.show(&self.frame(), self.rolling.totals());
        }
    }

    fn frame(&mut self) -> Frame {
        let now = Timestamp::now();
        self.rolling.add(self.pulses.take(), now);
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
    use super::super::terminal::Terminal;
    use super::*;

    #[test]
    fn the_environment_says_what_is_shown_or_else_where_it_is_shown() {
        let silent = Settings::default();
        let ci = Settings { is_ci: true, ..Settings::default() };
        let dumb = Settings { terminal: Terminal { is_dumb: true, ..Terminal::default() }, ..Settings::default() };
        assert_eq!([false, true].map(|terminal| show(&silent, terminal)), [Show::Nothing, Show::View]);
        assert_eq!([false, true].map(|terminal| show(&ci, terminal)), [Show::Lines, Show::Lines]);
        assert_eq!([false, true].map(|terminal| show(&dumb, terminal)), [Show::Nothing, Show::Lines]);
        for (asked, shown) in [
            (Show::Nothing, [Show::Nothing; 2]),
            (Show::Lines, [Show::Lines; 2]),
            (Show::View, [Show::Lines, Show::View]),
        ] {
            let settings = Settings { progress: Some(asked), is_ci: true, ..Settings::default() };
            assert_eq!([false, true].map(|terminal| show(&settings, terminal)), shown);
        }
    }
}
