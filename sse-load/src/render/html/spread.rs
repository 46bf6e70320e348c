//! How values spread: the share of requests within a time, and the time of each percentile.

use super::over_time::{in_seconds, time};
use super::plot::{Line, Plot};
use super::scale::{Axis, number};
use crate::report::{RequestReport, Times};
use crate::sample::Metric;
use crate::stats::rank;

/// Points of a line.
const POINTS: usize = 160;

/// The metrics that are compared, with the style of their lines.
const METRICS: [(Metric, &str, usize); 3] =
    [(Metric::Ttft, "time to first token", 1), (Metric::Icl, "gaps between events", 3), (Metric::E2e, "end to end", 2)];

/// The share of all samples that took no longer than a time.
pub(super) fn cumulative(request: &RequestReport) -> Option<Plot> {
    let metrics = metrics(request);
    let values = metrics.iter().flat_map(|(_, _, times)| times.histogram().values());
    let x = Axis::of_values("time", values.map(|(value, _)| in_seconds(value)), time);
    let at = x.spread(POINTS);
    let line = |(name, style, times): &(&str, usize, Times<'_>)| Line {
        name: (*name).to_owned(),
        style: *style,
        values: shares(times, &at).into_iter().map(Some).collect(),
    };
    let lines: Vec<_> = metrics.iter().map(line).collect();
    (!lines.is_empty()).then(|| Plot {
        title: "Share of samples within a time".to_owned(),
        about: "Cumulative distribution: how many per cent took no longer. A failed request never comes to an end, so it is missing at the top.".to_owned(),
        y: Axis::linear("share", 0.0..100.0, |share| format!("{} %", number((share * 100.0).round() / 100.0))),
        x,
        at,
        lines,
        dots: Vec::new(),
        dot: "",
        steps: None,
        is_wide: false,
        window: None,
    })
}

/// The time of each percentile.
pub(super) fn percentiles(request: &RequestReport) -> Option<Plot> {
    let metrics = metrics(request);
    let most = metrics.iter().map(|(_, _, times)| times.count()).max()?;
    let x = Axis::nines("percentile", as_f64(most));
    let at = x.spread(POINTS);
    let line = |(name, style, times): &(&str, usize, Times<'_>)| Line {
        name: (*name).to_owned(),
        style: *style,
        values: quantiles(times, &at),
    };
    let lines: Vec<_> = metrics.iter().map(line).collect();
    let values = lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    Some(Plot {
        title: "Time by percentile".to_owned(),
        about: "The time that so many per cent of samples kept; each step to the right is a ten times rarer one. A line ends where failed requests begin."
            .to_owned(),
        y: Axis::of_values("time", values, time),
        x,
        at,
        lines,
        dots: Vec::new(),
        dot: "",
        steps: None,
        is_wide: false,
        window: None,
    })
}

fn metrics(request: &RequestReport) -> Vec<(&'static str, usize, Times<'_>)> {
    let metrics = METRICS.map(|(metric, name, style)| (name, style, request.times(metric)));
    metrics.into_iter().filter(|(_, _, times)| !times.histogram().is_empty()).collect()
}

/// The share in per cent that is not above each of these times, which are in order.
fn shares(times: &Times<'_>, at: &[f64]) -> Vec<f64> {
    let (mut below, mut shares) = (0, Vec::with_capacity(at.len()));
    let mut values = times.histogram().values().peekable();
    for time in at {
        while let Some((_, count)) = values.next_if(|(value, _)| in_seconds(*value) <= *time) {
            below += count;
        }
        shares.push(100.0 * as_f64(below) / as_f64(times.count()));
    }
    shares
}

/// The value of each of these percentiles, as 1 / (1 − q) and in order; none where failures begin, and where there are too few samples.
fn quantiles(times: &Times<'_>, at: &[f64]) -> Vec<Option<f64>> {
    let mut values = times.histogram().values();
    let (mut reached, mut value) = (0, 0);
    let of = |of: &f64| {
        let wanted = rank(1.0 - 1.0 / of, times.count());
        while reached < wanted {
            let (next, count) = values.next()?;
            (reached, value) = (reached + count, next);
        }
        (*of <= as_f64(times.count()) * 1.001).then(|| in_seconds(value))
    };
    at.iter().map(of).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
