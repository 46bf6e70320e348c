//! The figures of one request name.

use std::collections::BTreeMap;
use std::time::Duration;

use super::distribution::{Numbers, Rates, Times};
use super::{Distribution, WorstSample};
use crate::record::Counts;
use crate::sample::{FailureClass, FailureClasses, Metric, TokenSource};
use crate::stats::{Histogram, Rate, Ratio, Slice, Slices, Unit};

/// The figures of one request name, or of all requests together.
///
/// ```no_run
/// # use sse_load::prelude::*;
/// # fn look(report: &Report) {
/// let chat = report.request("chat");
/// println!("{} of {} failed, {} tokens a second", chat.failures(), chat.count(), chat.tok_s().get());
/// assert!(chat.tpot().p50() < ms(40), "{report}");
/// assert!(chat.error_rate() <= Ratio::from(0.01), "{report}");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RequestReport {
    pub(super) name: String,
    pub(super) window: Duration,
    pub(super) counts: Counts,
    pub(super) failures: BTreeMap<FailureClass, u64>,
    pub(super) prompt_sources: BTreeMap<TokenSource, u64>,
    pub(super) completion_sources: BTreeMap<TokenSource, u64>,
    pub(super) tokenizers: BTreeMap<String, u64>,
    pub(super) tokens_in_window: f64,
    pub(super) metrics: [Histogram; Metric::COUNT],
    pub(super) over_time: [Slices; Metric::COUNT],
    pub(super) succeeded_over_time: Slices,
    pub(super) failed_over_time: Slices,
    pub(super) good_over_time: Option<Slices>,
    pub(super) failures_over_time: BTreeMap<FailureClass, Slices>,
    pub(super) worst: [Option<WorstSample>; Metric::COUNT],
}

macro_rules! metric_accessors {
    ($($(#[$doc:meta])* $name:ident: $metric:ident -> $unit:ident;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> $unit<'_> {
            self.distribution(Metric::$metric)
        })*
    };
}

impl RequestReport {
    /// The request name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    metric_accessors! {
        /// Time to first token: the first generated event − start.
        ttft: Ttft -> Times;
        /// Time to first token from the scheduled begin, in the open loop: free of coordinated omission.
        ttft_sched: TtftSched -> Times;
        /// Time to first output: the first generated event that is no reasoning − start.
        ttfo: Ttfo -> Times;
        /// Inter-chunk latency: every gap between successive generated events.
        icl: Icl -> Times;
        /// Inter-token latency: every gap, shared by the tokens of its later event. Only where the stream tells the tokens of
        /// every event.
        itl: Itl -> Times;
        /// The largest gap of each request.
        max_stall: MaxStall -> Times;
        /// Time per output token after the first.
        tpot: Tpot -> Times;
        /// Tokens a second that one user sees: 1 / tpot. A failed request takes part as 0.
        tok_s_user: TokSUser -> Rates;
        /// The last generated event − start.
        e2e: E2e -> Times;
        /// The terminal marker, or the end of the body − start.
        processing_time: ProcessingTime -> Times;
        /// The response head − start; a diagnostic.
        ttfb: Ttfb -> Times;
        /// The connection − start, 0 where a kept one was reused; a diagnostic.
        connect: Connect -> Times;
        /// How long arrivals of the open loop waited for a free user: the server's back-pressure.
        queue: Queue -> Times;
        /// How late requests of the open loop began although a user was free: the generator's own fault.
        lag: Lag -> Times;
        /// Tokens of the prompts.
        prompt_tokens: PromptTokens -> Numbers;
        /// Tokens of the replies, reasoning included.
        completion_tokens: CompletionTokens -> Numbers;
    }

    /// The values of any metric. The unit must be the metric's own: [`Duration`], `u64` for counts, [`Rate`] for rates.
    #[must_use]
    pub(crate) fn distribution<U: Unit>(&self, metric: Metric) -> Distribution<'_, U> {
        let failures = match metric {
            Metric::TtftSched => self.counts.failed_arrivals,
            metric if metric.counts_failures() => self.counts.failed,
            _ => 0,
        };
        Distribution::new(
            format!("{}_{metric}", self.name),
            &self.metrics[metric.index()],
            failures,
            self.why_without(metric),
        )
        .incomparable(self.incomparable(metric))
    }

    /// The values of a metric that is a time.
    pub(crate) fn times(&self, metric: Metric) -> Times<'_> {
        self.distribution(metric)
    }

    /// Why the values of a metric do not compare with each other: the server's count and that of a tokenizer differ by more
    /// than what a limit is set for.
    pub(crate) fn incomparable(&self, metric: Metric) -> Option<String> {
        let sources = match metric {
            Metric::PromptTokens => &self.prompt_sources,
            metric if metric.needs_tokens() => &self.completion_sources,
            _ => return None,
        };
        let by_tokenizers = self.tokenizers.len() > 1 && sources.contains_key(&TokenSource::Tokenizer);
        if sources.len() < 2 && !by_tokenizers {
            return None;
        }
        let mut others = sources.clone();
        if by_tokenizers {
            others.remove(&TokenSource::Tokenizer);
        }
        let others = others.iter().map(|(source, n)| (source.name(), *n));
        let named = self.tokenizers.iter().filter(|_| by_tokenizers).map(|(name, n)| (name.as_str(), *n));
        let sources: Vec<_> = others.chain(named).map(|(by, n)| format!("{} by {by}", requests(n))).collect();
        Some(format!("tokens counted in several ways do not compare: {}", sources.join(", ")))
    }

    /// Why a metric has no sample.
    fn why_without(&self, metric: Metric) -> String {
        match metric {
            Metric::TtftSched | Metric::Queue | Metric::Lag if self.counts.succeeded > 0 => {
                "it is a metric of the open loop: use .arrivals(..)".to_owned()
            }
            _ => self.why_empty(),
        }
    }

    fn why_empty(&self) -> String {
        let Counts { succeeded, failed, cut_off, hung_up, outside, .. } = self.counts;
        if succeeded > 0 {
            return format!("none of its {succeeded} successful requests has this metric");
        }
        let classes: Vec<_> = self.failures.iter().map(|(class, count)| format!("{count} × {class}")).collect();
        let why = if classes.is_empty() { String::new() } else { format!(" ({})", classes.join(", ")) };
        let outside = match outside {
            0 => String::new(),
            outside => format!("; {outside} began outside of the measured window (ramp, warm-up, goodbye)"),
        };
        format!(
            "{} failed{why}, {cut_off} were cut off, {hung_up} were hung up, none succeeded{outside}",
            requests(failed)
        )
    }

    /// The request with the largest value of a metric, of a rate the smallest.
    #[must_use]
    pub fn worst(&self, metric: Metric) -> Option<&WorstSample> {
        self.worst[metric.index()].as_ref()
    }

    /// The values of one metric over the time of the run.
    #[must_use]
    pub fn over_time(&self, metric: Metric) -> &Slices {
        &self.over_time[metric.index()]
    }

    /// The successes over the time of the run, each a value of the bytes of its body.
    #[must_use]
    pub fn succeeded_over_time(&self) -> &Slices {
        &self.succeeded_over_time
    }

    /// The failures over the time of the run, each a value of the bytes of its body.
    #[must_use]
    pub fn failed_over_time(&self) -> &Slices {
        &self.failed_over_time
    }

    /// The failures of some kinds over the time of the run, each a value of the bytes of its body.
    #[must_use]
    pub fn failures_over_time(&self, classes: FailureClasses) -> Slices {
        let of_classes = self.failures_over_time.iter().filter(|(class, _)| classes.contains(**class));
        Slices::merged(of_classes.map(|(_, slices)| slices))
    }

    /// The mean size of the bodies of requests that ended by themselves, in bytes; 0 without one.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 52 bits")]
    pub fn mean_body_bytes(&self) -> f64 {
        let all = self.succeeded_over_time.iter().chain(self.failed_over_time.iter());
        all.map(Slice::sum).sum::<u128>() as f64 / self.count().max(1) as f64
    }

    /// The measured window.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }

    /// How the requests ended.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Requests that ended by themselves: succeeded and failed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.finished()
    }

    /// Requests that succeeded.
    #[must_use]
    pub fn successes(&self) -> u64 {
        self.counts.succeeded
    }

    /// Requests that failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.counts.failed
    }

    /// Failures by kind.
    #[must_use]
    pub fn failures_by_class(&self) -> &BTreeMap<FailureClass, u64> {
        &self.failures
    }

    /// The failed share of the requests that ended by themselves.
    ///
    /// # Panics
    /// When there is no request: nothing is no proof that nothing fails.
    #[must_use]
    #[track_caller]
    pub fn error_rate(&self) -> Ratio {
        assert!(self.count() > 0, "`{}` has no sample: {}", self.name, self.why_empty());
        Ratio::of(self.counts.failed, self.count())
    }

    /// The good requests over the time of the run, each a value of 0; `None` where nothing says what a good one is.
    #[must_use]
    pub fn good_over_time(&self) -> Option<&Slices> {
        self.good_over_time.as_ref()
    }

    /// Requests that succeeded and kept every limit of `.good_if(..)`; `None` without one.
    #[must_use]
    pub fn good(&self) -> Option<u64> {
        self.good_over_time.as_ref().map(Slices::total)
    }

    /// Good requests / measured window.
    ///
    /// # Panics
    /// When nothing says what a good request is: `.good_if(..)` of the load test does.
    #[must_use]
    #[track_caller]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn goodput(&self) -> Rate {
        Rate::over(self.known_good() as f64, self.window)
    }

    /// The good share of the requests that ended by themselves; failed ones are not good.
    ///
    /// # Panics
    /// When there is no request, or nothing says what a good request is: `.good_if(..)` of the load test does.
    #[must_use]
    #[track_caller]
    pub fn good_fraction(&self) -> Ratio {
        assert!(self.count() > 0, "`{}` has no sample: {}", self.name, self.why_empty());
        Ratio::of(self.known_good(), self.count())
    }

    #[track_caller]
    fn known_good(&self) -> u64 {
        match self.good() {
            Some(good) => good,
            None => panic!("nothing says what a good request is: say it before the run with .good_if(..)"),
        }
    }

    /// Requests that ended by themselves / measured window.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn request_rate(&self) -> Rate {
        Rate::over(self.count() as f64, self.window)
    }

    /// Tokens of successful replies whose event came within the measured window / the window.
    #[must_use]
    pub fn tok_s(&self) -> Rate {
        Rate::over(self.tokens_in_window, self.window)
    }

    /// Where the prompt counts came from, in requests.
    #[must_use]
    pub fn prompt_sources(&self) -> &BTreeMap<TokenSource, u64> {
        &self.prompt_sources
    }

    /// The tokenizers that counted what the server did not, by name, in requests.
    #[must_use]
    pub fn tokenizers(&self) -> &BTreeMap<String, u64> {
        &self.tokenizers
    }

    /// Where the completion counts came from, in requests.
    #[must_use]
    pub fn completion_sources(&self) -> &BTreeMap<TokenSource, u64> {
        &self.completion_sources
    }
}

fn requests(number: u64) -> String {
    format!("{number} request{}", if number == 1 { "" } else { "s" })
}
