//! What the server tells of itself while it is under load.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Window;
use super::course::since;
use crate::clock::Timestamp;
use crate::stats::{Extent, Extents, seconds};

/// What the server told of itself over the whole run, from the first user to the last stream, ramp and drain among it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerCourse {
    /// The engine whose metrics they are, such as `vLLM`; `None` where none is known.
    pub engine: Option<String>,
    /// Where they were read, without user, password and query.
    pub url: String,
    /// How often they were to be read.
    #[serde(with = "seconds")]
    pub every: Duration,
    /// How often they were read.
    pub scrapes: u64,
    /// How often they could not be read.
    pub missed: u64,
    /// How often counters began anew: the server was restarted, or answers come from several.
    pub restarts: u64,
    /// Each metric: first the known ones, in the order of [`ServerFigure`].
    pub metrics: Vec<ServerMetric>,
}

/// One metric of the server over the whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerMetric {
    /// What it is; `None` for a metric that the load test names itself.
    pub figure: Option<ServerFigure>,
    /// The server's own name of it; of a share of two counters both.
    pub name: String,
    /// What its values are.
    pub unit: ServerUnit,
    /// Between which values it was in the measured window; `None` where no value is of it.
    pub window: Option<Extent>,
    /// Between which values it was in each slice of the run.
    pub over_time: Extents,
}

/// What every engine has a name of its own for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServerFigure {
    /// Requests that wait for a place in the batch.
    RequestsWaiting,
    /// Requests in the batch.
    RequestsRunning,
    /// The share of the KV cache that is in use.
    KvCache,
    /// The share of prompt tokens that were found in the prefix cache.
    PrefixCacheHits,
    /// Requests that were put back since the KV cache was full, a second.
    Preemptions,
    /// Tokens that were generated, a second, by the server's own count.
    TokensGenerated,
}

/// What values of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServerUnit {
    /// A gauge: so many of something. Each scrape weighs 1.
    Count,
    /// A share between 0 and 1. Each scrape weighs 1, and of two counters as much as the lower one grew.
    Share,
    /// A counter: what was added to it, a second. Each value weighs its time in seconds.
    PerSecond,
}

/// A value of a metric at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerValue {
    /// What it is; `None` for a metric that the load test names itself.
    pub figure: Option<ServerFigure>,
    /// The server's own name of it.
    pub name: String,
    /// What it is a value of.
    pub unit: ServerUnit,
    /// When it was so.
    pub at: Timestamp,
    /// The value.
    pub value: f64,
    /// What it weighs in a mean.
    pub weight: f64,
}

impl ServerCourse {
    /// The metric of a figure; none where the server does not tell.
    #[must_use]
    pub fn metric(&self, figure: ServerFigure) -> Option<&ServerMetric> {
        self.metrics.iter().find(|metric| metric.figure == Some(figure))
    }

    /// The metrics that the load test names itself.
    pub fn own(&self) -> impl Iterator<Item = &ServerMetric> {
        self.metrics.iter().filter(|metric| metric.figure.is_none())
    }

    /// Adds a value of a run with this window.
    pub fn record(&mut self, value: &ServerValue, window: Window) {
        let metric = self.entry(value.figure, &value.name, value.unit);
        metric.over_time.record(since(window.begin, value.at), value.value, value.weight);
        if window.contains(value.at) {
            metric.add_to_window(&Extent::of(value.value, value.weight));
        }
    }

    /// Adds what another process read of the same server: counts of scrapes add up, and of values each slice keeps the extremes of
    /// both and their mean, since both saw the same.
    pub fn merge(&mut self, other: Self) {
        self.engine = self.engine.take().or(other.engine);
        self.scrapes += other.scrapes;
        self.missed += other.missed;
        self.restarts = self.restarts.max(other.restarts);
        for theirs in other.metrics {
            let mine = self.entry(theirs.figure, &theirs.name, theirs.unit);
            theirs.window.iter().for_each(|window| mine.add_to_window(window));
            mine.over_time.merge(&theirs.over_time);
        }
    }

    fn entry(&mut self, figure: Option<ServerFigure>, name: &str, unit: ServerUnit) -> &mut ServerMetric {
        let is_it = |metric: &ServerMetric| metric.figure == figure && metric.name == name && metric.unit == unit;
        let place = self.metrics.iter().position(is_it).unwrap_or_else(|| {
            let is_before =
                |metric: &ServerMetric| figure.is_none() || metric.figure.is_some_and(|of| Some(of) <= figure);
            let place = self.metrics.iter().take_while(|metric| is_before(metric)).count();
            let (window, over_time) = (None, Extents::default());
            self.metrics.insert(place, ServerMetric { figure, name: name.to_owned(), unit, window, over_time });
            place
        });
        &mut self.metrics[place]
    }
}

impl ServerMetric {
    fn add_to_window(&mut self, extent: &Extent) {
        if !extent.is_empty() {
            self.window.get_or_insert_default().merge(extent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::secs;

    const BEGIN: Timestamp = Timestamp::from_nanos(5_000_000_000);

    fn waiting(at: Timestamp, value: f64) -> ServerValue {
        ServerValue {
            figure: Some(ServerFigure::RequestsWaiting),
            name: "vllm:num_requests_waiting".to_owned(),
            unit: ServerUnit::Count,
            at,
            value,
            weight: 1.0,
        }
    }

    #[test]
    fn values_of_ramp_and_drain_are_over_time_and_not_in_the_window() {
        let window = Window { begin: BEGIN, end: Some(BEGIN + secs(2)) };
        let mut course = ServerCourse::default();
        for (at, value) in [(3, 90.0), (5, 1.0), (6, 3.0), (7, 70.0)] {
            course.record(&waiting(Timestamp::from_nanos(at * 1_000_000_000), value), window);
        }
        let metric = course.metric(ServerFigure::RequestsWaiting).expect("it was recorded");
        assert_eq!(metric.window, Some(Extent { least: 1.0, mean: 2.0, most: 3.0, weight: 2.0 }));
        let most: Vec<_> = metric.over_time.slices().iter().filter(|slice| !slice.is_empty()).collect();
        assert_eq!(most.iter().map(|slice| slice.most).collect::<Vec<_>>(), [90.0, 1.0, 3.0, 70.0]);
    }

    #[test]
    fn known_metrics_stand_in_their_order_and_own_ones_behind_them() {
        let mut course = ServerCourse::default();
        let window = Window { begin: BEGIN, end: None };
        let figures = [None, Some(ServerFigure::KvCache), None, Some(ServerFigure::RequestsWaiting)];
        for (number, figure) in figures.into_iter().enumerate() {
            course.record(&ServerValue { figure, name: number.to_string(), ..waiting(BEGIN, 1.0) }, window);
        }
        let names: Vec<_> = course.metrics.iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(names, ["3", "1", "0", "2"]);
        assert_eq!(course.own().count(), 2);
    }
}
