//! Load tests of one kind at several levels, one after the other.

use std::time::Duration;

use super::env::Settings;
use super::interrupt::{self, Series};
use super::plan::fresh_seed;
use super::start::print;
use super::step::{Difference, Step};
use super::{LoadTest, PlanError, RunError, artifacts};
use crate::capacity::{Capacity, Curve, Level, Levels, MOST_TRIALS, Point, Search, Trial};
use crate::render::{capacity_page, curve_page};
use crate::report::Ending;
use crate::slo::Objective;

/// How long the server rests between two levels.
const PAUSE: Duration = Duration::from_secs(1);

/// Load tests of one kind at several levels.
pub(super) struct LevelTests<F> {
    pub(super) name: String,
    pub(super) make: F,
    pub(super) objectives: Vec<Objective>,
    pub(super) pause: Duration,
}

impl<F> LevelTests<F> {
    pub(super) fn new(name: String, make: F) -> Self {
        Self { name, make, objectives: Vec::new(), pause: PAUSE }
    }

    /// Runs the levels that the caller names.
    pub(super) async fn sweep<L: Level>(self, levels: Vec<f64>) -> Result<Curve, RunError>
    where
        F: FnMut(L) -> LoadTest,
    {
        let settings = self.settings()?;
        let _series = Series::begin();
        let mut curve = self.run(&Levels::Given(levels)).await?.sorted();
        let folder = artifacts::write_steps(&curve, curve_page, "curve", (&settings, curve.name()));
        curve.set_folder(folder);
        artifacts::append_block(&curve, &settings);
        print(&curve, curve.why_cut_short().is_some());
        Ok(curve)
    }

    /// Runs the levels that lead to the capacity.
    pub(super) async fn search<L: Level>(self, search: Search) -> Result<Capacity, RunError>
    where
        F: FnMut(L) -> LoadTest,
    {
        let settings = self.settings()?;
        let _series = Series::begin();
        let curve = self.run(&Levels::Searched(search)).await?;
        let mut capacity = Capacity::new(curve, &search);
        let folder = artifacts::write_steps(&capacity, capacity_page, "capacity", (&settings, capacity.curve().name()));
        capacity.set_folder(folder);
        artifacts::append_block(&capacity, &settings);
        print(&capacity, capacity.curve().why_cut_short().is_some());
        Ok(capacity)
    }

    fn settings(&self) -> Result<Settings, RunError> {
        Settings::from_env().map_err(|error| self.refused(error.into()))
    }

    fn refused(&self, error: PlanError) -> RunError {
        RunError::Plan { name: self.name.clone(), error }
    }

    /// One load test after the other until none is left. What ends them early is an error only where nothing was found yet.
    async fn run<L: Level>(mut self, levels: &Levels) -> Result<Curve, RunError>
    where
        F: FnMut(L) -> LoadTest,
    {
        levels.check().map_err(|error| self.refused(error.into()))?;
        let seed = fresh_seed();
        let mut curve = Curve::new(self.name.clone(), self.objectives.clone());
        let mut number = 0;
        while let Some(trial) = levels.next(&curve.tried()) {
            let test = (self.make)(L::from_number(trial.level)).step(self.step(trial, number), seed);
            number += 1;
            match test.report().await {
                Ok(report) if report.ending() == Ending::Interrupted => {
                    curve.cut_short(format!("{} ended level {}", interrupt::cause(), trial.level));
                    break;
                }
                Ok(report) => {
                    // A level may be judged several times, and all of them together may be wrong as often as one.
                    let shared =
                        |objective: &Objective| objective.clone().alpha(objective.alpha / f64::from(MOST_TRIALS));
                    let verdicts = report.check(self.objectives.iter().map(shared));
                    let point = Point::new(trial, report, &verdicts);
                    eprintln!("sse-load: {}: {point}", self.name);
                    curve.push(point);
                }
                Err(error) if curve.points().is_empty() => return Err(error),
                Err(error) => {
                    curve.cut_short(error.to_string());
                    break;
                }
            }
        }
        Ok(curve)
    }

    fn step(&self, trial: Trial, number: u64) -> Step {
        let label = match trial.stretch {
            1 => trial.level.to_string(),
            times => format!("{}_x{times}", trial.level),
        };
        Step {
            of: Some((self.name.clone(), label)),
            number,
            stretch: trial.stretch,
            pause: if number > 0 { self.pause } else { Duration::ZERO },
            differ_in: Difference::Load,
        }
    }
}
