//! How values spread: the share of requests within a time, and the time of each percentile.

use super::over_time::{as_f64, in_seconds, time};
use super::plot::{Line, Plot};
use super::scale::{Axis, number};
use crate::render::plain::sentence;
use crate::report::RequestReport;
use crate::sample::Metric;
use crate::stats::{Histogram, rank};

/// Points of a line.
const POINTS: usize = 160;

/// The metrics that are compared, with the style of their lines.
const METRICS: [(Metric, &str, usize); 3] =
    [(Metric::Ttft, "time to first token", 1), (Metric::Icl, "gaps between events", 3), (Metric::E2e, "end to end", 2)];

/// Values that are compared with each other.
pub(super) struct Spread<'a> {
    /// What they are of, where the page does not say so beside them.
    pub(super) of: String,
    pub(super) lines: Vec<Values<'a>>,
}

/// The values of a line.
pub(super) struct Values<'a> {
    pub(super) name: &'static str,
    /// The style of the line.
    pub(super) style: usize,
    pub(super) histogram: &'a Histogram,
    /// How many samples there are, with the failed ones, which stand behind all values.
    pub(super) count: u64,
}

impl<'a> Spread<'a> {
    /// The metrics of a request name side by side.
    pub(super) fn of_request(request: &'a RequestReport) -> Self {
        let line = |(metric, name, style): (Metric, &'static str, usize)| {
            let times = request.times(metric);
            Values { name, style, histogram: times.histogram(), count: times.count() }
        };
        let lines = METRICS.into_iter().map(line).filter(|values| !values.histogram.is_empty());
        Self { of: String::new(), lines: lines.collect() }
    }

    /// The share of all samples that took no longer than a time.
    pub(super) fn cumulative(&self) -> Option<Plot> {
        let values = self.lines.iter().flat_map(|line| line.histogram.values());
        let x = Axis::of_values("time", values.map(|(value, _)| in_seconds(value)), time);
        let y = Axis::linear("share", 0.0..100.0, |share| format!("{} %", number((share * 100.0).round() / 100.0)));
        let at = x.spread(POINTS);
        let lines = self.lines.iter().map(|line| line.drawn(shares(line, &at).into_iter().map(Some).collect()));
        let about = "Cumulative distribution: how many per cent took no longer. A failed request never comes to an end, so it is missing at the top.";
        self.plot("share of samples within a time", about, (x, y), lines.collect(), at)
    }

    /// The time of each percentile.
    pub(super) fn percentiles(&self) -> Option<Plot> {
        let most = self.lines.iter().map(|line| line.count).max()?;
        let x = Axis::nines("percentile", as_f64(most));
        let at = x.spread(POINTS);
        let lines: Vec<_> = self.lines.iter().map(|line| line.drawn(quantiles(line, &at))).collect();
        let values = lines.iter().flat_map(|line| line.values.iter().flatten().copied());
        let y = Axis::of_values("time", values, time);
        let about = "The time that so many per cent of samples kept; each step to the right is a ten times rarer one. A line ends where failed requests begin.";
        self.plot("time by percentile", about, (x, y), lines, at)
    }

    fn plot(&self, what: &str, about: &str, (x, y): (Axis, Axis), lines: Vec<Line>, at: Vec<f64>) -> Option<Plot> {
        let title = if self.of.is_empty() { sentence(what) } else { format!("{}: {what}", self.of) };
        (!lines.is_empty()).then(|| Plot {
            title,
            about: about.to_owned(),
            x,
            y,
            at,
            lines,
            dots: Vec::new(),
            dot: "",
            steps: None,
            is_wide: false,
            window: None,
        })
    }
}

impl Values<'_> {
    fn drawn(&self, values: Vec<Option<f64>>) -> Line {
        Line { name: self.name.to_owned(), style: self.style, values }
    }
}

/// The share in per cent that is not above each of these times, which are in order.
fn shares(line: &Values<'_>, at: &[f64]) -> Vec<f64> {
    let (mut below, mut shares) = (0, Vec::with_capacity(at.len()));
    let mut values = line.histogram.values().peekable();
    for time in at {
        while let Some((_, count)) = values.next_if(|(value, _)| in_seconds(*value) <= *time) {
            below += count;
        }
        shares.push(100.0 * as_f64(below) / as_f64(line.count));
    }
    shares
}

/// The value of each of these percentiles, as 1 / (1 − q) and in order; none where failures begin, and where there are too few samples.
fn quantiles(line: &Values<'_>, at: &[f64]) -> Vec<Option<f64>> {
    let mut values = line.histogram.values();
    let (mut reached, mut value) = (0, 0);
    let of = |of: &f64| {
        let wanted = rank(1.0 - 1.0 / of, line.count);
        while reached < wanted {
            let (next, count) = values.next()?;
            (reached, value) = (reached + count, next);
        }
        (*of <= as_f64(line.count) * 1.001).then(|| in_seconds(value))
    };
    at.iter().map(of).collect()
}
