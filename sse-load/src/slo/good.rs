//! Good requests: their rate and their share.

use std::time::Duration;

use super::judge::Measured;
use super::proof::Rule;
use super::{Objective, mean, share};
use crate::report::{Report, RequestReport};
use crate::sample::Metric;
use crate::stats::{Rate, Slices};

/// Good requests a second.
pub(super) fn goodput(
    report: &Report,
    request: &RequestReport,
    objective: &Objective,
    rule: Rule,
) -> Result<Measured, String> {
    Ok(mean::goodput(request, good(report, request)?, objective, rule))
}

/// The good share of the requests. Of `unseen` ones nobody knows how they would have ended.
pub(super) fn fraction(
    report: &Report,
    request: &RequestReport,
    of: (&Objective, Rule),
    unseen: u64,
) -> Result<Measured, String> {
    let good = good(report, request)?;
    let batches = share::ends(request, good);
    Ok(share::share(request, (good.total(), &batches), of, (unseen, ["are good", "are not good"])))
}

/// The good requests over time, where each limit that makes them good has something to limit: a misspelt name would make all good.
fn good<'a>(report: &Report, request: &'a RequestReport) -> Result<&'a Slices, String> {
    let (Some(limits), Some(good)) = (report.good_if(), request.good_over_time()) else {
        return Err("nothing says what a good request is: say it before the run with .good_if([ttft(ALL).each().at_most(ms(500))])"
            .to_owned());
    };
    for limit in limits {
        let limited = report.figures(&limit.scope).map_err(|unknown| format!("a limit of .good_if(..): {unknown}"))?;
        if let Some(reason) = limited.incomparable(limit.metric) {
            return Err(reason);
        }
        if limited.successes() > 0 {
            is_there(limited, limit.metric)?;
        }
    }
    Ok(good)
}

fn is_there(request: &RequestReport, metric: Metric) -> Result<(), String> {
    let found = match metric {
        metric if metric.is_rate() => request.distribution::<Rate>(metric).of_successes().try_max().map(drop),
        metric if metric.is_count() => request.distribution::<u64>(metric).of_successes().try_max().map(drop),
        _ => request.distribution::<Duration>(metric).of_successes().try_max().map(drop),
    };
    found.map_err(|none| format!("a limit of .good_if(..): {none}"))
}
