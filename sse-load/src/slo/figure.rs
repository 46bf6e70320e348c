//! What a run has of a figure.

use super::judge::{measure, unseen};
use super::{Bound, Figure, Objective, Quantity, Value};
use crate::report::Report;
use crate::sample::Metric;

impl Figure {
    /// What a run has of it.
    ///
    /// # Errors
    /// Why it can't be had: an unknown name, no sample, tokens counted in two ways.
    pub fn of(&self, report: &Report) -> Result<Value, String> {
        // A limit that every value keeps, since nothing is asked of it.
        let any = Objective {
            quantity: self.quantity,
            scope: self.scope.clone(),
            bound: Bound::AtMost,
            limit: Value::Count(u64::MAX),
            alpha: 0.5,
            accepts_inconclusive: true,
        };
        measure(report, &any).map(|measured| measured.value)
    }

    /// Of how many requests nobody knows what they would have made of it. 0 where it is of what came, such as gaps and token counts.
    pub(crate) fn unseen(&self, report: &Report) -> u64 {
        let is_of_requests = match self.quantity {
            Quantity::ErrorRate(_) | Quantity::GoodFraction => true,
            quantity => quantity.metric().is_some_and(|metric| metric.counts_failures() || metric == Metric::Queue),
        };
        let request = report.figures(&self.scope).ok().filter(|_| is_of_requests);
        request.map_or(0, |request| unseen(report, request))
    }
}
