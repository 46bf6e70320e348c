//! The sources of arrivals: of all classes together, and of single ones.

use std::sync::Arc;

use super::PlanError;
use super::env::Settings;
use super::load_test::{LoadTest, OwnLoad};
use super::plan::PlannedClass;
use crate::load::{Arrivals, Mix, RoundRobin, Share};
use crate::stats::Rate;

/// More arrivals a second than this are a slip of the hand: no process sends them.
const HIGHEST_RATE: f64 = 1e6;

/// The longest round of classes that serve arrivals.
const LONGEST_ROUND: u64 = 10_000;

/// Arrivals, and the classes that serve them in turn.
pub(super) struct Source {
    pub(super) arrivals: Arrivals,
    pub(super) round: Arc<RoundRobin>,
}

/// The arrivals of all classes together, and of single ones.
pub(super) fn sources(
    test: &LoadTest,
    settings: &Settings,
    classes: &[PlannedClass],
) -> Result<Vec<Source>, PlanError> {
    let mut sources = Vec::new();
    if let Some(arrivals) = &test.arrivals {
        let spawned = settings.spawn_rate.or(test.spawn_rate.map(Rate::get)).is_some();
        if test.users.is_some() || settings.users.is_some() || spawned {
            return Err(PlanError::UsersAndArrivals);
        }
        if let Some(counted) = test.classes.iter().position(|class| class.count().is_some()) {
            return Err(PlanError::CountedClass(classes[counted].class.name()));
        }
        let arrivals = match settings.arrivals {
            Some(_) if arrivals.is_trace() => {
                return Err(PlanError::NoEffect(
                    "SSE_LOAD_ARRIVALS is a rate, and the load test's arrivals have moments of their own",
                ));
            }
            Some(rate) => arrivals.clone().with_peak(rate),
            None => arrivals.clone(),
        };
        sources.push(Source { arrivals, round: Arc::new(round(test, classes)?) });
    } else if settings.arrivals.is_some() {
        return Err(PlanError::NoArrivals);
    }
    for (class, requested) in test.classes.iter().enumerate() {
        if let Some(OwnLoad::Arrivals(arrivals)) = &requested.load {
            sources.push(Source { arrivals: arrivals.clone(), round: Arc::new(RoundRobin::new(&[class])) });
        }
    }
    for Source { arrivals, .. } in &sources {
        let (peak, lasts) = (arrivals.peak().get(), arrivals.duration());
        if (peak <= 0.0 && !arrivals.is_trace()) || lasts.is_some_and(|lasts| lasts.is_zero()) {
            return Err(PlanError::NoArrival);
        }
        if peak > HIGHEST_RATE {
            return Err(PlanError::TooManyArrivals(peak));
        }
    }
    Ok(sources)
}

/// The classes that serve arrivals 0, 1, 2 and so on: a round that holds the weights.
fn round(test: &LoadTest, classes: &[PlannedClass]) -> Result<RoundRobin, PlanError> {
    let mixed: Vec<_> = (0..classes.len()).filter(|class| test.classes[*class].is_mixed()).collect();
    if mixed.is_empty() {
        return Err(PlanError::NobodyLeft);
    }
    let shares: Vec<_> = mixed.iter().map(|class| classes[*class].class.share()).collect();
    let mut weights = 0_u64;
    for (class, share) in mixed.iter().zip(&shares) {
        match share {
            Share::Weight(weight) => weights += u64::from(*weight),
            Share::Fixed(_) => return Err(PlanError::CountedClass(classes[*class].class.name())),
        }
    }
    let mix = Mix::new(weights.clamp(1, LONGEST_ROUND), &shares)?;
    let round: Vec<_> = mix.order().iter().map(|class| mixed[*class]).collect();
    Ok(RoundRobin::new(&round))
}
