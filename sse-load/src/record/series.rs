//! The figures of one cell.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Window;
use crate::clock::Timestamp;
use crate::sample::{Connection, Counted, Exhausted, FailureClass, Metric, Origin, Outcome, Sample, TokenSource};
use crate::stats::{Histogram, Slices};

/// How requests ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests that succeeded.
    pub succeeded: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Those of them that were the first request of an arrival, in the open loop.
    pub failed_arrivals: u64,
    /// Those of them that this process had no open file left for.
    pub files_exhausted: u64,
    /// Those of them that this machine had no local port left for.
    pub ports_exhausted: u64,
    /// Requests that the end of the run cut off; in none of the other figures.
    pub cut_off: u64,
    /// Requests that the task dropped before their end; in none of the other figures.
    pub hung_up: u64,
    /// Events that could not be read, each a warning.
    pub malformed_events: u64,
    /// Requests that went out a second time, since the server had closed the connection that it had promised to keep.
    pub resent: u64,
    /// Requests that began outside of the measured window, in ramp, warm-up or a user's goodbye; in none of the other figures but
    /// tokens a second.
    pub outside: u64,
    /// Those of them that failed.
    pub outside_failed: u64,
    /// Attempts after one that failed, which the task asked for.
    pub retries: u64,
    /// Requests whose response came on a kept connection: those succeeded and failed that had a response.
    pub reused: u64,
    /// Gaps of zero: both events came in one read.
    pub coalesced: u64,
}

impl Counts {
    /// Requests that ended by themselves: succeeded and failed.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.succeeded + self.failed
    }

    /// Every HTTP request that was begun.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.finished() + self.cut_off + self.hung_up + self.outside
    }

    /// Failures that are the generator's own: the machine had nothing left to connect with.
    #[must_use]
    pub fn exhausted(&self) -> u64 {
        self.files_exhausted + self.ports_exhausted
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.failed_arrivals += other.failed_arrivals;
        self.files_exhausted += other.files_exhausted;
        self.ports_exhausted += other.ports_exhausted;
        self.cut_off += other.cut_off;
        self.hung_up += other.hung_up;
        self.malformed_events += other.malformed_events;
        self.resent += other.resent;
        self.outside += other.outside;
        self.outside_failed += other.outside_failed;
        self.retries += other.retries;
        self.reused += other.reused;
        self.coalesced += other.coalesced;
    }
}

/// The largest value of a metric, of a rate the smallest, and the request that had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worst {
    /// The value, in the metric's recorded unit.
    pub value: u64,
    /// The task that sent the request.
    pub origin: Origin,
    /// When the request began.
    pub started: Timestamp,
}

/// What [`Metric::counts_failures`] is not about: failed requests have it as successes do.
const OF_THE_SCHEDULE: [Metric; 2] = [Metric::Queue, Metric::Lag];

/// The figures of one cell. Only successes are in its histograms; failures are counted beside them.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// How the requests ended.
    pub counts: Counts,
    /// Where the prompt counts came from, in requests.
    pub prompt_sources: BTreeMap<TokenSource, u64>,
    /// Where the completion counts came from, in requests.
    pub completion_sources: BTreeMap<TokenSource, u64>,
    /// The tokenizers that counted, by name, in requests.
    pub tokenizers: BTreeMap<String, u64>,
    /// Tokens of successes whose event came within the measured window.
    pub tokens_in_window: f64,
    /// Successes over the time of the run, each a value of the bytes of its body.
    pub succeeded_over_time: Slices,
    /// Failures of each kind over the time of the run, each a value of the bytes of its body.
    pub failed_over_time: BTreeMap<FailureClass, Slices>,
    /// Good requests over the time of the run.
    pub good_over_time: Slices,
    metrics: [Histogram; Metric::COUNT],
    over_time: [Slices; Metric::COUNT],
    worst: [Option<Worst>; Metric::COUNT],
}

impl Series {
    /// The values of one metric.
    #[must_use]
    pub fn metric(&self, metric: Metric) -> &Histogram {
        &self.metrics[metric.index()]
    }

    /// The values of one metric over the time of the run.
    #[must_use]
    pub fn over_time(&self, metric: Metric) -> &Slices {
        &self.over_time[metric.index()]
    }

    /// The largest value of one metric, of a rate the smallest, and where it comes from.
    #[must_use]
    pub fn worst(&self, metric: Metric) -> Option<&Worst> {
        self.worst[metric.index()].as_ref()
    }

    /// Adds one request of a run with this window.
    pub fn record(&mut self, sample: &Sample, window: Window) {
        if !window.contains(sample.stamps.intended()) {
            return self.record_outside(sample, window);
        }
        self.counts.resent += u64::from(sample.resent);
        self.counts.retries += u64::from(sample.retry);
        if matches!(sample.outcome, Outcome::Success | Outcome::Failed(_)) {
            self.counts.malformed_events += sample.malformed;
            self.counts.reused += u64::from(sample.stamps.connection == Some(Connection::Reused));
        }
        match &sample.outcome {
            Outcome::Success => self.record_success(sample, window),
            Outcome::Failed(failure) => {
                let at = sample.stamps.intended() - window.begin;
                self.add_schedule(sample, at);
                self.counts.failed += 1;
                match failure.exhausted {
                    Some(Exhausted::Files) => self.counts.files_exhausted += 1,
                    Some(Exhausted::Ports) => self.counts.ports_exhausted += 1,
                    None => {}
                }
                self.counts.failed_arrivals += u64::from(sample.stamps.schedule.is_some());
                self.failed_over_time.entry(failure.class).or_default().record(at, sample.body_bytes, 1);
            }
            Outcome::CutOff => self.counts.cut_off += 1,
            Outcome::HungUp => self.counts.hung_up += 1,
        }
    }

    /// Notes that a request that was recorded is a good one.
    pub fn record_good(&mut self, sample: &Sample, window: Window) {
        if window.contains(sample.stamps.intended()) {
            self.good_over_time.record(sample.stamps.intended() - window.begin, 0, 1);
        }
    }

    /// Of a request outside of the window only those tokens count that came within it.
    fn record_outside(&mut self, sample: &Sample, window: Window) {
        self.counts.outside += 1;
        match sample.outcome {
            Outcome::Success => self.add_tokens_in_window(sample, window),
            Outcome::Failed(_) => self.counts.outside_failed += 1,
            Outcome::CutOff | Outcome::HungUp => {}
        }
    }

    fn record_success(&mut self, sample: &Sample, window: Window) {
        let at = sample.stamps.intended() - window.begin;
        self.counts.succeeded += 1;
        self.succeeded_over_time.record(at, sample.body_bytes, 1);
        self.add_schedule(sample, at);
        self.add_values(Metric::ALL.into_iter().filter(|metric| !OF_THE_SCHEDULE.contains(metric)), sample, at);
        self.counts.coalesced += sample.stamps.gaps().filter(Duration::is_zero).count() as u64;
        count_tokens(&mut self.prompt_sources, sample.tokens.prompt);
        count_tokens(&mut self.completion_sources, sample.tokens.completion);
        self.add_tokens_in_window(sample, window);
    }

    /// What failed requests have too.
    fn add_schedule(&mut self, sample: &Sample, at: Duration) {
        self.add_values(OF_THE_SCHEDULE.into_iter(), sample, at);
    }

    fn add_values(&mut self, metrics: impl Iterator<Item = Metric>, sample: &Sample, at: Duration) {
        for metric in metrics {
            sample.each_value(metric, |value, times| self.add(metric, value, times, sample, at));
        }
    }

    fn add_tokens_in_window(&mut self, sample: &Sample, window: Window) {
        if let Some(counted) = sample.tokens.completion {
            self.tokens_in_window += as_f64(counted.tokens) * sample.stamps.share_within(window.begin, window.end);
        }
    }

    fn add(&mut self, metric: Metric, value: u64, times: u64, sample: &Sample, at: Duration) {
        self.over_time[metric.index()].record(at, value, times);
        self.metrics[metric.index()].record_n(value, times);
        let worst = &mut self.worst[metric.index()];
        if worst.is_none_or(|worst| is_worse(metric, value, worst.value)) {
            *worst = Some(Worst { value, origin: sample.origin, started: sample.stamps.start });
        }
    }

    /// An empty one with room for the same values.
    pub(super) fn emptied(&self) -> Self {
        Self { metrics: self.metrics.each_ref().map(Histogram::emptied), ..Self::default() }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        merge_counts(&mut self.prompt_sources, &other.prompt_sources);
        merge_counts(&mut self.completion_sources, &other.completion_sources);
        merge_counts(&mut self.tokenizers, &other.tokenizers);
        self.tokens_in_window += other.tokens_in_window;
        for (mine, theirs) in self.metrics.iter_mut().zip(&other.metrics) {
            mine.merge(theirs);
        }
        for (mine, theirs) in self.over_time.iter_mut().zip(&other.over_time) {
            mine.merge(theirs);
        }
        self.succeeded_over_time.merge(&other.succeeded_over_time);
        self.good_over_time.merge(&other.good_over_time);
        for (class, theirs) in &other.failed_over_time {
            self.failed_over_time.entry(*class).or_default().merge(theirs);
        }
        for metric in Metric::ALL {
            let (mine, theirs) = (&mut self.worst[metric.index()], other.worst[metric.index()]);
            if theirs.is_some_and(|theirs| mine.is_none_or(|mine| is_worse(metric, theirs.value, mine.value))) {
                *mine = theirs;
            }
        }
    }
}

fn count_tokens(sources: &mut BTreeMap<TokenSource, u64>, counted: Option<Counted>) {
    if let Some(counted) = counted {
        *sources.entry(counted.source).or_default() += 1;
    }
}

/// Adds numbers of the same things.
pub(crate) fn merge_counts<K: Ord + Clone>(mine: &mut BTreeMap<K, u64>, theirs: &BTreeMap<K, u64>) {
    for (key, count) in theirs {
        *mine.entry(key.clone()).or_default() += count;
    }
}

/// The larger value is the worse one, and of a rate the smaller.
pub(crate) fn is_worse(metric: Metric, value: u64, than: u64) -> bool {
    if metric.is_rate() { value < than } else { value > than }
}

#[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
fn as_f64(tokens: u64) -> f64 {
    tokens as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Failure, Stamps, Tokens};
    use crate::stats::Slice;

    const ORIGIN: Origin = Origin { user: "ChatUser", task: "joke", file: "chat.rs", line: 7, tags: &[] };

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    fn sample(generated: &[u64], outcome: Outcome) -> Sample {
        let counted = Counted { tokens: 8, source: TokenSource::Usage };
        Sample {
            name: "chat".into(),
            origin: ORIGIN,
            stamps: Stamps {
                generated: generated.iter().map(|ms| at(*ms)).collect(),
                end: at(900),
                connection: Some(Connection::Reused),
                ..Stamps::starting(at(100))
            },
            tokens: Tokens { prompt: Some(counted), completion: Some(counted) },
            outcome,
            malformed: 1,
            body_bytes: 0,
            resent: true,
            retry: true,
            turn: None,
            details: None,
        }
    }

    fn failed() -> Outcome {
        Outcome::Failed(Failure::new(FailureClass::Empty, "no output"))
    }

    #[test]
    fn what_begins_before_the_window_counts_in_nothing_but_its_tokens() {
        let mut series = Series::default();
        let window = Window { begin: at(160), end: None };
        series.record(&sample(&[150, 170, 180, 190], Outcome::Success), window);
        series.record(&sample(&[], Outcome::Failed(Failure::new(FailureClass::Empty, "nothing"))), window);
        let Counts { succeeded, failed, outside, outside_failed, .. } = series.counts;
        assert_eq!((succeeded, failed, outside, outside_failed), (0, 0, 2, 1));
        assert!(series.metric(Metric::Ttft).is_empty() && series.failed_over_time.is_empty());
        let tokens = sample(&[150, 170, 180, 190], Outcome::Success).tokens.completion.expect("tokens").tokens;
        assert!((series.tokens_in_window - as_f64(tokens) * 0.75).abs() < 1e-9);
    }

    #[test]
    fn a_success_fills_every_metric_that_it_has() {
        let mut series = Series::default();
        series.record(&sample(&[150, 170, 170], Outcome::Success), Window::default());
        for (metric, n) in
            [(Metric::Ttft, 1), (Metric::Icl, 2), (Metric::Tpot, 1), (Metric::PromptTokens, 1), (Metric::Ttfb, 0)]
        {
            assert_eq!(series.metric(metric).len(), n, "{metric}");
        }
        assert_eq!(series.metric(Metric::Ttft).max(), Some(50_000));
        assert_eq!((series.counts.resent, series.counts.retries, series.counts.reused), (1, 1, 1));
        assert_eq!((series.counts.coalesced, series.counts.malformed_events), (1, 1));
    }

    #[test]
    fn an_inter_token_latency_weighs_as_much_as_its_tokens() {
        let mut series = Series::default();
        let mut sample = sample(&[150, 170, 171], Outcome::Success);
        sample.stamps.tokens = vec![1, 4, 1];
        series.record(&sample, Window::default());
        let itl = series.metric(Metric::Itl);
        assert_eq!((itl.len(), itl.sum(), itl.max()), (5, 4 * 5_000 + 1_000, Some(5_000)));
    }

    #[test]
    fn what_is_no_success_is_in_no_histogram() {
        let mut series = Series::default();
        for outcome in [failed(), Outcome::CutOff, Outcome::HungUp] {
            series.record(&sample(&[150, 170], outcome), Window::default());
        }
        assert!(Metric::ALL.into_iter().all(|metric| series.metric(metric).is_empty()));
        assert_eq!((series.counts.failed, series.counts.cut_off, series.counts.hung_up), (1, 1, 1));
        assert_eq!((series.counts.finished(), series.counts.started()), (1, 3));
        assert_eq!(series.failed_over_time[&FailureClass::Empty].iter().map(Slice::count).sum::<u64>(), 1);
    }

    #[test]
    fn tokens_after_the_window_are_not_of_the_window() {
        let mut series = Series::default();
        series.record(&sample(&[150, 170, 300, 310], Outcome::Success), Window { begin: at(0), end: Some(at(200)) });
        assert!((series.tokens_in_window - 4.0).abs() < 1e-9, "{}", series.tokens_in_window);
    }

    #[test]
    fn merging_is_recording_into_one() {
        let samples =
            [sample(&[150, 190], Outcome::Success), sample(&[400, 500, 510], Outcome::Success), sample(&[], failed())];
        let mut whole = Series::default();
        let mut merged = Series::default();
        for sample in &samples {
            whole.record(sample, Window::default());
            let mut part = Series::default();
            part.record(sample, Window::default());
            merged.merge(&part);
        }
        assert_eq!(merged.counts, whole.counts);
        for metric in Metric::ALL {
            assert_eq!(merged.metric(metric).sum(), whole.metric(metric).sum(), "{metric}");
            assert_eq!(merged.worst(metric), whole.worst(metric), "{metric}");
            assert_eq!(merged.over_time(metric), whole.over_time(metric), "{metric}");
        }
        assert_eq!(whole.worst(Metric::Ttft).map(|worst| worst.value), Some(300_000));
        assert_eq!(whole.succeeded_over_time, merged.succeeded_over_time);
        assert_eq!((&merged.failed_over_time, merged.failed_over_time.len()), (&whole.failed_over_time, 1));
    }

    #[test]
    fn values_stand_in_the_slice_in_which_their_request_began() {
        let mut series = Series::default();
        let window = Window { begin: at(75), end: None };
        series.record(&sample(&[150, 170, 190], Outcome::Success), window);
        series.record(&sample(&[], failed()), window);
        let slices = |slices: &Slices| slices.iter().map(Slice::count).collect::<Vec<_>>();
        assert_eq!(
            (slices(series.over_time(Metric::Icl)), slices(series.over_time(Metric::Ttft))),
            (vec![0, 0, 2], vec![0, 0, 1])
        );
        assert_eq!(
            (slices(&series.succeeded_over_time), slices(&series.failed_over_time[&FailureClass::Empty])),
            (vec![0, 0, 1], vec![0, 0, 1])
        );
    }
}
