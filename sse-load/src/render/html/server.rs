//! Plots of what the server told of itself. Those under the time to first token share its time.

use super::Named;
use super::over_time::{Clock, amount, as_f64};
use super::plot::{Line, Plot};
use super::scale::Axis;
use crate::record::ServerFigure::{
    KvCache, Preemptions, PrefixCacheHits, RequestsRunning, RequestsWaiting, TokensGenerated,
};
use crate::record::{ServerCourse, ServerFigure, ServerMetric, ServerUnit};
use crate::render::plain::shortened;
use crate::render::units::duration;
use crate::report::Report;
use crate::stats::{Extent, Ratio};

/// A line has no more points.
const POINTS: u32 = 128;

/// Metrics of the test's own that have a plot.
const MOST_OWN: usize = 8;

/// Longer names are cut in the middle.
const LONGEST_NAME: usize = 60;

/// An axis of fewer would have ticks between whole numbers.
const FEWEST: f64 = 4.0;

/// So far beyond the values an axis goes, and one of shares just to all.
const MARGIN: f64 = 1.08;
const WHOLE: f64 = 1.0 / MARGIN;

/// What the values of a plot are.
struct Scale<'a> {
    label: &'a str,
    /// The axis shows at least so much.
    least: f64,
    text: fn(f64) -> String,
}

/// A metric as a line of a plot.
struct Curve<'a> {
    metric: &'a ServerMetric,
    name: &'a str,
    style: usize,
}

/// Requests and cache of the server, as wide as the page.
pub(super) fn under_delays(report: &Report) -> Vec<Named> {
    let Some(server) = report.server() else { return Vec::new() };
    let mut requests = curves(server, &[(RequestsWaiting, "waiting"), (RequestsRunning, "running")]);
    let has_any = |curve: &Curve<'_>| curve.metric.over_time.slices().iter().any(|slice| slice.most > 0.0);
    let preempted = curves(server, &[(Preemptions, "preempted / s")]).into_iter().filter(has_any);
    requests.extend(preempted.map(|curve| Curve { style: 3, ..curve }));
    let cache = curves(server, &[(KvCache, "KV cache in use"), (PrefixCacheHits, "prefix cache hits")]);
    let counts = Scale { label: "requests", least: FEWEST, text: amount };
    let shares = Scale { label: "share", least: WHOLE, text: |share| Ratio::from(share).to_string() };
    let requests = plot(report, server, "Server: requests", &counts, &requests);
    let cache = plot(report, server, "Server: cache", &shares, &cache);
    [("server-requests", requests), ("server-cache", cache)]
        .into_iter()
        .filter_map(|(id, plot)| Some((id.to_owned(), Some(Plot { is_wide: true, ..plot? }))))
        .collect()
}

/// What the server generated, and metrics of the test's own.
pub(super) fn others(report: &Report) -> Vec<Named> {
    let Some(server) = report.server() else { return Vec::new() };
    let tokens = curves(server, &[(TokensGenerated, "generated")]);
    let scale = |label| Scale { label, least: 0.0, text: amount };
    let tokens = plot(report, server, "Server: tokens a second", &scale("tokens / s"), &tokens);
    let own = server.own().take(MOST_OWN).enumerate().map(|(place, metric)| {
        let title = format!("Server: {}", shortened(&metric.name, LONGEST_NAME));
        let name = if metric.unit == ServerUnit::PerSecond { "added / s" } else { "value" };
        let curve = Curve { metric, name, style: 1 };
        (format!("server-own-{place}"), plot(report, server, &title, &scale(name), &[curve]))
    });
    [("server-tokens".to_owned(), tokens)].into_iter().chain(own).collect()
}

/// Those of these figures that the server tells.
fn curves<'a>(server: &'a ServerCourse, figures: &[(ServerFigure, &'a str)]) -> Vec<Curve<'a>> {
    let there = figures.iter().filter_map(|(figure, name)| Some((server.metric(*figure)?, *name)));
    there.zip(1..).map(|((metric, name), style)| Curve { metric, name, style }).collect()
}

fn plot(report: &Report, server: &ServerCourse, title: &str, scale: &Scale<'_>, curves: &[Curve<'_>]) -> Option<Plot> {
    let window = report.window();
    let least = server.every.max(window / POINTS);
    let width = curves.iter().map(|curve| curve.metric.over_time.in_slices_of(least).width()).max()?;
    let seconds = width.as_secs_f64();
    let slices = i64::try_from(window.as_nanos().div_ceil(width.as_nanos().max(1))).unwrap_or_default();
    let lines: Vec<_> = curves
        .iter()
        .flat_map(|curve| {
            let over_time = curve.metric.over_time.in_slices_of(width);
            let line = |name: String, style, of: fn(Extent) -> f64| Line {
                name,
                style,
                values: (0..slices).map(|slice| over_time.slice(slice).map(of)).collect(),
            };
            if is_mean(curve.metric) {
                return vec![line(curve.name.to_owned(), curve.style, |slice| slice.mean)];
            }
            let mean = line(format!("{}, on average", curve.name), 0, |slice| slice.mean);
            vec![line(curve.name.to_owned(), curve.style, |slice| slice.most), mean]
        })
        .collect();
    let values = || lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    values().next()?;
    let (lowest, most) = (values().fold(0.0, f64::min), values().fold(scale.least, f64::max));
    let clock = Clock::new(0.0..window.as_secs_f64());
    let middle = |slice: u64| (as_f64(slice) + 0.5) * seconds;
    Some(Plot {
        title: title.to_owned(),
        about: about(server, curves),
        y: Axis::linear(scale.label, lowest * MARGIN..most * MARGIN, scale.text),
        at: (0..slices.unsigned_abs()).map(|slice| clock.at(middle(slice).min(window.as_secs_f64()))).collect(),
        lines,
        dots: Vec::new(),
        dot: "",
        steps: None,
        is_wide: false,
        window: None,
        x: clock.axis,
    })
}

/// Whether a metric is what was added over a time, and no value of a moment.
fn is_mean(metric: &ServerMetric) -> bool {
    metric.unit == ServerUnit::PerSecond || metric.figure == Some(PrefixCacheHits)
}

fn about(server: &ServerCourse, curves: &[Curve<'_>]) -> String {
    let whose =
        server.engine.as_ref().map_or_else(|| "the server".to_owned(), |engine| shortened(engine, LONGEST_NAME));
    let every = duration(server.every);
    if curves.iter().all(|curve| is_mean(curve.metric)) {
        format!("By {whose}'s own count, read every {every}.")
    } else {
        format!("As {whose} tells it, every {every}: of each moment the largest.")
    }
}
