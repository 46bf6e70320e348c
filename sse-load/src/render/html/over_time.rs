//! Plots over the time of a run.

use std::ops::Range;
use std::time::Duration;

use super::plot::{Dot, Line, Plot};
use super::scale::{Axis, number};
use crate::record::Moment;
use crate::render::units::duration;
use crate::report::{Report, RequestReport};
use crate::sample::{FailureClass, FailureClasses, Metric};
use crate::stats::{Rate, Slice, Slices};

/// A point of a line stands for so many samples, if there are enough.
const SAMPLES_OF_A_POINT: u64 = 20;
/// A line has so many points at the least and at the most.
const POINTS: (u64, u64) = (8, 128);
/// Kinds of failures that have a line of their own.
const MOST_CLASSES: usize = 4;
/// Counts are of so many slices at the most.
const STEPS: u32 = 64;
/// An axis of fewer than these would have ticks between whole numbers.
const FEWEST: f64 = 4.0;
/// Runs from here on are read in minutes.
const MINUTES_FROM: f64 = 600.0;

/// The time of a run as an axis.
pub(super) struct Clock {
    pub(super) axis: Axis,
    /// Seconds of one unit.
    unit: f64,
}

impl Clock {
    pub(super) fn new(seconds: Range<f64>) -> Self {
        const LABEL: &str = "time since the window began";
        if seconds.end < MINUTES_FROM {
            return Self { axis: Axis::linear(LABEL, seconds, |at| format!("{} s", at_most(at, 100.0))), unit: 1.0 };
        }
        let minutes = seconds.start / 60.0..seconds.end / 60.0;
        Self { axis: Axis::linear(LABEL, minutes, |at| format!("{} min", at_most(at, 100.0))), unit: 60.0 }
    }

    pub(super) fn at(&self, seconds: f64) -> f64 {
        seconds / self.unit
    }

    /// The middle of what each slice has of the time; the last one may be longer than that.
    fn middles(&self, slices: &Slices) -> Vec<f64> {
        let (width, end) = (self.at(slices.width().as_secs_f64()), self.axis.range().end);
        let middle = |place: usize| {
            let begin = as_f64(place as u64) * width;
            f64::midpoint(begin, (begin + width).min(end).max(begin))
        };
        (0..slices.iter().len()).map(middle).collect()
    }
}

/// Delays over time: a dot where there is one, and percentiles.
struct Delays<'a> {
    title: String,
    about: &'a str,
    /// What one of them is of.
    label: &'a str,
    dot: &'static str,
    slices: &'a Slices,
    window: Duration,
    is_wide: bool,
}

impl Delays<'_> {
    fn plot(self) -> Option<Plot> {
        let total = self.slices.total();
        if total == 0 {
            return None;
        }
        let clock = Clock::new(0.0..self.window.as_secs_f64());
        let dots: Vec<_> = clock.middles(self.slices).into_iter().zip(self.slices.iter()).flat_map(dots).collect();
        let coarse = coarse(self.slices, self.window, total);
        let line = |style, name: &str, of: &dyn Fn(&Slice) -> Option<u64>| Line {
            name: name.to_owned(),
            style,
            values: coarse.iter().map(|slice| of(slice).map(in_seconds)).collect(),
        };
        Some(Plot {
            title: self.title,
            about: self.about.to_owned(),
            y: Axis::of_values(self.label, dots.iter().map(|dot| dot.y), time),
            at: clock.middles(&coarse),
            lines: vec![
                line(1, "p50", &|slice| slice.quantile(0.5)),
                line(2, "p95", &|slice| slice.quantile(0.95)),
                line(3, "p99", &|slice| slice.quantile(0.99)),
                line(0, "largest", &|slice| slice.buckets().next_back().map(|(values, _)| *values.end())),
            ],
            dots,
            dot: self.dot,
            steps: None,
            is_wide: self.is_wide,
            window: None,
            x: clock.axis,
        })
    }
}

fn dots((x, slice): (f64, &Slice)) -> impl Iterator<Item = Dot> {
    slice.buckets().map(move |(values, times)| Dot { x, y: in_seconds(*values.end()), times })
}

/// The values of a metric, which is a time, by when requests began.
pub(super) fn delays(request: &RequestReport, metric: Metric, is_wide: bool) -> Option<Plot> {
    let (title, about) = match metric {
        Metric::Ttft => (
            "Time to first token",
            "From the request to the first generated event, of successful requests by when they began.",
        ),
        Metric::TtftSched => (
            "Time to first token from the schedule",
            "From when the arrival was due to the first generated event: what waits for a free user or a late generator is in it.",
        ),
        Metric::Icl => (
            "Gaps between events",
            "Inter-chunk latency: from one generated event to the next, by when the request began.",
        ),
        Metric::E2e => {
            ("End to end", "From the request to the last generated event, of successful requests by when they began.")
        }
        _ => ("", ""),
    };
    let slices = request.over_time(metric);
    let dot = if metric == Metric::Icl { "each gap" } else { "each request" };
    Delays { title: title.to_owned(), about, label: metric.name(), dot, slices, window: request.window(), is_wide }
        .plot()
}

/// How late the generator itself was.
pub(super) fn lateness(report: &Report) -> Option<Plot> {
    Delays {
        title: "The generator's own delay".to_owned(),
        about: "How late an event would have been read at each moment: what this machine adds to every figure.",
        label: "late",
        dot: "each moment",
        is_wide: true,
        slices: &report.course().lateness,
        window: report.window(),
    }
    .plot()
}

/// Users and requests, ramp and drain among them.
pub(super) fn load(report: &Report) -> Option<Plot> {
    let columns: [Column; 2] =
        [("users", 1, |moment| moment.users), ("requests in flight", 2, |moment| moment.in_flight)];
    if report.is_look() {
        // A user is known when it stops.
        return course(report, "Load", "Requests in flight, on average of each moment.", "count", &columns[1..]);
    }
    course(report, "Load", "Users, and requests in flight, on average of each moment.", "count", &columns)
}

/// Requests a second.
pub(super) fn rates(report: &Report) -> Option<Plot> {
    course(
        report,
        "Requests a second",
        "Requests by when they began, and by when they ended.",
        "requests / s",
        &[
            ("begun", 1, |moment| moment.started),
            ("succeeded", 3, |moment| moment.succeeded),
            ("failed", 2, |moment| moment.failed),
        ],
    )
}

/// Tokens a second.
pub(super) fn tokens(report: &Report) -> Option<Plot> {
    if report.total().completion_sources().is_empty() {
        return None;
    }
    course(
        report,
        "Tokens a second",
        "Tokens of successful replies by when their events came.",
        "tokens / s",
        &[("tokens", 1, |moment| moment.tokens)],
    )
}

type Column = (&'static str, usize, fn(&Moment) -> f64);

fn course(report: &Report, title: &str, about: &str, label: &str, columns: &[Column]) -> Option<Plot> {
    let (moments, width) = moments(report);
    let (first, last) = (moments.first()?, moments.last()?);
    let clock = Clock::new(first.at.min(0.0)..(last.at + width).max(report.window().as_secs_f64()));
    let line = |(name, style, of): &Column| Line {
        name: (*name).to_owned(),
        style: *style,
        values: moments.iter().map(|moment| Some(of(moment))).collect(),
    };
    let lines: Vec<_> = columns.iter().map(line).collect();
    let most = lines.iter().flat_map(|line| line.values.iter().flatten().copied()).fold(0.0, f64::max);
    Some(Plot {
        title: title.to_owned(),
        about: about.to_owned(),
        y: Axis::from_zero(label, most, amount),
        at: moments.iter().map(|moment| clock.at(moment.at + width / 2.0)).collect(),
        lines,
        dots: Vec::new(),
        dot: "",
        steps: None,
        is_wide: false,
        window: Some((0.0, clock.at(report.window().as_secs_f64()))),
        x: clock.axis,
    })
}

/// What went on when, in slices that tell more than chance, and how long each is.
fn moments(report: &Report) -> (Vec<Moment>, f64) {
    let fine: Vec<_> = report.course().moments().collect();
    let width = report.course().width().as_secs_f64();
    let points = points(report.total().count()).min(fine.len() as u64).max(1);
    let each = fine.len().div_ceil(usize::try_from(points).unwrap_or(1)).max(1);
    let mean = |several: &[Moment]| {
        let mean = |of: fn(&Moment) -> f64| several.iter().map(of).sum::<f64>() / as_f64(several.len() as u64);
        Moment {
            at: several[0].at,
            users: mean(|moment| moment.users),
            in_flight: mean(|moment| moment.in_flight),
            started: mean(|moment| moment.started),
            succeeded: mean(|moment| moment.succeeded),
            failed: mean(|moment| moment.failed),
            tokens: mean(|moment| moment.tokens),
        }
    };
    let coarse = width * as_f64(each as u64);
    // A look has of what came after it only what began before.
    let end = if report.is_look() { report.window().as_secs_f64() } else { f64::INFINITY };
    (fine.chunks(each).map(mean).filter(|moment| moment.at + coarse <= end).collect(), coarse)
}

/// Failures, a line a kind.
pub(super) fn failures(report: &Report) -> Option<Plot> {
    let total = report.total();
    let mut classes: Vec<_> = total.failures_by_class().iter().map(|(class, n)| (*class, *n)).collect();
    classes.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let coarse = total.failed_over_time().in_slices_of(report.window() / STEPS);
    let width = coarse.width().as_secs_f64();
    let at = steps(report.window(), coarse.width());
    let line = |style: usize, name: &str, classes: &[(FailureClass, u64)]| {
        let one = |all: FailureClasses, (class, _): &(FailureClass, u64)| all.and(*class);
        let slices =
            total.failures_over_time(classes.iter().fold(FailureClasses::ALL, one)).in_slices_of(coarse.width());
        let counts = slices.iter().map(Slice::count).chain(std::iter::repeat(0)).take(at.len());
        Line { name: name.replace('_', " "), style, values: counts.map(|count| Some(as_f64(count))).collect() }
    };
    let own = classes.len().min(MOST_CLASSES);
    let mut lines: Vec<_> =
        classes[..own].iter().enumerate().map(|(n, class)| line(n + 1, class.0.name(), &[*class])).collect();
    if classes.len() > own {
        lines.push(line(own + 1, "others", &classes[own..]));
    }
    if lines.is_empty() {
        return None;
    }
    let most = lines.iter().flat_map(|line| line.values.iter().flatten().copied()).fold(0.0, f64::max);
    let clock = Clock::new(0.0..report.window().as_secs_f64());
    Some(Plot {
        title: "Failures".to_owned(),
        about: format!("Failed requests by kind, in each {} by when they began.", duration(coarse.width())),
        y: Axis::from_zero("failures", most.max(FEWEST), amount),
        at: at.iter().map(|at| clock.at(*at)).collect(),
        lines,
        dots: Vec::new(),
        dot: "",
        steps: Some(clock.at(width)),
        is_wide: false,
        window: None,
        x: clock.axis,
    })
}

/// The middles of all slices of the window, in seconds.
fn steps(window: Duration, width: Duration) -> Vec<f64> {
    let number = window.as_nanos().div_ceil(width.as_nanos().max(1));
    (0..u64::try_from(number).unwrap_or(0)).map(|place| (as_f64(place) + 0.5) * width.as_secs_f64()).collect()
}

/// The same in slices of as many samples as make a percentile tell something.
fn coarse(slices: &Slices, window: Duration, samples: u64) -> Slices {
    slices.in_slices_of(window.div_f64(as_f64(points(samples))))
}

fn points(samples: u64) -> u64 {
    (samples / SAMPLES_OF_A_POINT).clamp(POINTS.0, POINTS.1)
}

pub(super) fn in_seconds(micros: u64) -> f64 {
    as_f64(micros) / 1e6
}

/// A time in seconds as text.
pub(super) fn time(seconds: f64) -> String {
    Duration::try_from_secs_f64(seconds).map_or_else(|_| number(seconds), duration)
}

pub(super) fn amount(value: f64) -> String {
    if value < 1_000.0 { at_most(value, 100.0) } else { crate::render::units::rate(Rate::per_sec(value)) }
}

/// A number in steps of 1 / `parts`.
fn at_most(value: f64, parts: f64) -> String {
    number((value * parts).round() / parts)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn as_f64(count: u64) -> f64 {
    count as f64
}
