//! What a load test was asked to do.

use std::time::Duration;

use crate::sample::{Name, name};
use crate::stats::seconds;
use serde::{Deserialize, Serialize};

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// Users in all, without those who serve arrivals.
    pub users: u64,
    /// Each source of arrivals, in words; none in the closed loop.
    pub arrivals: Vec<String>,
    /// Whether the load is the same throughout the measured window: no shape, no trace.
    pub has_steady_load: bool,
    /// The most users who serve arrivals at once.
    pub max_users: Option<u64>,
    /// Users started per second; `None`: all at once.
    pub spawn_rate: Option<f64>,
    /// From the begin of the run until the last user had started.
    #[serde(with = "seconds")]
    pub ramp: Duration,
    /// From then to the measured window.
    #[serde(with = "seconds")]
    pub warm_up: Duration,
    /// The measured window asked for.
    #[serde(with = "seconds")]
    pub run_time: Duration,
    /// How long streams in flight may finish.
    #[serde(with = "seconds")]
    pub stop_timeout: Duration,
    /// The seed of every random choice.
    pub seed: u64,
    /// The user classes.
    pub classes: Vec<ClassSummary>,
}

/// One user class of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassSummary {
    /// Its name.
    #[serde(deserialize_with = "name")]
    pub name: Name,
    /// How many users it has.
    pub users: u64,
    /// Its tasks with their weights and the wait between them, in words.
    pub flow: String,
    /// The host, without user name and password.
    pub host: String,
}
