//! What of a run a later one is compared with.

use std::collections::{BTreeMap, BTreeSet};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::record::StampedBy;
use crate::report::{Machine, PlanSummary, Profile, Report, RequestReport};
use crate::sample::{DEFINITIONS, Metric, TokenSource};
use crate::slo;
use crate::stats::{Histogram, Ratio};

/// The number of the file's form.
pub const SCHEMA_VERSION: u32 = 1;

/// The metrics that are compared.
pub(super) const METRICS: [Metric; 5] = [Metric::Ttft, Metric::TtftSched, Metric::Icl, Metric::Tpot, Metric::E2e];

/// What of a run a later one is compared with: the figures, and under which conditions they came about. As a file it is JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// [`SCHEMA_VERSION`] of the sse-load that wrote it.
    pub schema_version: u32,
    /// [`DEFINITIONS`] of the metrics.
    pub definitions: u32,
    /// The version of sse-load.
    pub version: String,
    /// The load test.
    pub test: String,
    /// How it was built.
    pub profile: Profile,
    /// The machine that it ran on.
    pub machine: Machine,
    /// Who stamped the events, or most of them; `None` of a run without events.
    #[serde(default)]
    pub stamped_by: Option<StampedBy>,
    /// The load in words: users, arrivals, classes with their tasks. Not the host, the seed or the run time.
    pub plan: Vec<String>,
    /// The figures of each request name.
    pub requests: BTreeMap<String, RequestBaseline>,
}

/// The figures of one request name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestBaseline {
    /// Requests that ended by themselves.
    pub finished: u64,
    /// Of those, failed ones.
    pub failed: u64,
    /// How many requests, since they hang together, are worth one that stands alone, as far as failures go: 1 or more.
    pub effect: f64,
    /// Requests of which nobody knows how they would have ended.
    pub unseen: u64,
    /// Who counted the tokens of the replies.
    pub token_sources: BTreeSet<String>,
    /// The metrics that there are samples of.
    pub metrics: BTreeMap<Metric, MetricBaseline>,
}

/// The values of one metric.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricBaseline {
    /// Failed requests, which stand behind all values.
    pub failed: u64,
    /// Requests of which nobody knows the value.
    pub unseen: u64,
    /// The percentiles, for those who read the file: the histogram has them. None where it falls on a failed request.
    pub seconds: Percentiles<Option<f64>>,
    /// How many samples are worth one that stands alone, at each percentile: 1 or more.
    pub effects: Percentiles<f64>,
    /// The values in microseconds.
    pub hdr: Histogram,
}

/// Something of each percentile that is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentiles<T> {
    /// The median.
    pub p50: T,
    /// The 95th percentile.
    pub p95: T,
    /// The 99th percentile.
    pub p99: T,
}

impl<T> Percentiles<T> {
    pub(super) fn of(mut each: impl FnMut(f64) -> T) -> Self {
        Self { p50: each(0.5), p95: each(0.95), p99: each(0.99) }
    }

    /// Each percentile with what it has.
    pub fn each(self) -> [(f64, T); 3] {
        [(0.5, self.p50), (0.95, self.p95), (0.99, self.p99)]
    }
}

impl Baseline {
    /// What a run is compared by.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let requests = report.requests().iter().filter(|request| request.count() > 0);
        Self {
            schema_version: SCHEMA_VERSION,
            definitions: DEFINITIONS,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            test: report.name().to_owned(),
            profile: report.profile(),
            machine: report.machine().clone(),
            stamped_by: stamped_by(report),
            plan: plan(report.plan()),
            requests: requests.map(|request| (request.name().to_owned(), of_request(report, request))).collect(),
        }
    }

    /// Whether any request succeeded.
    pub(super) fn has_success(&self) -> bool {
        self.requests.values().any(|request| request.finished > request.failed)
    }

    /// What is wrong with figures that no run has.
    pub(super) fn fault(&self) -> Option<String> {
        self.requests.iter().find_map(|(name, request)| {
            let metrics = request.metrics.values().flat_map(|metric| metric.effects.each());
            let effects = metrics.map(|(_, effect)| effect).chain([request.effect]);
            let effect = effects.into_iter().find(|effect| !(1.0..f64::INFINITY).contains(effect));
            let effect = effect.map(|effect| format!("an effect is 1 or more, but one of `{name}` is {effect}"));
            let failed = request.metrics.values().map(|metric| metric.failed).chain([request.failed]).max();
            let failed = failed.filter(|failed| *failed > request.finished);
            let failed = failed.map(|failed| format!("`{name}` has {failed} failed of {} requests", request.finished));
            let counts = request.metrics.values().flat_map(|metric| [metric.hdr.len(), metric.unseen]);
            let most = counts.chain([request.finished, request.unseen]).max().filter(|count| *count > MOST);
            effect.or(failed).or(most.map(|count| format!("`{name}` has a count of {count}, and no run has so many")))
        })
    }
}

/// No run has more requests, nor more values of a metric: a thousand million a second for ten days.
const MOST: u64 = 1 << 50;

/// Who stamped most of the events: a stamp that the kernel had none for now and then changes no figure.
fn stamped_by(report: &Report) -> Option<StampedBy> {
    let by_kernel = report.health().buffered.share_by_kernel()?;
    Some(if by_kernel.get() > 0.5 { StampedBy::Kernel } else { StampedBy::Read })
}

fn of_request(report: &Report, request: &RequestReport) -> RequestBaseline {
    let unseen = slo::unseen(report, request);
    let metrics = METRICS.into_iter().filter(|metric| !request.times(*metric).histogram().is_empty());
    RequestBaseline {
        finished: request.count(),
        failed: request.failures(),
        effect: readable(slo::failure_effect(request)),
        unseen,
        token_sources: token_sources(request),
        metrics: metrics.map(|metric| (metric, of_metric(request, metric, unseen))).collect(),
    }
}

fn of_metric(request: &RequestReport, metric: Metric, unseen: u64) -> MetricBaseline {
    let times = request.times(metric);
    let bounded = |q| times.try_p(q).ok().filter(|time| *time < Duration::MAX);
    let seconds = |q| bounded(q).map(|time| time.as_secs_f64());
    MetricBaseline {
        failed: times.failures(),
        unseen: if metric.counts_failures() { unseen } else { 0 },
        seconds: Percentiles::of(seconds),
        effects: Percentiles::of(|q| readable(slo::percentile_effect(request, metric, q))),
        hdr: times.histogram().clone(),
    }
}

/// Without digits that only make differences of files longer; rounded up, since an effect only ever widens.
fn readable(effect: f64) -> f64 {
    (effect * 100.0).ceil() / 100.0
}

fn token_sources(request: &RequestReport) -> BTreeSet<String> {
    let sources = request.completion_sources().keys();
    let others = sources.filter(|source| **source != TokenSource::Tokenizer).map(|source| source.name().to_owned());
    let by_tokenizer = request.completion_sources().contains_key(&TokenSource::Tokenizer);
    let tokenizers = request.tokenizers().keys().filter(|_| by_tokenizer);
    others.chain(tokenizers.map(|name| format!("tokenizer {name}"))).collect()
}

/// What was asked for, a line each, without what a run may change and still be compared.
fn plan(plan: &PlanSummary) -> Vec<String> {
    let steady = if plan.has_steady_load { "" } else { ", which come and go" };
    let users = (plan.users > 0).then(|| format!("users: {}{steady}", plan.users));
    let arrivals = plan.arrivals.iter().map(|source| format!("arrivals: {source}"));
    let serving = plan.max_users.map(|most| format!("most users who serve arrivals: {most}"));
    let classes = plan.classes.iter().map(|class| format!("{} × {}: {}", class.name, class.users, class.flow));
    users.into_iter().chain(arrivals).chain(serving).chain(classes).collect()
}

impl RequestBaseline {
    /// The failed share.
    #[must_use]
    pub fn error_rate(&self) -> Ratio {
        Ratio::of(self.failed, self.finished)
    }
}
