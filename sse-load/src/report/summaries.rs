//! What happened how often: failures, panics, errors of tasks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sample::{FailureClass, Origin};
use crate::stats::seconds;

/// Failures of one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureSummary {
    /// The request name.
    pub request: String,
    /// The kind.
    pub class: FailureClass,
    /// What they share.
    pub summary: String,
    /// What the first one said beyond that.
    pub example: String,
    /// The task that saw them.
    pub origin: Origin,
    /// How many.
    pub count: u64,
    /// When the first began, from the start of the run.
    #[serde(with = "seconds")]
    pub first_at: Duration,
    /// When the last began, from the start of the run.
    #[serde(with = "seconds")]
    pub last_at: Duration,
}

/// Errors that tasks returned and that are no failed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskErrorSummary {
    /// The task.
    pub origin: Origin,
    /// The error's text.
    pub message: String,
    /// How many.
    pub count: u64,
}

/// How often one task ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSummary {
    /// The task.
    pub origin: Origin,
    /// How often it ran to its end without an error.
    pub count: u64,
}

/// Panics of one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanicSummary {
    /// The task.
    pub origin: Origin,
    /// The panic's message.
    pub message: String,
    /// `file:line` of the panic; empty where it is not known.
    pub location: String,
    /// How many.
    pub count: u64,
}

/// Events that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MalformedSummary {
    /// The request name.
    pub request: String,
    /// Requests that had such events.
    pub requests: u64,
    /// What was wrong with the first.
    pub example: String,
}
