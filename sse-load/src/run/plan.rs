//! The checked plan: what the builder and the environment ask for, with nothing left to go wrong.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::PlanError;
use super::class::AnyClass;
use super::crowd::{Crowd, spawn_rate};
use super::env::Settings;
use super::lane::{Lane, ServingClass};
use super::load_test::{LoadTest, OwnLoad};
use super::tenure::Turns;
use super::thread::{UserStart, Work};
use crate::client::{Budget, Host, Limits, Place};
use crate::load::{Arrivals, Mix, Share, Stay, Tags};
use crate::report::{ClassSummary, PlanSummary};
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

/// The measured window where nothing says how long it is.
const RUN_TIME: Duration = Duration::from_secs(30);

/// The longest cycle of classes that serve arrivals.
const MOST_TURNS: u64 = 10_000;

/// What will be run.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) seed: u64,
    /// From the begin of the run to the measured window.
    pub(super) lead: Duration,
    pub(super) run_time: Duration,
    pub(super) stop_timeout: Duration,
    pub(super) connections: Connections,
    pub(super) tokenizer: Option<Arc<dyn Tokenizer>>,
    pub(super) budget: Option<Arc<Budget>>,
    warm_up: Duration,
    threads: usize,
    spawn_rate: Option<Rate>,
    classes: Vec<PlannedClass>,
    /// Who comes when, and the class of each user.
    stays: Vec<(Stay, usize)>,
    /// Users there are in all.
    users: u64,
    sources: Vec<Source>,
    serving: u64,
    iterations: Option<u64>,
    iterations_per_user: Option<u64>,
}

/// Arrivals, and the classes that serve them in turn.
struct Source {
    arrivals: Arrivals,
    turns: Arc<[usize]>,
}

impl Plan {
    pub(super) fn new(test: LoadTest, settings: &Settings) -> Result<Self, PlanError> {
        if test.classes.is_empty() {
            return Err(PlanError::NoClass);
        }
        // The first client reads the machine's root certificates: not within the measured window, and not in vain.
        let connections = match test.connect_timeout {
            Some(limit) => test.connections.clone().connect_timeout(limit),
            None => test.connections.clone(),
        };
        HttpClient::new(&connections)?;
        let tags = Tags {
            include: settings.tags.clone().unwrap_or_else(|| test.tags.include.clone()),
            exclude: settings.exclude_tags.clone().unwrap_or_else(|| test.tags.exclude.clone()),
        };
        let host = settings.host.clone().or_else(|| test.host.clone());
        let classes = test.classes.iter().map(|requested| planned((requested.make)(&tags), host.as_deref()));
        let classes = classes.collect::<Result<Vec<_>, _>>()?;
        let spawn_rate = spawn_rate(&test, settings)?;
        let crowd = Crowd::new(&test, settings, &classes, spawn_rate)?;
        let sources = sources(&test, settings, &classes)?;
        let warm_up = settings.warm_up.unwrap_or(test.warm_up);
        let lead = crowd.ramp + warm_up;
        let lasts = || lasts(&test, &crowd, &sources).map(|lasts| lasts.saturating_sub(lead));
        let run_time = settings.run_time.or(test.run_time).or_else(lasts).unwrap_or(RUN_TIME);
        if run_time.is_zero() {
            return Err(PlanError::NoTime);
        }
        let serving = if sources.is_empty() { 0 } else { test.max_users.unwrap_or(MOST_SERVING) };
        if serving == 0 && !sources.is_empty() {
            return Err(PlanError::NoUser);
        }
        let threads =
            settings.threads.or(test.threads).or_else(|| std::thread::available_parallelism().ok().map(Into::into));
        let most_threads = usize::try_from(crowd.users + serving).unwrap_or(usize::MAX);
        Ok(Self {
            name: test.name,
            seed: settings.seed.or(test.seed).unwrap_or_else(fresh_seed),
            lead,
            run_time,
            stop_timeout: settings.stop_timeout.unwrap_or(test.stop_timeout),
            connections,
            tokenizer: test.tokenizer,
            budget: (test.limits != Limits::default()).then(|| Arc::new(Budget::new(test.limits))),
            warm_up,
            threads: threads.unwrap_or(1).clamp(1, most_threads),
            spawn_rate,
            classes,
            stays: crowd.stays,
            users: crowd.users,
            sources,
            serving,
            iterations: test.iterations,
            iterations_per_user: test.iterations_per_user,
        })
    }

    /// What each measuring thread does. User k lives on thread k mod n, and arrival k is served there.
    pub(super) fn work(&self) -> Vec<Work> {
        let turns = Turns {
            shared: self.iterations.map(|iterations| Arc::new(AtomicU64::new(iterations))),
            of_each: self.iterations_per_user,
        };
        let slots: Vec<_> = self.sources.iter().map(|_| Arc::new(Semaphore::new(as_usize(self.serving)))).collect();
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

    fn lanes(&self, place: usize, slots: &[Arc<Semaphore>]) -> Vec<Lane> {
        let lane = |((source, slots), number): ((&Source, &Arc<Semaphore>), u64)| Lane {
            schedule: source.arrivals.schedule(self.seed, u64::MAX - number),
            source: number,
            place: (place as u64, self.threads as u64),
            classes: self.classes.iter().map(PlannedClass::serving).collect(),
            turns: Arc::clone(&source.turns),
            slots: Arc::clone(slots),
            most: self.iterations.unwrap_or(u64::MAX),
        };
        self.sources.iter().zip(slots).zip(0..).map(lane).collect()
    }

    /// The most users at once.
    pub(super) fn users(&self) -> u64 {
        self.users + self.serving * self.sources.len() as u64
    }

    pub(super) fn summary(&self) -> PlanSummary {
        let users_of = |class: usize| {
            let own = self.stays.iter().filter(|(stay, of)| *of == class && stay.number == 0);
            own.count() as u64
        };
        let classes = self.classes.iter().enumerate().map(|(number, planned)| ClassSummary {
            name: planned.class.name(),
            users: users_of(number),
            host: planned.host.as_ref().map(ToString::to_string).unwrap_or_default(),
        });
        PlanSummary {
            users: self.users,
            arrivals: self.sources.iter().map(|source| source.arrivals.describe()).collect(),
            has_steady_load: self.stays.iter().all(|(stay, _)| stay.until.is_none())
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

/// The arrivals of all classes together, and of single ones.
fn sources(test: &LoadTest, settings: &Settings, classes: &[PlannedClass]) -> Result<Vec<Source>, PlanError> {
    let mut sources = Vec::new();
    if let Some(arrivals) = &test.arrivals {
        if test.users.is_some()
            || settings.users.is_some()
            || settings.spawn_rate.or(test.spawn_rate.map(Rate::get)).is_some()
        {
            return Err(PlanError::UsersAndArrivals);
        }
        if let Some(counted) = test.classes.iter().position(|class| class.count().is_some()) {
            return Err(PlanError::CountedClass(classes[counted].class.name()));
        }
        let arrivals = settings.arrivals.map_or_else(|| arrivals.clone(), |rate| arrivals.clone().with_peak(rate));
        sources.push(Source { arrivals, turns: turns(test, classes)? });
    } else if settings.arrivals.is_some() {
        return Err(PlanError::NoArrivals);
    }
    for (class, requested) in test.classes.iter().enumerate() {
        if let Some(OwnLoad::Arrivals(arrivals)) = &requested.load {
            sources.push(Source { arrivals: arrivals.clone(), turns: Arc::new([class]) });
        }
    }
    Ok(sources)
}

/// The classes that serve arrivals 0, 1, 2 and so on: a cycle that holds the weights.
fn turns(test: &LoadTest, classes: &[PlannedClass]) -> Result<Arc<[usize]>, PlanError> {
    let mixed: Vec<_> = (0..classes.len()).filter(|class| test.classes[*class].is_mixed()).collect();
    let shares: Vec<_> = mixed.iter().map(|class| classes[*class].class.share()).collect();
    let mut weights = 0_u64;
    for (class, share) in mixed.iter().zip(&shares) {
        match share {
            Share::Weight(weight) => weights += u64::from(*weight),
            Share::Fixed(_) => return Err(PlanError::CountedClass(classes[*class].class.name())),
        }
    }
    let mix = Mix::new(weights.clamp(1, MOST_TURNS), &shares)?;
    Ok(mix.order().iter().map(|class| mixed[*class]).collect())
}

/// How long the load lasts, if it has an end.
fn lasts(test: &LoadTest, crowd: &Crowd, sources: &[Source]) -> Option<Duration> {
    let has_iterations = test.iterations.is_some() || test.iterations_per_user.is_some();
    let ends = sources.iter().map(|source| source.arrivals.duration()).chain([crowd.end]);
    match ends.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other))).flatten() {
        // They end the run, and whoever sets them does not mean a time.
        None if has_iterations => Some(LONGEST),
        lasts => lasts,
    }
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
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    RandomState::new().build_hasher().finish() % 1_000_000_000
}
