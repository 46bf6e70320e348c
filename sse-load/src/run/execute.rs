//! The control thread: starts the measuring threads, ends the window, gathers what they recorded.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::runtime::Runtime;

use super::RunError;
use super::artifacts;
use super::audience::Audience;
use super::dashboard::Dashboard;
use super::decisions::Decisions;
use super::env::Settings;
use super::exclusive::Exclusive;
use super::fixture::Fixture;
use super::health;
use super::interrupt::{self, Interrupt};
use super::machine;
use super::open_files;
use super::panics;
use super::plan::Plan;
use super::progress::{self, Progress};
use super::request_log::OpenLog;
use super::scraping::Scraping;
use super::start::profile;
use super::thread::{Crew, MeasuringThread};
use super::watch::{Watch, Watching};
use crate::client::{Context, Shared, Sink, Stop};
use crate::clock::{self, Timestamp};
use crate::objective::Expected;
use crate::record::{Begin, Gathering, NotCounted, Pulses, Recorder, Recording, TokenCounter, Window};
use crate::report::{self, Ending, Floor, MachineLoad, Profile, Report, Surroundings};
use crate::scrape::Scraped;

/// A thread that does not end this long after the cut-off is blocked by a task, and is left behind.
const BLOCKED_AFTER: Duration = Duration::from_secs(5);

/// Counting tokens after the run is not mentioned if it takes no longer than this.
const SILENT_COUNTING: Duration = Duration::from_secs(1);

/// Runs the plan.
pub(super) fn execute(mut plan: Plan, settings: &Settings, stop: &Arc<Stop>) -> Result<Report, RunError> {
    let _exclusive = Exclusive::acquire(&plan.name);
    if interrupt::was_interrupted() {
        return Err(RunError::Interrupted(plan.name));
    }
    if stop.is_cutting_off() {
        return Err(RunError::Dropped(plan.name));
    }
    let interrupt = Interrupt::listen();
    panics::install_hook();
    let few_files = open_files::allow(plan.users(), plan.users_who_keep_connections());
    let few_files = few_files.map_err(|error| RunError::Plan { name: plan.name.clone(), error })?;
    let control = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    control.block_on(pause(&plan, stop, &interrupt))?;
    let floor = health::calibrated();
    plan.log = OpenLog::start(&plan, settings)?;
    let mut counter = TokenCounter::start(plan.tap(), &plan.good_if)?;

    let mut fixture = std::mem::take(&mut plan.fixture);
    let shared = Arc::new(std::mem::take(&mut fixture.shared));
    let sink = sink(&plan, &shared, &counter, stop);
    let mut context = plan.context(Arc::clone(&sink));
    let dashboard = Dashboard::start(&plan, settings, interrupt.presses());
    let audience = Audience { settings, dashboard: dashboard.as_ref() };
    control.block_on(set_up(&plan, &mut fixture, &mut context, stop, &interrupt))?;
    let sinks = || self::sink(&plan, &shared, &counter, stop);
    let measured = measure(&plan, &audience, &control, sinks, &counter, stop, &interrupt);
    let torn_down = control.block_on(fixture.tear_down(&mut context, || interrupt.pressed(interrupt.count() + 1)));
    let Measured { run, gathering, expected, watch, scraped } = measured?;

    control.block_on(count_tokens(&mut counter, &interrupt));
    let (recording, not_counted) = gather(gathering, &sink.recorder, counter)?;
    let log = std::mem::take(&mut plan.log).finish();
    let warnings = few_files.into_iter().chain(warnings(run.blocked, not_counted)).chain(torn_down).chain(log.warnings);
    let warnings = warnings.collect();
    let mut report = report::build(&recording, report::Facts { warnings, ..run.facts(&plan, settings, stop, floor) });
    report.set_expected(expected);
    if let Some(Scraped { course, warnings }) = scraped {
        report.set_server(course, warnings);
    }
    plan.listeners.tell(|listener| listener.stopped(&report));
    plan.listeners.warnings().for_each(|warning| report.warn(warning));
    for warning in watch.map_or_else(Vec::new, |watch| watch.tell_end(&report)) {
        report.warn(warning);
    }
    report.set_baselines(machine::machine(), artifacts::baselines(settings, &plan.name));
    artifacts::write(&mut report, settings, &plan.step, log.path);
    if let Some(dashboard) = dashboard {
        dashboard.end(&report);
    }
    Ok(report)
}

/// Lets the server rest after the load test before.
async fn pause(plan: &Plan, stop: &Stop, interrupt: &Interrupt) -> Result<(), RunError> {
    tokio::select! {
        () = tokio::time::sleep(plan.step.pause) => Ok(()),
        () = interrupt.pressed(1) => Err(RunError::Interrupted(plan.name.clone())),
        () = stop.cutting_off() => Err(RunError::Dropped(plan.name.clone())),
    }
}

/// What a measuring thread records into.
fn sink(plan: &Plan, shared: &Arc<Shared>, counter: &TokenCounter, stop: &Arc<Stop>) -> Arc<Sink> {
    Arc::new(Sink {
        recorder: Arc::new(Recorder::new(plan.tap(), &plan.good_if)),
        uncounted: counter.queue(),
        tokenizer: plan.tokenizer.clone(),
        budget: plan.budget.clone(),
        stop: Arc::clone(stop),
        shared: Arc::clone(shared),
    })
}

/// Runs the set-ups, until Ctrl-C is pressed or nobody waits for the run any more.
async fn set_up(
    plan: &Plan,
    fixture: &mut Fixture,
    context: &mut Context,
    stop: &Stop,
    interrupt: &Interrupt,
) -> Result<(), RunError> {
    let given_up = async {
        tokio::select! {
            () = interrupt.pressed(1) => {}
            () = stop.cutting_off() => {}
        }
    };
    let name = || plan.name.clone();
    fixture.set_up(context, given_up).await.map_err(|error| {
        if stop.is_cutting_off() { RunError::Dropped(name()) } else { RunError::SetUp { name: name(), error } }
    })
}

/// What came of the threads.
struct Measured {
    run: MeasuredRun,
    gathering: Gathering,
    expected: Expected,
    /// What watched them, if somebody wanted to see it.
    watch: Option<Watch>,
    scraped: Option<Scraped>,
}

/// How the run itself went.
struct MeasuredRun {
    started: Timestamp,
    started_wall: SystemTime,
    ending: Ending,
    /// Threads that did not end.
    blocked: usize,
    drained: Duration,
    machine: MachineLoad,
}

impl MeasuredRun {
    /// What a report says of it, without warnings.
    fn facts(self, plan: &Plan, settings: &Settings, stop: &Stop, floor: Result<Floor, String>) -> report::Facts {
        let Window { begin, end } = stop.window();
        report::Facts {
            name: plan.name.clone(),
            plan: plan.summary(),
            started: self.started,
            started_wall: self.started_wall,
            window: end.unwrap_or(begin) - begin,
            drained: self.drained,
            ending: self.ending,
            spent: plan.budget.as_ref().map(|budget| budget.spent()),
            profile: profile(),
            on_inconclusive: settings.on_inconclusive,
            surroundings: Surroundings { machine: self.machine, threads: plan.threads, blocked: self.blocked, floor },
            warnings: Vec::new(),
        }
    }
}

/// Runs the measuring threads from their start to their end.
fn measure(
    plan: &Plan,
    audience: &Audience<'_>,
    control: &Runtime,
    sink: impl Fn() -> Arc<Sink>,
    counter: &TokenCounter,
    stop: &Arc<Stop>,
    interrupt: &Interrupt,
) -> Result<Measured, RunError> {
    plan.listeners.tell(|listener| listener.started(&plan.summary()));
    let (started, started_wall) = (Timestamp::now(), clock::wall());
    plan.log.begin(Begin { at: started, wall: started_wall, warm_up: plan.warm_up });
    stop.measure_from(started + plan.lead);
    let scraping = plan.scraper.clone().map(|scraper| Scraping::start(scraper, stop)).transpose()?;
    let (recorders, threads) = start_threads(plan, sink, stop, started)?;
    let progress = Progress::new(audience.settings);
    let pulses = Pulses::new(&recorders, counter.recorder());
    let watching = Watching::start(plan, audience.viewers(&progress, plan, started_wall), pulses, started, stop);
    let machine = control.spawn(health::watch(Arc::clone(stop)));
    let all = recorders.into_iter().chain([counter.recorder()]).collect();
    let gathering = Gathering::new(all, plan.stop_timeout);
    let begin = (started, started_wall);
    let mut decisions =
        Decisions::new(plan, gathering, begin, health::calibrated(), (watching.standing(), audience.feed()));
    let (ending, blocked) = control.block_on(watch(plan, stop, interrupt, threads, &progress, &mut decisions))?;
    let watch = watching.end();
    drop(progress);
    let drained = stop.window().end.map_or(Duration::ZERO, |end| Timestamp::now() - end);
    let machine = control.block_on(machine).unwrap_or_default();
    let Decisions { gathering, expected, .. } = decisions;
    let scraped = scraping.map(Scraping::finish);
    let run = MeasuredRun { started, started_wall, ending, blocked, drained, machine };
    Ok(Measured { run, gathering, expected, watch, scraped })
}

type Threads = (Vec<Arc<Recorder>>, Vec<MeasuringThread>);

fn start_threads(
    plan: &Plan,
    sink: impl Fn() -> Arc<Sink>,
    stop: &Arc<Stop>,
    begin: Timestamp,
) -> Result<Threads, RunError> {
    let mut recorders = Vec::new();
    let mut threads = Vec::new();
    // Held until all threads run, so that the first to be done does not end the window of the others.
    let working = stop.work();
    for (number, work) in plan.work().into_iter().enumerate() {
        let sink = sink();
        recorders.push(Arc::clone(&sink.recorder));
        let (working, connections) = (working.clone(), plan.connections.clone());
        let crew = Crew { work, working, seed: plan.seed, connections, begin, sink };
        match MeasuringThread::start(number, crew) {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                stop.cut_off();
                return Err(error.into());
            }
        }
    }
    Ok((recorders, threads))
}

/// Waits for the end of the window, of the drain, and of the threads. Gives how the window ended and how many threads are blocked.
async fn watch(
    plan: &Plan,
    stop: &Stop,
    interrupt: &Interrupt,
    mut threads: Vec<MeasuringThread>,
    progress: &Progress,
    decisions: &mut Decisions<'_>,
) -> Result<(Ending, usize), RunError> {
    let mut ending = Ending::Complete;
    tokio::select! {
        () = tokio::time::sleep_until((decisions.started + plan.lead + plan.run_time).instant().into()) => {}
        () = stop.draining() => {}
        () = all_ended(&mut threads) => {}
        () = decisions.made() => ending = Ending::Decided,
        () = interrupt.pressed(1) => {
            ending = Ending::Interrupted;
            let cause = interrupt::cause();
            progress.say(&format!("{cause}: no request begins any more; those in flight finish (press it again to cut them off)"));
        }
    }
    stop.drain();
    tokio::select! {
        () = all_ended(&mut threads) => {}
        () = tokio::time::sleep(plan.stop_timeout) => {}
        () = stop.cutting_off() => {}
        () = interrupt.pressed(2) => {}
    }
    stop.cut_off();
    // What is still running after this is left behind: there is no way to end a thread that does not yield.
    let _ = tokio::time::timeout(BLOCKED_AFTER, all_ended(&mut threads)).await;
    if ending == Ending::Complete && plan.budget.as_ref().is_some_and(|budget| budget.is_spent()) {
        ending = Ending::BudgetSpent;
    }
    let mut blocked = 0;
    for mut thread in threads {
        if thread.has_ended() {
            thread.handle.join().map_err(|payload| RunError::Panicked(panics::message(payload.as_ref())))?;
        } else {
            blocked += 1;
        }
    }
    Ok((ending, blocked))
}

/// Waits until every thread has ended; those that have are not asked again.
async fn all_ended(threads: &mut [MeasuringThread]) {
    for thread in threads {
        if !thread.ended.is_terminated() {
            // The sender is dropped without a word when the thread ends.
            let _ = (&mut thread.ended).await;
        }
    }
}

/// Waits for the thread that counts tokens: not in silence, and not against the will of one who presses Ctrl-C.
async fn count_tokens(counter: &mut TokenCounter, interrupt: &Interrupt) {
    let waits_too_long = async {
        tokio::time::sleep(SILENT_COUNTING).await;
        progress::say("counting the tokens that the server did not count (Ctrl-C: count the rest by their events)");
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = counter.counted() => {}
        () = waits_too_long => {}
        () = interrupt.pressed(interrupt.count() + 1) => counter.give_up(),
    }
}

/// What all threads recorded, and `outside` of them set-up and tear-down.
fn gather(
    gathering: Gathering,
    outside: &Recorder,
    counter: TokenCounter,
) -> Result<(Recording, NotCounted), RunError> {
    let (mut recording, not_counted) =
        counter.finish().map_err(|payload| RunError::Panicked(panics::message(payload.as_ref())))?;
    recording.merge(gathering.finish());
    recording.merge(outside.take());
    Ok((recording, not_counted))
}

fn warnings(blocked: usize, NotCounted { given_up, refused }: NotCounted) -> Vec<String> {
    let mut warnings = Vec::new();
    if profile() == Profile::Debug {
        warnings.push(
            "debug build: the harness itself is slow, so every time is too large; use cargo test --release".to_owned(),
        );
    }
    if blocked > 0 {
        warnings.push(format!(
            "{blocked} measuring threads did not end: a task blocks them (std::thread::sleep, or a call that never returns); \
             what their other users measured is late, and requests still open there are in no figure"
        ));
    }
    if given_up > 0 {
        warnings.push(format!(
            "the tokens of {given_up} requests were not counted, since Ctrl-C was pressed: their events stand for them"
        ));
    }
    if refused > 0 {
        warnings.push(format!(
            "the tokens of {refused} requests were not counted, since requests ended faster than their tokenizer counts: their \
             events stand for them, and those whose usage was to be checked count as cut off (ask the server for its usage, or give a \
             faster tokenizer)"
        ));
    }
    warnings
}
