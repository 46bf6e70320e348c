//! The users of a plan: who comes when, and of which class.

use std::time::Duration;

use super::PlanError;
use super::env::Settings;
use super::load_test::{ClassRequest, LoadTest, OwnLoad};
use super::plan::{LONGEST, PlannedClass, as_usize};
use crate::load::{LoadShape, Mix, Share, Stay, stays, users_at};
use crate::stats::Rate;

/// More users than this are a slip of the hand: no process holds them.
const MOST_USERS: u64 = 1_000_000;

/// The users of a plan.
pub(super) struct Crowd {
    pub(super) stays: Vec<(Stay, usize)>,
    pub(super) users: u64,
    /// Until the last user of a constant number has come.
    pub(super) ramp: Duration,
    /// When the last shape ends that has an end.
    pub(super) end: Option<Duration>,
    /// Whether some go by weight or count.
    pub(super) is_mixed: bool,
}

impl Crowd {
    pub(super) fn new(
        test: &LoadTest,
        settings: &Settings,
        classes: &[PlannedClass],
        spawn_rate: Option<Rate>,
    ) -> Result<Self, PlanError> {
        let mut crowd = Self { stays: Vec::new(), users: 0, ramp: Duration::ZERO, end: None, is_mixed: false };
        if test.arrivals.is_none() {
            crowd.add_mix(test, settings, classes, spawn_rate)?;
        }
        for (class, requested) in test.classes.iter().enumerate() {
            if let Some(OwnLoad::Shape(shape)) = &requested.load {
                peak(shape)?;
                crowd.add(stays(shape), shape, |_| class);
            }
        }
        crowd.stays.sort_by_key(|(stay, _)| (stay.from, stay.user));
        if crowd.users > MOST_USERS {
            return Err(PlanError::TooManyUsers(crowd.users));
        }
        Ok(crowd)
    }

    /// The users whose class goes by weight or count.
    fn add_mix(
        &mut self,
        test: &LoadTest,
        settings: &Settings,
        classes: &[PlannedClass],
        spawn_rate: Option<Rate>,
    ) -> Result<(), PlanError> {
        let mixed: Vec<_> = (0..classes.len()).filter(|class| test.classes[*class].is_mixed()).collect();
        if mixed.is_empty() {
            return if test.users.is_some() { Err(PlanError::NobodyLeft) } else { Ok(()) };
        }
        self.is_mixed = true;
        let shape = match settings.users {
            Some(users) => test.users.clone().unwrap_or_else(|| LoadShape::constant(0)).with_peak(users),
            None => users(test)?,
        };
        let peak = peak(&shape)?;
        let of_classes: Vec<_> = mixed.iter().map(|class| (&classes[*class], &test.classes[*class])).collect();
        let mix = Mix::new(peak, &shares(&of_classes, settings.users.is_some()))?;
        if settings.users.is_none() {
            refuse_classes_left_out(&of_classes, &mix)?;
        }
        let stays = match (shape.constant_level(), spawn_rate) {
            (Some(_), Some(rate)) => ramp(peak, rate),
            (None, Some(_)) => return Err(PlanError::RateOfShape),
            (_, None) => stays(&shape),
        };
        if shape.constant_level().is_some() {
            self.ramp = stays.last().map_or(Duration::ZERO, |last| last.from);
        }
        if self.ramp > LONGEST {
            return Err(PlanError::LongRamp { users: peak, rate: spawn_rate.map_or(0.0, Rate::get) });
        }
        self.add(stays, &shape, |user| mixed[mix.order()[user]]);
        Ok(())
    }

    fn add(&mut self, stays: Vec<Stay>, shape: &LoadShape, class_of: impl Fn(usize) -> usize) {
        let before = self.users;
        for stay in stays {
            let class = class_of(as_usize(stay.user));
            let user = before + stay.user;
            self.users = self.users.max(user + 1);
            self.stays.push((Stay { user, ..stay }, class));
        }
        self.end = self.end.max(shape.duration());
    }
}

/// User k comes after k / rate.
#[expect(clippy::cast_precision_loss, reason = "users are far fewer than 2^52")]
fn ramp(users: u64, rate: Rate) -> Vec<Stay> {
    // Longer than a Duration can hold is longer than any run.
    let after = |user: u64| Duration::try_from_secs_f64(user as f64 / rate.get()).unwrap_or(Duration::MAX);
    (0..users).map(|user| Stay { user, number: 0, from: after(user), until: None }).collect()
}

pub(super) fn spawn_rate(test: &LoadTest, settings: &Settings) -> Result<Option<Rate>, PlanError> {
    let rate = settings.spawn_rate.map(Rate::per_sec).or(test.spawn_rate);
    match rate.filter(|rate| !(rate.get().is_finite() && rate.get() > 0.0)) {
        Some(rate) => Err(PlanError::SpawnRate(rate.get())),
        None => Ok(rate),
    }
}

/// The number of users over time, where the environment does not say it.
fn users(test: &LoadTest) -> Result<LoadShape, PlanError> {
    let of_classes = test.classes.iter().filter_map(ClassRequest::count).fold(0, u64::saturating_add);
    let all_counted = test.classes.iter().filter(|class| class.is_mixed()).all(|class| class.count().is_some());
    match &test.users {
        Some(shape) if all_counted && of_classes > 0 => {
            let users = peak(shape)?;
            if users == of_classes { Ok(shape.clone()) } else { Err(PlanError::UsersTwice { users, of_classes }) }
        }
        Some(shape) => Ok(shape.clone()),
        None if all_counted => Ok(LoadShape::constant(of_classes)),
        None => Ok(LoadShape::constant(of_classes.max(1))),
    }
}

/// The most users of a shape.
fn peak(shape: &LoadShape) -> Result<u64, PlanError> {
    match users_at(shape.peak()) {
        0 => Err(PlanError::NoUser),
        users @ 1..=MOST_USERS => Ok(users),
        users => Err(PlanError::TooManyUsers(users)),
    }
}

/// A class by weight that gets no user, since nobody said how many there are in all, would be left out in silence.
fn refuse_classes_left_out(classes: &[(&PlannedClass, &ClassRequest)], mix: &Mix) -> Result<(), PlanError> {
    let left_out = |class: &usize| classes[*class].1.count().is_none() && !mix.order().contains(class);
    match (0..classes.len()).find(left_out) {
        Some(class) => Err(PlanError::NoNumber(classes[class].0.class.name())),
        None => Ok(()),
    }
}

/// The classes' shares. Where the environment says how many users there are, counts of the builder become weights: the mix stays.
fn shares(classes: &[(&PlannedClass, &ClassRequest)], users_from_env: bool) -> Vec<Share> {
    let of = |(planned, requested): &(&PlannedClass, &ClassRequest)| match requested.count() {
        Some(users) if users_from_env => Share::Weight(u32::try_from(users).unwrap_or(u32::MAX)),
        Some(users) => Share::Fixed(users),
        None => planned.class.share(),
    };
    classes.iter().map(of).collect()
}
