//! The objectives that a load test declares, and what was decided of them while it ran.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Objective, Verdict};
use crate::stats::seconds;

/// How often the samples of a run were looked at before it was chosen to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Looks {
    /// Once, at an end that was fixed before.
    #[default]
    Once,
    /// Again and again, until they decided: only a test that holds whenever one looks says anything.
    Many,
}

/// What was decided of an objective while the run went on. It stands, whatever came later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The objective.
    pub objective: Objective,
    /// Pass or miss.
    pub verdict: Verdict,
    /// How long the run had been measured.
    #[serde(with = "seconds")]
    pub after: Duration,
}

/// What a load test expects of itself: its objectives, with what was decided of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// The objectives.
    pub objectives: Vec<Objective>,
    /// How often they were looked at.
    pub looks: Looks,
    /// The earliest look, counted from the begin of the measured window.
    #[serde(with = "seconds")]
    pub first_look: Duration,
    /// What was decided while the run went on, in order.
    pub decisions: Vec<Decision>,
}

impl Expected {
    /// Whether nothing is expected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objectives.is_empty()
    }

    /// What was decided of an objective, if anything was.
    #[must_use]
    pub fn decision(&self, objective: &Objective) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.objective == *objective)
    }
}
