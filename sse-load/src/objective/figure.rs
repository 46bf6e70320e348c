//! A figure without a limit.

use super::{Quantity, Statistic, Value};
use crate::sample::{Metric, Scope};

/// A figure of some requests, without a limit: what comparisons compare.
///
/// ```
/// use sse_load::prelude::*;
/// use sse_load::slo::Figure;
///
/// let figure = Figure::from(ttft("chat").p95());
/// assert_eq!(figure.quantity.to_string(), "ttft p95");
/// assert!(!figure.more_is_better() && Figure::from(tok_s()).more_is_better());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The figure.
    pub quantity: Quantity,
    /// Of which requests.
    pub scope: Scope,
}

impl<U: Into<Value>> From<Statistic<U>> for Figure {
    fn from(statistic: Statistic<U>) -> Self {
        statistic.figure()
    }
}

impl Figure {
    /// Whether it is a share, which may be 0.
    #[must_use]
    pub fn is_share(&self) -> bool {
        matches!(self.quantity, Quantity::ErrorRate(_) | Quantity::GoodFraction)
    }

    /// Whether a larger value is a better one: throughput, and the tokens of replies.
    #[must_use]
    pub fn more_is_better(&self) -> bool {
        match self.quantity.metric() {
            Some(metric) => metric == Metric::CompletionTokens || metric.is_rate(),
            None => matches!(
                self.quantity,
                Quantity::RequestRate
                    | Quantity::RequestCount
                    | Quantity::TokS
                    | Quantity::Goodput
                    | Quantity::GoodFraction
            ),
        }
    }
}
