//! The request with the largest value of a metric, of a rate the smallest.

use std::time::Duration;

use crate::sample::Origin;

/// The request with the largest value of a metric, of a rate the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorstSample {
    /// The value: microseconds, a count, or thousandths of a rate.
    pub value: u64,
    /// The task that sent the request.
    pub origin: Origin,
    /// When it began, from the start of the run.
    pub at: Duration,
}
