//! The report as the files that Locust writes with `--csv`, for those who have tooling for them.
//!
//! Columns and units are Locust's: times in milliseconds, percentiles in whole ones. What the rows say is this library's: a failed request
//! has no time that a percentile could be of, the window is the measured one, and `Aggregated` is of requests alone. Each
//! request name has the four entries of locust-sse.
//!
//! ```no_run
//! # fn files(report: &sse_load::report::Report) -> std::io::Result<()> {
//! use sse_load::render::locust;
//!
//! std::fs::write("chat_stats.csv", locust::stats(report))?;
//! # Ok(())
//! # }
//! ```

use std::time::Duration;

use csv::Writer;

use crate::report::{Report, RequestReport};
use crate::sample::Metric;
use crate::stats::{Histogram, Slice, Slices};

/// What Locust gives percentiles of.
const PERCENTILES: [f64; 11] = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0];

const PERCENTILE_NAMES: &str = "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%";

const STATS: &str = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,\
                     Max Response Time,Average Content Size,Requests/s,Failures/s";

const HISTORY: &str = "Timestamp,User Count,Type,Name,Requests/s,Failures/s";

const TOTALS: &str = "Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,\
                      Total Min Response Time,Total Max Response Time,Total Average Content Size";

/// The type of every entry, as in locust-sse.
const SSE: &str = "SSE";

/// Rows of the history are at least this far apart.
const INTERVAL: Duration = Duration::from_secs(1);

/// All four files, by what stands behind the prefix and a `_` in their names.
#[must_use]
pub fn files(report: &Report) -> [(&'static str, String); 4] {
    [
        ("stats.csv", stats(report)),
        ("stats_history.csv", stats_history(report)),
        ("failures.csv", failures(report)),
        ("exceptions.csv", exceptions(report)),
    ]
}

/// `_stats.csv`: a row for each entry, and the last for all requests.
///
/// The entry of a request name has its processing times and the size of its bodies, `{name}_ttft` the times to first token, and
/// `{name}_prompt_tokens` and `{name}_completion_tokens` have the tokens as their size, as locust-sse has it.
#[must_use]
pub fn stats(report: &Report) -> String {
    let mut rows = vec![header(&[STATS, PERCENTILE_NAMES])];
    for request in report.requests() {
        let mut entries = vec![
            Entry::of_times(request, Metric::Ttft),
            Entry::of_tokens(request, Metric::PromptTokens),
            Entry::of_tokens(request, Metric::CompletionTokens),
        ];
        entries.retain(|entry| entry.count > 0);
        entries.insert(0, Entry::of_requests(request));
        rows.extend(entries.iter().map(|entry| entry.row(SSE, report.window())));
    }
    let all = Entry { name: "Aggregated".to_owned(), ..Entry::of_requests(report.total()) };
    rows.push(all.row("", report.window()));
    text(rows)
}

/// `_stats_history.csv`: how it went for all requests, in rows at least a second apart; a run of more than two minutes has up to 128.
///
/// A request stands where it began. Percentiles are those of all requests up to the row's moment, within 3.2 %, and so are the
/// least time and the largest.
#[must_use]
pub fn stats_history(report: &Report) -> String {
    let total = report.total();
    let all = [total.over_time(Metric::ProcessingTime), total.succeeded_over_time(), total.failed_over_time()];
    let users = &report.course().users;
    let width = all.iter().map(|slices| slices.width()).chain([users.width()]).fold(INTERVAL, Duration::max);
    let [times, succeeded, failed] = all.map(|slices| slices.in_slices_of(width));
    let users = users.in_slices_of(width);
    let (width, begin) = (times.width(), report.started_unix() + lead(report).as_secs_f64());

    let mut rows = vec![header(&[HISTORY, PERCENTILE_NAMES, TOTALS])];
    let mut so_far = [Slice::default(), Slice::default(), Slice::default()];
    for number in 0..[&times, &succeeded, &failed].map(|slices| slices.iter().len()).into_iter().max().unwrap_or(0) {
        let at = |slices: &Slices| slices.iter().nth(number).cloned().unwrap_or_default();
        let now = [at(&times), at(&succeeded), at(&failed)];
        so_far.iter_mut().zip(&now).for_each(|(all, slice)| all.merge(slice));
        let seconds = width.as_secs_f64();
        let end = (seconds * as_f64(number as u64 + 1)).min(report.window().as_secs_f64());
        let rate = |count: u64| decimal(as_f64(count) / (end - seconds * as_f64(number as u64)).max(f64::EPSILON));
        let users = users.sum(i64::try_from(number).unwrap_or(i64::MAX)) / seconds;
        let mut row = vec![
            format!("{:.0}", (begin + end).floor()),
            format!("{users:.0}"),
            String::new(),
            "Aggregated".to_owned(),
        ];
        row.extend([rate(now[1].count() + now[2].count()), rate(now[2].count())]);
        row.extend(totals(&so_far));
        rows.push(row);
    }
    text(rows)
}

/// `_failures.csv`: failed requests by cause, most first.
#[must_use]
pub fn failures(report: &Report) -> String {
    let mut rows = vec![header(&["Method,Name,Error,Occurrences,First Seen,Last Seen"])];
    let seen = |at: Duration| decimal(report.started_unix() + at.as_secs_f64());
    for failure in report.failures() {
        rows.push(vec![
            SSE.to_owned(),
            failure.request.clone(),
            failure.summary.clone(),
            failure.count.to_string(),
            seen(failure.first_at),
            seen(failure.last_at),
        ]);
    }
    text(rows)
}

/// `_exceptions.csv`: panics of tasks, and the errors that they returned and that are no failed request.
#[must_use]
pub fn exceptions(report: &Report) -> String {
    let mut rows = vec![header(&["Count,Message,Traceback,Nodes"])];
    let mut row = |count: u64, message: &str, place: String| {
        rows.push(vec![count.to_string(), message.to_owned(), place, "local".to_owned()]);
    };
    for panic in report.panics() {
        row(panic.count, &panic.message, format!("{} panicked at {}", panic.origin, panic.location));
    }
    for error in report.task_errors() {
        row(error.count, &error.message, error.origin.to_string());
    }
    text(rows)
}

/// One row of the statistics. Times are in microseconds.
struct Entry<'a> {
    name: String,
    count: u64,
    failures: u64,
    /// None where all times are 0.
    times: Option<&'a Histogram>,
    size: f64,
}

impl<'a> Entry<'a> {
    fn of_requests(request: &'a RequestReport) -> Self {
        let times = Some(request.processing_time().histogram());
        let (count, failures) = (request.count(), request.failures());
        Self { name: request.name().to_owned(), count, failures, times, size: request.mean_body_bytes() }
    }

    fn of_times(request: &'a RequestReport, metric: Metric) -> Self {
        let times = request.times(metric).histogram();
        Self { name: entry_name(request, metric), count: times.len(), failures: 0, times: Some(times), size: 0.0 }
    }

    fn of_tokens(request: &'a RequestReport, metric: Metric) -> Self {
        let tokens = request.distribution::<u64>(metric).histogram();
        let size = tokens.mean().unwrap_or(0.0);
        Self { name: entry_name(request, metric), count: tokens.len(), failures: 0, times: None, size }
    }

    fn row(&self, kind: &str, window: Duration) -> Vec<String> {
        let of = |figure: fn(&Histogram) -> Option<f64>| self.times.and_then(figure).unwrap_or(0.0) / 1e3;
        let mut row = vec![kind.to_owned(), self.name.clone(), self.count.to_string(), self.failures.to_string()];
        row.push(whole(of(|times| times.quantile(0.5).map(as_f64))));
        row.extend(
            [of(Histogram::mean), of(|times| times.min().map(as_f64)), of(|times| times.max().map(as_f64))]
                .map(decimal),
        );
        row.push(decimal(self.size));
        row.extend(
            [self.count, self.failures].map(|count| decimal(as_f64(count) / window.as_secs_f64().max(f64::EPSILON))),
        );
        row.extend(PERCENTILES.map(|q| match self.times {
            None => "0".to_owned(),
            Some(times) => times.quantile(q).map_or_else(|| "N/A".to_owned(), |time| whole(as_f64(time) / 1e3)),
        }));
        row
    }
}

fn entry_name(request: &RequestReport, metric: Metric) -> String {
    format!("{}_{metric}", request.name())
}

/// The percentiles of a row of the history, and its totals.
fn totals([times, succeeded, failed]: &[Slice; 3]) -> Vec<String> {
    let ms = |time: Option<u64>| time.map(|time| as_f64(time) / 1e3);
    let percentile = |q| ms(times.quantile(q)).map_or_else(|| "N/A".to_owned(), whole);
    let mean = |slices: &[&Slice], of: u64| slices.iter().map(|slice| sum(slice)).sum::<f64>() / as_f64(of.max(1));
    let count = succeeded.count() + failed.count();
    let mut row: Vec<_> = PERCENTILES.into_iter().map(percentile).collect();
    row.extend([count, failed.count()].map(|count| count.to_string()));
    row.push(whole(ms(times.quantile(0.5)).unwrap_or(0.0)));
    row.push(decimal(mean(&[times], times.count()) / 1e3));
    row.push(decimal(ms(times.buckets().next().map(|(values, _)| *values.start())).unwrap_or(0.0)));
    row.push(decimal(ms(times.buckets().next_back().map(|(values, _)| *values.end())).unwrap_or(0.0)));
    row.push(decimal(mean(&[succeeded, failed], count)));
    row
}

/// From the begin of the run to that of the measured window.
fn lead(report: &Report) -> Duration {
    report.plan().ramp + report.plan().warm_up
}

fn header(names: &[&str]) -> Vec<String> {
    names.iter().flat_map(|names| names.split(',')).map(str::to_owned).collect()
}

/// As RFC 4180 has it, lines end with CR LF; so do Locust's.
fn text(rows: Vec<Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    write(&mut writer, rows);
    writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn write(writer: &mut Writer<Vec<u8>>, rows: Vec<Vec<String>>) {
    for row in rows {
        // Nothing fails in memory: every row has as many cells as the header.
        let written = writer.write_record(row);
        debug_assert!(written.is_ok(), "{written:?}");
    }
}

fn whole(number: f64) -> String {
    format!("{number:.0}")
}

fn decimal(number: f64) -> String {
    format!("{number:.6}")
}

fn sum(slice: &Slice) -> f64 {
    u128_as_f64(slice.sum())
}

#[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 52 bits")]
fn u128_as_f64(number: u128) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts and microseconds are far below 2^52")]
fn as_f64(number: u64) -> f64 {
    number as f64
}
