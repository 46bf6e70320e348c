//! A run while it goes on, in the text formats of Prometheus.

use std::fmt::{Display, Write as _};

use crate::progress::{Frame, Phase, Totals};
use crate::record::Ended;
use crate::stats::Histogram;

/// Which of the two text formats.
///
/// ```
/// use sse_load::render::Exposition;
///
/// assert!(Exposition::of_accept("text/plain").content_type().starts_with("text/plain; version=0.0.4"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// That of Prometheus, version 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats>).
    Prometheus,
    /// `OpenMetrics` 1.0.0 (<https://prometheus.io/docs/specs/om/open_metrics_spec>).
    OpenMetrics,
}

impl Exposition {
    /// What a scraper asks for by its `Accept` header.
    #[must_use]
    pub fn of_accept(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// What the answer says that it is.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Upper bounds of the buckets of a time, in microseconds.
const BUCKETS: [u64; 16] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 30_000_000, 60_000_000,
];

/// The counters of a run for a scraper. They are of requests as they end, for a graph beside the server's own; no verdict is made of them.
///
/// ```
/// use sse_load::progress::{Frame, Totals};
/// use sse_load::render::{Exposition, prometheus};
///
/// fn scraped(frame: &Frame, totals: &Totals) -> String {
///     prometheus(frame, totals, Exposition::Prometheus)
/// }
/// ```
#[must_use]
pub fn prometheus(frame: &Frame, totals: &Totals, form: Exposition) -> String {
    let mut out = Writer { text: String::new(), form };
    let version = env!("CARGO_PKG_VERSION");
    out.gauge("info", "Which load test this is.", [(labels(&[("load_test", &frame.name), ("version", version)]), 1)]);
    let phases = Phase::ALL.map(|phase| (labels(&[("phase", phase.name())]), u8::from(phase == frame.phase)));
    out.gauge("phase", "1 for where the run stands.", phases);
    let requests = [("true", totals.within), ("false", totals.outside)];
    let requests = requests.into_iter().flat_map(|(measured, Ended { succeeded, failed })| {
        let of = |outcome| labels(&[("measured", measured), ("outcome", outcome)]);
        [(of("succeeded"), succeeded), (of("failed"), failed)]
    });
    out.counter("requests", "Requests that ended, in the measured window or before it.", requests);
    out.gauge("requests_in_flight", "Requests that have begun and not ended.", [(String::new(), frame.in_flight)]);
    if let Some(users) = frame.load.users {
        out.gauge("users", "Users, as planned for this moment.", [(String::new(), users)]);
    }
    if let Some(arrivals) = frame.load.arrivals {
        let rate = [(String::new(), number(arrivals.get()))];
        out.gauge("arrivals_per_second", "Arrivals a second, as planned for this moment.", rate);
    }
    out.counter(
        "tokens",
        "Tokens of requests that succeeded, as far as they are counted.",
        [(String::new(), totals.tokens)],
    );
    out.counter("events", "Generated events of requests that succeeded.", [(String::new(), totals.events)]);
    out.times("ttft", "Time to the first token of requests that succeeded.", &totals.ttft);
    let lateness = &totals.lateness;
    out.times(
        "generator_lateness",
        "How late the load generator read, at moments of the window.",
        lateness.histogram(),
    );
    let stalled = [(String::new(), number(lateness.stalls().time.as_secs_f64()))];
    out.counter("generator_stalled_seconds", "Time in which threads of the load generator read nothing.", stalled);
    if let Some(used) = frame.generator.used {
        let used = [(String::new(), number(used.get()))];
        out.gauge("generator_cpu_ratio", "Share of the processors that the load generator uses.", used);
    }
    out.end()
}

impl Phase {
    const ALL: [Self; 4] = [Self::Ramp, Self::WarmUp, Self::Measure, Self::Drain];

    fn name(self) -> &'static str {
        match self {
            Self::Ramp => "ramp",
            Self::WarmUp => "warm_up",
            Self::Measure => "measure",
            Self::Drain => "drain",
        }
    }
}

struct Writer {
    text: String,
    form: Exposition,
}

impl Writer {
    fn gauge<V: Display>(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = (String, V)>) {
        self.head(name, "gauge", help);
        self.samples(name, samples);
    }

    fn counter<V: Display>(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = (String, V)>) {
        let total = format!("{name}_total");
        // The family of a counter has no suffix in the newer format, and in the older one it has.
        self.head(if self.form == Exposition::OpenMetrics { name } else { &total }, "counter", help);
        self.samples(&total, samples);
    }

    /// A histogram of microseconds, in seconds.
    fn times(&mut self, name: &str, help: &str, times: &Histogram) {
        let name = format!("{name}_seconds");
        self.head(&name, "histogram", help);
        let below = |limit: u64| (labels(&[("le", &number(seconds(limit.into())))]), times.len() - times.above(limit));
        let all = (labels(&[("le", "+Inf")]), times.len());
        self.samples(&format!("{name}_bucket"), BUCKETS.map(below).into_iter().chain([all]));
        self.samples(&format!("{name}_sum"), [(String::new(), number(seconds(times.sum())))]);
        self.samples(&format!("{name}_count"), [(String::new(), times.len())]);
    }

    fn head(&mut self, family: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP sse_load_{family} {help}\n# TYPE sse_load_{family} {kind}");
        if self.form == Exposition::OpenMetrics
            && let Some(unit) = ["seconds", "ratio"].into_iter().find(|unit| family.ends_with(&format!("_{unit}")))
        {
            let _ = writeln!(self.text, "# UNIT sse_load_{family} {unit}");
        }
    }

    fn samples<V: Display>(&mut self, name: &str, samples: impl IntoIterator<Item = (String, V)>) {
        for (labels, value) in samples {
            let _ = writeln!(self.text, "sse_load_{name}{labels} {value}");
        }
    }

    fn end(mut self) -> String {
        if self.form == Exposition::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }
}

fn labels(labels: &[(&str, &str)]) -> String {
    let label = |(name, value): &(&str, &str)| format!("{name}=\"{}\"", escaped(value));
    format!("{{{}}}", labels.iter().map(label).collect::<Vec<_>>().join(","))
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// With a decimal point, as the newer format wants it.
fn number(number: f64) -> String {
    format!("{number:?}")
}

#[expect(clippy::cast_precision_loss, reason = "a sum of times is far below 2^52 microseconds")]
fn seconds(micros: u128) -> f64 {
    micros as f64 / 1e6
}
