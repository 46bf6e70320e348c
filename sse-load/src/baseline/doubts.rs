//! What of a run's figures the generator itself may have brought about.

use std::collections::BTreeMap;

use super::Percentiles;
use super::snapshot::METRICS;
use crate::report::Report;
use crate::sample::Metric;
use crate::slo::{self, Delay};

/// What of a run's figures the generator itself may have brought about: it is no change of the server. Nothing by default.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    /// Why the load was not what was asked for.
    pub(super) overload: Option<String>,
    /// By how much it may have raised each percentile.
    delays: BTreeMap<(String, Metric), Percentiles<Delay>>,
    /// That it was late, and why.
    pub(super) late: String,
}

impl Doubts {
    pub(super) fn of(report: &Report) -> Self {
        let delays = report.requests().iter().flat_map(|request| {
            METRICS.map(|metric| {
                let delays = Percentiles::of(|q| Delay::of(report, request, metric, q));
                ((request.name().to_owned(), metric), delays)
            })
        });
        Self { overload: slo::overload(report), delays: delays.collect(), late: slo::late(report.health()) }
    }

    pub(super) fn delays(&self, request: &str, metric: Metric) -> Percentiles<Delay> {
        self.delays.get(&(request.to_owned(), metric)).copied().unwrap_or_default()
    }
}
