//! The request with the largest value of a metric.

use std::time::Duration;

use crate::sample::Origin;

/// The request with the largest value of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstSample {
    /// The value: microseconds, or a count.
    pub value: u64,
    /// The task that sent the request.
    pub origin: Origin,
    /// When it began, from the start of the run.
    pub at: Duration,
}
