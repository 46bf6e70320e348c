//! Figures of requests, read back from JSON. What can be computed from the rest is, and not read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::health::Floor;
use super::{CustomReport, Health, MachineLoad, Profile, RequestReport, WorstSample};
use crate::record::{Buffered, Counts, CustomUnit, Lateness, Stalls};
use crate::sample::{FailureClass, Metric, Origin, TokenSource, interned};
use crate::stats::{Histogram, Ratio, Slices, seconds};

#[derive(Deserialize)]
struct StoredRequest {
    name: String,
    counts: Counts,
    tokens_in_window: f64,
    prompt_sources: BTreeMap<TokenSource, u64>,
    completion_sources: BTreeMap<TokenSource, u64>,
    tokenizers: BTreeMap<String, u64>,
    succeeded_over_time: Slices,
    failures_over_time: BTreeMap<FailureClass, Slices>,
    good_over_time: Option<Slices>,
    metrics: BTreeMap<Metric, StoredMetric>,
}

#[derive(Deserialize)]
struct StoredMetric {
    successes: Exact,
    worst: Option<StoredWorst>,
    hdr: Histogram,
    #[serde(default)]
    over_time: Slices,
}

/// What a histogram keeps exactly, in base units.
#[derive(Deserialize)]
struct Exact {
    mean: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

#[derive(Deserialize)]
struct StoredWorst {
    value: f64,
    origin: Origin,
    #[serde(with = "seconds")]
    at: Duration,
}

impl Exact {
    /// The histogram with these figures; `scale` recorded units are one base unit.
    fn restore(&self, histogram: Histogram, scale: f64) -> Histogram {
        match (self.mean, self.min, self.max) {
            (Some(mean), Some(min), Some(max)) => {
                histogram.with_exact(mean * scale, recorded(min, scale), recorded(max, scale))
            }
            _ => histogram,
        }
    }
}

impl<'de> Deserialize<'de> for RequestReport {
    /// The window is that of the report.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredRequest::deserialize(deserializer)?;
        let mut metrics = Metric::ALL.map(|_| Histogram::new());
        let mut over_time = Metric::ALL.map(|_| Slices::default());
        let mut worst = Metric::ALL.map(|_| None);
        for (metric, stored) in stored.metrics {
            let scale = scale(metric);
            metrics[metric.index()] = stored.successes.restore(stored.hdr, scale);
            over_time[metric.index()] = stored.over_time;
            worst[metric.index()] = stored.worst.map(|worst| WorstSample {
                value: recorded(worst.value, scale),
                origin: worst.origin,
                at: worst.at,
            });
        }
        Ok(Self {
            name: stored.name,
            window: Duration::ZERO,
            failures: stored.failures_over_time.iter().map(|(class, slices)| (*class, slices.total())).collect(),
            failed_over_time: Slices::merged(stored.failures_over_time.values()),
            counts: stored.counts,
            prompt_sources: stored.prompt_sources,
            completion_sources: stored.completion_sources,
            tokenizers: stored.tokenizers,
            tokens_in_window: stored.tokens_in_window,
            succeeded_over_time: stored.succeeded_over_time,
            good_over_time: stored.good_over_time,
            failures_over_time: stored.failures_over_time,
            metrics,
            over_time,
            worst,
        })
    }
}

impl<'de> Deserialize<'de> for CustomReport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Named {
            name: String,
            unit: String,
            #[serde(flatten)]
            values: StoredMetric,
        }
        let Named { name, unit, values } = Named::deserialize(deserializer)?;
        let (unit, scale) = match unit.as_str() {
            "s" => (CustomUnit::Time, MICROSECONDS),
            "count" => (CustomUnit::Count, 1.0),
            _ => return Err(D::Error::custom(format!("expected the unit s or count, but came {unit}"))),
        };
        Ok(Self {
            name: interned(&name),
            unit,
            values: values.successes.restore(values.hdr, scale),
            over_time: values.over_time,
        })
    }
}

impl<'de> Deserialize<'de> for Health {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            late_mean: Option<f64>,
            late_min: Option<f64>,
            late_max: Option<f64>,
            late_hdr: Histogram,
            /// Not in reports of before.
            #[serde(default)]
            stamped_at_the_read: u64,
            buffered_mean: Option<f64>,
            buffered_min: Option<f64>,
            buffered_max: Option<f64>,
            #[serde(default)]
            buffered_hdr: Histogram,
            #[serde(with = "seconds")]
            stalls: Duration,
            #[serde(with = "seconds")]
            stalls_computing: Duration,
            #[serde(with = "seconds")]
            stalls_waiting: Duration,
            blocked: usize,
            machine: MachineLoad,
            files_exhausted: u64,
            ports_exhausted: u64,
            achieved: Option<Ratio>,
            coalesced: Option<Ratio>,
            profile: Profile,
            floor: Option<Floor>,
            no_floor: Option<String>,
            used: Option<Ratio>,
        }
        let stored = Stored::deserialize(deserializer)?;
        let exact = Exact { mean: stored.late_mean, min: stored.late_min, max: stored.late_max };
        let lay = Exact { mean: stored.buffered_mean, min: stored.buffered_min, max: stored.buffered_max };
        let lay = lay.restore(stored.buffered_hdr, MICROSECONDS);
        let stalls = Stalls { time: stored.stalls, computing: stored.stalls_computing, waiting: stored.stalls_waiting };
        Ok(Self {
            lateness: Lateness::of(exact.restore(stored.late_hdr, MICROSECONDS), stalls),
            buffered: Buffered::of(lay, stored.stamped_at_the_read),
            machine: stored.machine,
            files_exhausted: stored.files_exhausted,
            ports_exhausted: stored.ports_exhausted,
            achieved: stored.achieved,
            coalesced: stored.coalesced,
            blocked: stored.blocked,
            profile: stored.profile,
            floor: stored.floor.ok_or_else(|| stored.no_floor.unwrap_or_default()),
            used: stored.used,
        })
    }
}

/// How many microseconds are a second.
const MICROSECONDS: f64 = 1e6;

/// How many recorded units are one base unit.
fn scale(metric: Metric) -> f64 {
    match metric {
        metric if metric.is_rate() => 1e3,
        metric if metric.is_count() => 1.0,
        _ => MICROSECONDS,
    }
}

/// A value as histograms record it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
fn recorded(value: f64, scale: f64) -> u64 {
    (value * scale).round() as u64
}
