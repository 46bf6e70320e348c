//! What a limit can be set on.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Each, Measure, Statistic, Value};
use crate::sample::{ALL, FailureClass, FailureClasses, Metric, Scope};
use crate::stats::{Rate, Ratio, assert_percentile};

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quantity {
    /// The percentile of a metric or another measure, from 0 to 1.
    Percentile(Measure, f64),
    /// The mean of a metric.
    Mean(Measure),
    /// The largest value of a metric.
    Max(Measure),
    /// Requests with a failure of these kinds / finished requests.
    ErrorRate(FailureClasses),
    /// Finished requests a second of the measured window.
    RequestRate,
    /// Finished requests.
    RequestCount,
    /// Tokens a second of the measured window.
    TokS,
    /// Good requests a second of the measured window.
    Goodput,
    /// Good / finished requests.
    GoodFraction,
    /// Panics of tasks.
    Panics,
    /// Errors that tasks returned and that are no failed request.
    TaskErrors,
}

impl Quantity {
    /// The measure that the figure is of, if it is of one.
    #[must_use]
    pub fn measure(self) -> Option<Measure> {
        match self {
            Self::Percentile(measure, _) | Self::Mean(measure) | Self::Max(measure) => Some(measure),
            _ => None,
        }
    }

    /// The metric that the figure is of, if it is of one.
    #[must_use]
    pub fn metric(self) -> Option<Metric> {
        match self.measure() {
            Some(Measure::Metric(metric)) => Some(metric),
            _ => None,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(measure, q) => write!(f, "{measure} p{}", percent(*q)),
            Self::Mean(measure) => write!(f, "{measure} mean"),
            Self::Max(measure) => write!(f, "{measure} max"),
            Self::ErrorRate(FailureClasses::ALL) => f.write_str("error rate"),
            Self::ErrorRate(classes) => write!(f, "error rate of {classes}"),
            Self::RequestRate => f.write_str("request rate"),
            Self::RequestCount => f.write_str("request count"),
            Self::TokS => f.write_str("token rate"),
            Self::Goodput => f.write_str("goodput"),
            Self::GoodFraction => f.write_str("good fraction"),
            Self::Panics => f.write_str("panics"),
            Self::TaskErrors => f.write_str("errors of tasks"),
        }
    }
}

/// 0.95 as `95`, 0.999 as `99.9`.
fn percent(q: f64) -> String {
    let text = format!("{:.4}", q * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A metric of some requests, or another [`Measure`], of which a statistic is still to be chosen.
///
/// ```
/// use sse_load::prelude::*;
///
/// let objectives = [
///     ttft("chat").p95().at_most(ms(250)),
///     icl(ALL).p(0.999).at_most(secs(1)),
///     e2e("chat").mean().at_most(secs(5)),
///     completion_tokens("chat").p50().at_least(20_u64),
/// ];
/// assert_eq!(objectives[1].quantity.to_string(), "icl p99.9");
/// ```
///
/// 0.95 is the 95th percentile, and 95 is refused:
/// ```should_panic
/// # use sse_load::prelude::*;
/// let _ = ttft("chat").p(95.0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "choose a statistic, such as `.p95()`"]
pub struct MetricOf<U, M = Metric> {
    metric: M,
    scope: Scope,
    unit: PhantomData<U>,
}

impl<U: Into<Value>> MetricOf<U> {
    /// Each request by itself, for [`good_if`](crate::LoadTest::good_if).
    pub fn each(self) -> Each<U> {
        Each::new(self)
    }

    pub(super) fn into_parts(self) -> (Metric, Scope) {
        (self.metric, self.scope)
    }
}

impl<U: Into<Value>, M: Into<Measure>> MetricOf<U, M> {
    pub(super) fn new(metric: M, scope: impl Into<Scope>) -> Self {
        Self { metric, scope: scope.into(), unit: PhantomData }
    }

    /// The percentile `q`.
    ///
    /// # Panics
    /// When `q` is not between 0 and 1: the 95th percentile is 0.95.
    #[track_caller]
    pub fn p(self, q: f64) -> Statistic<U> {
        assert_percentile(q);
        Statistic::new(Quantity::Percentile(self.metric.into(), q), self.scope)
    }

    /// The median.
    pub fn p50(self) -> Statistic<U> {
        self.p(0.5)
    }

    /// The 90th percentile.
    pub fn p90(self) -> Statistic<U> {
        self.p(0.9)
    }

    /// The 95th percentile.
    pub fn p95(self) -> Statistic<U> {
        self.p(0.95)
    }

    /// The 99th percentile.
    pub fn p99(self) -> Statistic<U> {
        self.p(0.99)
    }

    /// The mean.
    pub fn mean(self) -> Statistic<U> {
        Statistic::new(Quantity::Mean(self.metric.into()), self.scope)
    }

    /// The largest value.
    pub fn max(self) -> Statistic<U> {
        Statistic::new(Quantity::Max(self.metric.into()), self.scope)
    }
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $metric:ident -> $unit:ty;)*) => {
        $($(#[$doc])*
        pub fn $name(scope: impl Into<Scope>) -> MetricOf<$unit> {
            MetricOf::new(Metric::$metric, scope)
        })*
    };
}

metrics! {
    /// Time to first token of the requests of one name, of another [`Scope`], or of [`ALL`].
    ttft: Ttft -> Duration;
    /// Time to first token from the scheduled begin, in the open loop: free of coordinated omission, so the one to limit there.
    ttft_sched: TtftSched -> Duration;
    /// Time to first output that is no reasoning.
    ttfo: Ttfo -> Duration;
    /// Inter-chunk latency: gaps between successive generated events.
    icl: Icl -> Duration;
    /// Inter-token latency: every gap, shared by the tokens of its later event.
    itl: Itl -> Duration;
    /// The largest gap of each request.
    max_stall: MaxStall -> Duration;
    /// Time per output token after the first.
    tpot: Tpot -> Duration;
    /// Tokens a second that one user sees: 1 / tpot. A failed request takes part as 0, so a low percentile is the one to limit:
    /// `tok_s_user("chat").p(0.05).at_least(30.0)`.
    tok_s_user: TokSUser -> Rate;
    /// From the start to the last generated event.
    e2e: E2e -> Duration;
    /// From the start to the terminal marker or the end of the body.
    processing_time: ProcessingTime -> Duration;
    /// From the start to the response head.
    ttfb: Ttfb -> Duration;
    /// From the start to the connection; 0 where a kept one was reused.
    connect: Connect -> Duration;
    /// How long arrivals of the open loop waited for a free user: the server's back-pressure.
    queue: Queue -> Duration;
    /// How late requests of the open loop began although a user was free: the generator's own fault.
    lag: Lag -> Duration;
    /// Tokens of the prompts.
    prompt_tokens: PromptTokens -> u64;
    /// Tokens of the replies.
    completion_tokens: CompletionTokens -> u64;
}

/// The unit of [`error_rate`]: a [`Ratio`], of failures of all kinds or of some.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FailedShare(pub Ratio);

impl From<FailedShare> for Value {
    fn from(FailedShare(share): FailedShare) -> Self {
        Self::Ratio(share)
    }
}

/// The failed share of all finished requests; `.of(..)` for those of a name or another [`Scope`], [`.class(..)`](Statistic::class) for failures
/// of one kind.
pub fn error_rate() -> Statistic<FailedShare> {
    Statistic::new(Quantity::ErrorRate(FailureClasses::ALL), ALL)
}

impl Statistic<FailedShare> {
    /// Only failures of this kind; more than one may be named. Other failures are requests like any other then.
    ///
    /// ```
    /// use sse_load::prelude::*;
    /// use sse_load::sample::FailureClass;
    ///
    /// let broken_off = error_rate().class(FailureClass::Truncated).class(FailureClass::StallTimeout).at_most(0.001);
    /// assert_eq!(broken_off.to_string(), "error rate of stall_timeout, truncated at most 0.1 %");
    /// ```
    pub fn class(self, class: FailureClass) -> Self {
        self.of_quantity(|quantity| match quantity {
            Quantity::ErrorRate(classes) => Quantity::ErrorRate(classes.and(class)),
            other => other,
        })
    }
}

/// Finished requests a second of the measured window; `.of(..)` for those of a name or another [`Scope`].
pub fn request_rate() -> Statistic<Rate> {
    Statistic::new(Quantity::RequestRate, ALL)
}

/// Finished requests; `.of(..)` for those of a name or another [`Scope`].
pub fn request_count() -> Statistic<u64> {
    Statistic::new(Quantity::RequestCount, ALL)
}

/// Tokens a second of the measured window; `.of(..)` for those of a name or another [`Scope`].
pub fn tok_s() -> Statistic<Rate> {
    Statistic::new(Quantity::TokS, ALL)
}

/// Good requests a second of the measured window, by the limits of [`good_if`](crate::LoadTest::good_if); `.of(..)` for those of a name or
/// another [`Scope`].
///
/// ```
/// use sse_load::prelude::*;
///
/// let objectives = [goodput().at_least(20.0), good_fraction().of("chat").at_least(0.99)];
/// ```
pub fn goodput() -> Statistic<Rate> {
    Statistic::new(Quantity::Goodput, ALL)
}

/// The good share of all finished requests, by the limits of [`good_if`](crate::LoadTest::good_if); failed ones are not good. `.of(..)` for
/// those of a name or another [`Scope`].
pub fn good_fraction() -> Statistic<Ratio> {
    Statistic::new(Quantity::GoodFraction, ALL)
}

/// Panics of tasks. Every check has `panics().at_most(0)` unless it sets another limit.
pub fn panics() -> Statistic<u64> {
    Statistic::new(Quantity::Panics, ALL)
}

/// Errors that tasks returned and that are no failed request: a reply that does not parse, a request that could not be built.
/// No check limits them unless it says so.
pub fn task_errors() -> Statistic<u64> {
    Statistic::new(Quantity::TaskErrors, ALL)
}
