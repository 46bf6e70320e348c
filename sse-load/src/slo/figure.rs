//! What a run has of a figure.

use super::judge::measure;
use super::{Bound, Figure, Objective, Value};
use crate::report::Report;

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
}
