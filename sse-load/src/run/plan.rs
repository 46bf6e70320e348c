//! The checked plan: what the builder and the environment ask for, with nothing left to go wrong.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::PlanError;
use super::class::AnyClass;
use super::crowd::{Crowd, spawn_rate};
use super::env::Settings;
use super::fixture::Fixture;
use super::lane::{Lane, ServingClass};
use super::listener::Listeners;
use super::load_test::LoadTest;
use super::planned_load::PlannedLoad;
use super::refusals::{
    refuse_a_dashboard_without_its_feature, refuse_expectations_of_steps, refuse_one_for_all_steps,
    refuse_what_has_no_effect,
};
use super::request_log::{OpenLog, RequestLog};
use super::scraping::scraper;
use super::sources::{Source, sources};
use super::step::Step;
use super::tenure::Turns;
use super::thread::{UserStart, Work};
use crate::client::{Budget, Context, Host, Identity, Limits, Place, Sink};
use crate::load::{Stay, Tags};
use crate::objective::{Expected, Looks};
use crate::record::{GoodIf, Tap};
use crate::report::{ClassSummary, PlanSummary};
use crate::scrape::Scraper;
use crate::stats::Rate;
use crate::tokenize::Tokenizer;
use crate::transport::{Connections, HttpClient};

/// A class with its host.
pub(super) struct PlannedClass {
    pub(super) class: Arc<dyn AnyClass>,
    host: Option<Arc<Host>>,
}

/// Users of the open loop at once, unless the test says otherwise.
const MOST_SERVING: u64 = 10_000;

/// Longer than this nothing is meant to last.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The measured window of a bounded number of tasks, if they don't end before: what k6 gives its iterations.
const RUN_TIME_OF_TASKS: Duration = Duration::from_secs(600);

/// The measured window where nothing says how long it is.
const RUN_TIME: Duration = Duration::from_secs(30);

/// What will be run.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) seed: u64,
    /// From the begin of the run to the measured window.
    pub(super) lead: Duration,
    /// The measured window, at the longest.
    pub(super) run_time: Duration,
    /// The measured window at the shortest, if it ends as soon as what is expected is decided.
    pub(super) earliest: Option<Duration>,
    pub(super) stop_timeout: Duration,
    pub(super) connections: Connections,
    pub(super) tokenizer: Option<Arc<dyn Tokenizer>>,
    pub(super) budget: Option<Arc<Budget>>,
    pub(super) expected: Expected,
    pub(super) step: Step,
    pub(super) fixture: Fixture,
    pub(super) listeners: Arc<Listeners>,
    pub(super) good_if: GoodIf,
    /// What reads the server's own metrics.
    pub(super) scraper: Option<Scraper>,
    pub(super) request_log: RequestLog,
    /// That of the run, from its start on.
    pub(super) log: OpenLog,
    /// The client of set-up and tear-down.
    http: HttpClient,
    pub(super) warm_up: Duration,
    pub(super) threads: usize,
    spawn_rate: Option<Rate>,
    classes: Vec<PlannedClass>,
    /// Who comes when, and the class of each user.
    stays: Vec<(Stay, usize)>,
    /// Users there are in all.
    users: u64,
    sources: Vec<Source>,
    /// As the test says it.
    max_users: Option<u64>,
    /// Users of one source at once.
    serving: u64,
    max_tasks: Option<u64>,
    max_tasks_per_user: Option<u64>,
}

impl Plan {
    pub(super) fn new(test: LoadTest, settings: &Settings) -> Result<Self, PlanError> {
        if test.classes.is_empty() {
            return Err(PlanError::NoClass);
        }
        // The first client reads the machine's root certificates: not within the measured window, and not in vain.
        let connections = connections(&test, settings);
        if connections.are_shared() && connections.keep_cookies() {
            return Err(PlanError::SharedCookies);
        }
        let http = HttpClient::new(&connections)?;
        if settings.collector.is_some() && !cfg!(feature = "otlp") {
            return Err(PlanError::NoMetrics);
        }
        refuse_one_for_all_steps(&test, settings)?;
        refuse_a_dashboard_without_its_feature(settings)?;
        refuse_expectations_of_steps(&test)?;
        let tags = Tags {
            include: settings.tags.clone().unwrap_or_else(|| test.tags.include.clone()),
            exclude: settings.exclude_tags.clone().unwrap_or_else(|| test.tags.exclude.clone()),
        };
        let host = settings.host.clone().or_else(|| test.host.clone());
        let classes = test.classes.iter().map(|requested| planned((requested.make)(&tags), host.as_deref()));
        let classes = classes.collect::<Result<Vec<_>, _>>()?;
        let scraper = scraper(test.server_metrics.as_deref(), settings, classes[0].host.as_deref(), &connections)?;
        let spawn_rate = spawn_rate(&test, settings)?;
        let crowd = Crowd::new(&test, settings, &classes, spawn_rate)?;
        let sources = sources(&test, settings, &classes)?;
        let warm_up = settings.warm_up.unwrap_or(test.warm_up);
        if warm_up > LONGEST {
            return Err(PlanError::LongWarmUp(warm_up));
        }
        let lead = crowd.ramp + warm_up;
        refuse_what_has_no_effect(&test, settings, &crowd, &sources)?;
        let run_time = run_time(&test, settings, &crowd, &sources, lead)?.saturating_mul(test.step.stretch);
        let until_decided = until_decided(&test, run_time)?;
        let looks = if until_decided.is_some() { Looks::Many } else { Looks::Once };
        let serving = if sources.is_empty() { 0 } else { test.max_users.unwrap_or(MOST_SERVING) };
        let threads =
            settings.threads.or(test.threads).or_else(|| std::thread::available_parallelism().ok().map(Into::into));
        let most_threads = usize::try_from(crowd.users.saturating_add(serving)).unwrap_or(usize::MAX);
        Ok(Self {
            name: test.name,
            seed: settings.seed.or(test.seed).unwrap_or_else(fresh_seed).wrapping_add(test.step.number),
            lead,
            run_time: until_decided.unwrap_or(run_time),
            earliest: until_decided.map(|_| run_time),
            stop_timeout: settings.stop_timeout.unwrap_or(test.stop_timeout),
            connections,
            tokenizer: test.tokenizer,
            fixture: test.fixture,
            listeners: Arc::new(test.listeners),
            good_if: test.good_if,
            scraper,
            request_log: settings.request_log.unwrap_or(test.request_log).checked()?,
            log: OpenLog::default(),
            http,
            budget: (test.limits != Limits::default()).then(|| Arc::new(Budget::new(test.limits))),
            expected: Expected { objectives: test.expected, looks, first_look: run_time, decisions: Vec::new() },
            step: test.step,
            warm_up,
            threads: threads.unwrap_or(1).clamp(1, most_threads),
            spawn_rate,
            classes,
            stays: crowd.stays,
            users: crowd.users,
            sources,
            max_users: test.max_users,
            serving,
            max_tasks: test.max_tasks,
            max_tasks_per_user: test.max_tasks_per_user,
        })
    }

    /// The context of set-up and tear-down: that of no user, with the host of the first class.
    pub(super) fn context(&self, sink: Arc<Sink>) -> Context {
        let PlannedClass { class, host } = &self.classes[0];
        let identity = Identity::of_fixture(class.name(), self.seed);
        let mut context = Context::new(identity, host.clone(), self.http.clone(), sink);
        context.step_outside();
        context
    }

    /// What hears of all that is recorded.
    pub(super) fn tap(&self) -> Tap {
        self.log.tap(self.listeners.tap())
    }

    /// What each measuring thread does. User k lives on thread k mod n, and arrival k is served there.
    pub(super) fn work(&self) -> Vec<Work> {
        let turns = Turns::new(self.max_tasks, self.max_tasks_per_user);
        let slots = as_usize(self.serving).min(Semaphore::MAX_PERMITS);
        let slots: Vec<_> = self.sources.iter().map(|_| Arc::new(Semaphore::new(slots))).collect();
        let mut work: Vec<_> = (0..self.threads)
            .map(|place| Work { users: Vec::new(), lanes: self.lanes(place, &slots), turns: turns.clone() })
            .collect();
        let of = self.stays.len() as u64;
        for (number, (stay, class)) in (0..).zip(&self.stays) {
            let PlannedClass { class, host } = &self.classes[*class];
            let thread = as_usize(stay.user) % self.threads;
            work[thread].users.push(UserStart {
                stay: *stay,
                place: Place { number, of },
                class: Arc::clone(class),
                host: host.clone(),
            });
        }
        work
    }

    /// The load over the time of the run.
    pub(super) fn load(&self) -> PlannedLoad {
        PlannedLoad::new(&self.stays, &self.sources)
    }

    fn lanes(&self, place: usize, slots: &[Arc<Semaphore>]) -> Vec<Lane> {
        let lane = |((source, slots), number): ((&Source, &Arc<Semaphore>), u64)| Lane {
            moments: source.arrivals.moments(self.seed, u64::MAX - number),
            source: number,
            place: (place as u64, self.threads as u64),
            classes: self.classes.iter().map(PlannedClass::serving).collect(),
            round: Arc::clone(&source.round),
            slots: Arc::clone(slots),
            most: self.max_tasks.unwrap_or(u64::MAX),
            until: self.lead + self.run_time,
        };
        self.sources.iter().zip(slots).zip(0..).map(lane).collect()
    }

    /// The most users at once, as far as the test says it.
    pub(super) fn users(&self) -> u64 {
        let serving = self.max_users.unwrap_or(0).saturating_mul(self.sources.len() as u64);
        self.users.saturating_add(serving)
    }

    /// The most users at once who keep a connection each, as far as that is sure: those whose tasks end leave, and arrivals may need few.
    pub(super) fn users_who_keep_connections(&self) -> u64 {
        let ends = self.max_tasks.is_some() || self.max_tasks_per_user.is_some();
        if ends || !self.connections.are_kept_by_each_user() {
            return 0;
        }
        self.load().peak(self.lead + self.earliest.unwrap_or(self.run_time))
    }

    pub(super) fn summary(&self) -> PlanSummary {
        let users_of = |class: usize| {
            let own = self.stays.iter().filter(|(stay, of)| *of == class && stay.number == 0);
            own.count() as u64
        };
        let classes = self.classes.iter().enumerate().map(|(number, planned)| ClassSummary {
            name: planned.class.name(),
            users: users_of(number),
            flow: planned.class.flow(),
            host: planned.host.as_ref().map(ToString::to_string).unwrap_or_default(),
        });
        PlanSummary {
            users: self.users,
            arrivals: self.sources.iter().map(|source| source.arrivals.describe()).collect(),
            has_steady_load: self.stays.iter().all(|(stay, _)| stay.until.is_none() && stay.from <= self.lead)
                && self.sources.iter().all(|source| source.arrivals.is_steady()),
            max_users: (!self.sources.is_empty()).then_some(self.serving),
            spawn_rate: self.spawn_rate.map(Rate::get),
            ramp: self.lead.saturating_sub(self.warm_up),
            warm_up: self.warm_up,
            run_time: self.run_time,
            stop_timeout: self.stop_timeout,
            seed: self.seed,
            classes: classes.collect(),
        }
    }
}

impl PlannedClass {
    fn serving(&self) -> ServingClass {
        (Arc::clone(&self.class), self.host.clone())
    }
}

fn connections(test: &LoadTest, settings: &Settings) -> Connections {
    let mut connections = test.connections.clone();
    if let Some(limit) = test.connect_timeout {
        connections = connections.connect_timeout(limit);
    }
    if let Some(addresses) = &settings.local_addresses {
        connections = connections.local_addresses(addresses.iter().copied());
    }
    connections
}

/// The measured window: what is asked for, or else what is left of the longest load that ends.
fn run_time(
    test: &LoadTest,
    settings: &Settings,
    crowd: &Crowd,
    sources: &[Source],
    lead: Duration,
) -> Result<Duration, PlanError> {
    if let Some(run_time) = settings.run_time.or(test.run_time) {
        return if run_time.is_zero() { Err(PlanError::NoTime) } else { Ok(run_time) };
    }
    let lasts = sources.iter().filter_map(|source| source.arrivals.duration()).chain(crowd.end).max();
    match lasts {
        Some(lasts) if lasts <= lead => Err(PlanError::AllLead { lasts, lead }),
        Some(lasts) => Ok(lasts.saturating_sub(lead)),
        None if has_max_tasks(test) => Ok(RUN_TIME_OF_TASKS),
        None => Ok(RUN_TIME),
    }
}

/// The longest measured window of a test that ends when it is decided.
fn until_decided(test: &LoadTest, run_time: Duration) -> Result<Option<Duration>, PlanError> {
    match test.until_decided {
        Some(_) if test.expected.is_empty() => Err(PlanError::NothingToDecide),
        Some(most) if most <= run_time => Err(PlanError::DecidedTooEarly { run_time, most }),
        most => Ok(most),
    }
}

fn has_max_tasks(test: &LoadTest) -> bool {
    test.max_tasks.is_some() || test.max_tasks_per_user.is_some()
}

fn planned(class: Arc<dyn AnyClass>, host: Option<&str>) -> Result<PlannedClass, PlanError> {
    let name = class.name();
    if !class.has_tasks() {
        return Err(PlanError::NoTask(name));
    }
    let host = host.map(ToOwned::to_owned).or_else(|| class.host());
    let host = host.map(|host| host.parse::<Host>()).transpose();
    let host = host.map_err(|error| PlanError::Host { class: name, error })?.map(Arc::new);
    Ok(PlannedClass { class, host })
}

pub(super) fn as_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A seed that is new each time, and short enough to be typed.
pub(super) fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    RandomState::new().build_hasher().finish() % 1_000_000_000
}
