//! The checked plan: what the builder and the environment ask for, with nothing left to go wrong.

use std::sync::Arc;
use std::time::Duration;

use super::PlanError;
use super::class::AnyClass;
use super::env::Settings;
use super::load_test::{ClassRequest, LoadTest};
use super::thread::UserStart;
use crate::client::Host;
use crate::load::{Mix, Share, Tags};
use crate::report::{ClassSummary, PlanSummary};
use crate::stats::Rate;
use crate::tokenize::Tokenizer;
use crate::transport::{Connections, HttpClient};

/// A class with its host.
struct PlannedClass {
    class: Arc<dyn AnyClass>,
    host: Option<Arc<Host>>,
}

/// More users than this are a slip of the hand: no process holds them.
const MOST_USERS: u64 = 1_000_000;

/// What will be run.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) seed: u64,
    pub(super) run_time: Duration,
    pub(super) stop_timeout: Duration,
    pub(super) connections: Connections,
    pub(super) tokenizer: Option<Arc<dyn Tokenizer>>,
    threads: usize,
    spawn_rate: Option<Rate>,
    classes: Vec<PlannedClass>,
    /// The class of each user, in the order of their starts.
    mix: Mix,
}

impl Plan {
    pub(super) fn new(test: LoadTest, settings: &Settings) -> Result<Self, PlanError> {
        let spawn_rate = settings.spawn_rate.map(Rate::per_sec).or(test.spawn_rate);
        if let Some(rate) = spawn_rate.filter(|rate| !(rate.get().is_finite() && rate.get() > 0.0)) {
            return Err(PlanError::SpawnRate(rate.get()));
        }
        let run_time = settings.run_time.unwrap_or(test.run_time);
        if run_time.is_zero() {
            return Err(PlanError::NoTime);
        }
        let users = users(&test, settings)?;
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
        let shares = shares(&classes, &test.classes, settings.users.is_some());
        let mix = Mix::new(users, &shares)?;
        if settings.users.is_none() {
            refuse_classes_left_out(&test, &classes, &mix)?;
        }
        let threads =
            settings.threads.or(test.threads).or_else(|| std::thread::available_parallelism().ok().map(Into::into));
        Ok(Self {
            name: test.name,
            seed: settings.seed.or(test.seed).unwrap_or_else(fresh_seed),
            run_time,
            stop_timeout: settings.stop_timeout.unwrap_or(test.stop_timeout),
            connections,
            tokenizer: test.tokenizer,
            threads: threads.unwrap_or(1).clamp(1, usize::try_from(users).unwrap_or(usize::MAX)),
            spawn_rate,
            classes,
            mix,
        })
    }

    /// The users of each measuring thread. User k starts k / spawn rate after the begin and lives on thread k mod n.
    pub(super) fn crews(&self) -> Vec<Vec<UserStart>> {
        let mut crews: Vec<Vec<UserStart>> = (0..self.threads).map(|_| Vec::new()).collect();
        for (place, class) in self.mix.order().iter().enumerate() {
            let PlannedClass { class, host } = &self.classes[*class];
            let index = place as u64;
            crews[place % self.threads].push(UserStart {
                index,
                class: Arc::clone(class),
                host: host.clone(),
                after: self.start_of(index),
            });
        }
        crews
    }

    #[expect(clippy::cast_precision_loss, reason = "users are far fewer than 2^52")]
    fn start_of(&self, index: u64) -> Duration {
        let after = self.spawn_rate.map_or(0.0, |rate| index as f64 / rate.get());
        // Longer than a Duration can hold is longer than any run.
        Duration::try_from_secs_f64(after).unwrap_or(Duration::MAX)
    }

    pub(super) fn users(&self) -> u64 {
        self.mix.order().len() as u64
    }

    pub(super) fn summary(&self) -> PlanSummary {
        let users_of = |class: usize| self.mix.order().iter().filter(|of| **of == class).count() as u64;
        let classes = self.classes.iter().enumerate().map(|(number, planned)| ClassSummary {
            name: planned.class.name(),
            users: users_of(number),
            host: planned.host.as_ref().map(ToString::to_string).unwrap_or_default(),
        });
        PlanSummary {
            users: self.users(),
            spawn_rate: self.spawn_rate.map(Rate::get),
            run_time: self.run_time,
            stop_timeout: self.stop_timeout,
            seed: self.seed,
            classes: classes.collect(),
        }
    }
}

fn users(test: &LoadTest, settings: &Settings) -> Result<u64, PlanError> {
    if test.classes.is_empty() {
        return Err(PlanError::NoClass);
    }
    let all_counted = test.classes.iter().all(|class| class.users.is_some());
    let of_classes = test.classes.iter().filter_map(|class| class.users).fold(0, u64::saturating_add);
    if let (None, Some(users)) = (settings.users, test.users)
        && all_counted
        && users != of_classes
    {
        return Err(PlanError::UsersTwice { users, of_classes });
    }
    let default = if all_counted { of_classes } else { of_classes.max(1) };
    let users = settings.users.or(test.users).unwrap_or(default);
    match users {
        0 => Err(PlanError::NoUser),
        1..=MOST_USERS => Ok(users),
        _ => Err(PlanError::TooManyUsers(users)),
    }
}

/// A class by weight that gets no user, since nobody said how many there are in all, would be left out in silence.
fn refuse_classes_left_out(test: &LoadTest, classes: &[PlannedClass], mix: &Mix) -> Result<(), PlanError> {
    let left_out = |class: &usize| test.classes[*class].users.is_none() && !mix.order().contains(class);
    match (0..classes.len()).find(left_out) {
        Some(class) => Err(PlanError::NoNumber(classes[class].class.name())),
        None => Ok(()),
    }
}

/// The classes' shares. Where the environment says how many users there are, counts of the builder become weights: the mix stays.
fn shares(classes: &[PlannedClass], requested: &[ClassRequest], users_from_env: bool) -> Vec<Share> {
    let of = |(planned, requested): (&PlannedClass, &ClassRequest)| match requested.users {
        Some(users) if users_from_env => Share::Weight(u32::try_from(users).unwrap_or(u32::MAX)),
        Some(users) => Share::Fixed(users),
        None => planned.class.share(),
    };
    classes.iter().zip(requested).map(of).collect()
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

/// A seed that is new each time, and short enough to be typed.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    RandomState::new().build_hasher().finish() % 1_000_000_000
}
