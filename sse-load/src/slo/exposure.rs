//! How the generator's delays meet the values of a metric.

use super::proof::as_f64;
use crate::report::RequestReport;
use crate::sample::Metric;

/// Of each read of an event and each start of a request that may have been late.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exposure {
    /// How many delays may add up in one value.
    pub(super) adds: u32,
    /// At how many moments a delay meets it.
    pub(super) moments: f64,
    /// Whether it counts from the schedule, and so has the lag too.
    pub(super) is_scheduled: bool,
    /// Whether a delay may shorten it as well: a late read makes the gap behind it smaller.
    pub(super) shortens: bool,
}

impl Exposure {
    pub(super) fn of(request: &RequestReport, metric: Metric) -> Self {
        let of_gap = Self { adds: 1, moments: 2.0, is_scheduled: false, shortens: true };
        let gaps = as_f64(request.icl().histogram().len()) / as_f64(request.successes().max(1));
        match metric {
            Metric::Icl | Metric::Itl | Metric::Tpot => of_gap,
            // The largest of many gaps is late if any of them is.
            Metric::MaxStall => Self { moments: 2.0 * (1.0 + gaps), ..of_gap },
            // A connection, the event, and the lag.
            Metric::TtftSched => Self { adds: 3, moments: 2.0, is_scheduled: true, shortens: false },
            // A connection, and the event.
            _ => Self { adds: 2, moments: 2.0, is_scheduled: false, shortens: false },
        }
    }
}
