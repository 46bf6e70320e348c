//! Values that tasks recorded beside their requests.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::distribution::{Numbers, Times};
use super::figures::{MetricFigures, figures};
use super::{Distribution, Report};
use crate::record::CustomUnit;
use crate::stats::{Histogram, Slices, Unit};

/// The values of one name that tasks recorded with `ctx.record_time(..)` or `ctx.record_count(..)`.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn look(report: &Report) {
/// assert!(report.custom("tool_call").times().p95() < ms(40), "{report}");
/// println!("{} documents at the most", report.custom("documents").counts().max());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CustomReport {
    pub(super) name: &'static str,
    pub(super) unit: CustomUnit,
    pub(super) values: Histogram,
    pub(super) over_time: Slices,
}

impl CustomReport {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What the values are.
    #[must_use]
    pub fn unit(&self) -> CustomUnit {
        self.unit
    }

    /// The values over the time of the run.
    #[must_use]
    pub fn over_time(&self) -> &Slices {
        &self.over_time
    }

    /// The values, which are times.
    ///
    /// # Panics
    /// When they are counts.
    #[must_use]
    #[track_caller]
    pub fn times(&self) -> Times<'_> {
        assert!(self.unit == CustomUnit::Time, "`{}` has counts and not times: use .counts()", self.name);
        self.distribution()
    }

    /// The values, which are counts.
    ///
    /// # Panics
    /// When they are times.
    #[must_use]
    #[track_caller]
    pub fn counts(&self) -> Numbers<'_> {
        assert!(self.unit == CustomUnit::Count, "`{}` has times and not counts: use .times()", self.name);
        self.distribution()
    }

    pub(crate) fn distribution<U: Unit>(&self) -> Distribution<'_, U> {
        Distribution::new(self.name.to_owned(), &self.values, 0, "no task recorded one".to_owned())
    }
}

impl Serialize for CustomReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Named<'a> {
            name: &'static str,
            #[serde(flatten)]
            figures: MetricFigures<'a>,
        }
        let figures = match self.unit {
            CustomUnit::Time => figures::<Duration>("s", &self.distribution(), (None, &self.over_time)),
            CustomUnit::Count => figures::<u64>("count", &self.distribution(), (None, &self.over_time)),
        };
        Named { name: self.name, figures }.serialize(serializer)
    }
}

impl Report {
    /// The values of each name that tasks recorded, in alphabetical order.
    #[must_use]
    pub fn customs(&self) -> &[CustomReport] {
        &self.customs
    }

    /// The values of one name that tasks recorded.
    ///
    /// # Panics
    /// When no task recorded one in the measured window; the message lists the names that there are.
    #[must_use]
    #[track_caller]
    pub fn custom(&self, name: &str) -> &CustomReport {
        match self.try_custom(name) {
            Some(custom) => custom,
            None => panic!("{}", self.unknown_custom(name)),
        }
    }

    /// The values of one name, if a task recorded one in the measured window.
    #[must_use]
    pub fn try_custom(&self, name: &str) -> Option<&CustomReport> {
        self.customs.iter().find(|custom| custom.name == name)
    }

    /// Why a name is refused, with the known ones.
    pub(crate) fn unknown_custom(&self, name: &str) -> String {
        let known = self.customs.iter().map(|custom| custom.name);
        let why = format!("no task recorded values named `{name}` in the measured window");
        super::lookup::with_known(&why, "names", name, known)
    }
}
