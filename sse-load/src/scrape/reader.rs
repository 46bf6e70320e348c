//! From the text of a scrape to the values that are wanted.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::engines::{ENGINES, Engine, Source};
use super::exposition::{Sample, samples};
use super::{Own, ScrapeError};
use crate::clock::Timestamp;
use crate::record::{ServerFigure, ServerUnit, ServerValue};

/// The values of each name, one for each set of labels.
type Found<'t> = HashMap<&'t str, Vec<(&'t str, f64)>>;

/// Reads one text after the other. Counters need the one before.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    own: Vec<Own>,
    /// The engine whose metrics were seen.
    pub(super) engine: Option<&'static Engine>,
    /// Which of its own metrics were seen.
    seen: HashSet<usize>,
    /// When the text before came, and its counters.
    before: Option<(Timestamp, HashMap<String, Counter>)>,
    /// How often counters began anew.
    pub(super) restarts: u64,
}

/// A counter by its labels.
type Counter = HashMap<String, f64>;

/// What was added to counters since the text before, if there was one.
struct Growth {
    since: Timestamp,
    until: Timestamp,
    of: HashMap<String, f64>,
}

impl Reader {
    pub(super) fn new(own: Vec<Own>) -> Self {
        Self { own, engine: None, seen: HashSet::new(), before: None, restarts: 0 }
    }

    /// The values of a text that came at this moment.
    pub(super) fn read(&mut self, text: &str, at: Timestamp) -> Result<Vec<ServerValue>, ScrapeError> {
        let found = self.found(text)?;
        let tells = |engine: &&Engine| engine.tells.iter().any(|(_, source)| is_there(source, &found));
        self.engine = self.engine.or_else(|| ENGINES.iter().find(tells));
        let own = self.own.clone();
        let wanted = self.wanted(&own, &found);
        let growth = self.grow(&wanted, &found, at);
        let value = |(figure, source): &(Option<ServerFigure>, Source<'_>)| {
            let (unit, at, value, weight) = value(source, &found, growth.as_ref(), at)?;
            let name = name(source);
            Some(ServerValue { figure: *figure, name, unit, at, value, weight })
        };
        Ok(wanted.iter().filter_map(value).filter(|value| value.value.is_finite()).collect())
    }

    /// The metrics of the test's own that no text had.
    pub(super) fn unseen(&self) -> impl Iterator<Item = &str> {
        self.own.iter().enumerate().filter(|(place, _)| !self.seen.contains(place)).map(|(_, own)| own.name())
    }

    /// Whether the test names no metric of its own.
    pub(super) fn has_no_own(&self) -> bool {
        self.own.is_empty()
    }

    /// What the text has of all that may be wanted.
    fn found<'t>(&self, text: &'t str) -> Result<Found<'t>, ScrapeError> {
        let of_engines = ENGINES.iter().flat_map(|engine| engine.tells).flat_map(|(_, source)| source.names());
        let names: HashSet<_> = of_engines.collect();
        let is_own = |name: &str| {
            self.own.iter().map(Own::name).any(|own| name == own || name.strip_suffix("_total") == Some(own))
        };
        let (samples, unreadable) = samples(text);
        let (mut found, mut read) = (Found::new(), 0);
        for Sample { name, labels, value } in samples {
            read += 1;
            if names.contains(name) || is_own(name) {
                found.entry(name).or_default().push((labels, value));
            }
        }
        if read == 0 && unreadable > 0 { Err(ScrapeError::NoMetrics) } else { Ok(found) }
    }

    /// What is wanted and there: of the engine, and of the test's own.
    fn wanted<'o>(&mut self, own: &'o [Own], found: &Found<'_>) -> Vec<(Option<ServerFigure>, Source<'o>)> {
        let mut wanted: Vec<(Option<ServerFigure>, Source<'o>)> = Vec::new();
        for (figure, source) in self.engine.iter().flat_map(|engine| engine.tells) {
            let is_known = wanted.iter().any(|(known, _)| *known == Some(*figure));
            if !is_known && is_there(source, found) {
                wanted.push((Some(*figure), *source));
            }
        }
        for (place, own) in own.iter().enumerate() {
            let source = match own {
                Own::Gauge(name) => Source::Sum(name),
                Own::Counter(name) => Source::Rate(name),
            };
            if is_there(&source, found) {
                self.seen.insert(place);
                wanted.push((None, source));
            }
        }
        wanted
    }

    /// What was added to the counters that are wanted. One that is smaller than before began anew, at 0; so did one whose labels are new.
    fn grow(
        &mut self,
        wanted: &[(Option<ServerFigure>, Source<'_>)],
        found: &Found<'_>,
        at: Timestamp,
    ) -> Option<Growth> {
        let names: HashSet<_> = wanted.iter().flat_map(|(_, source)| source.counters()).collect();
        let mut counters: HashMap<String, Counter> = HashMap::new();
        for name in names {
            let counter = counters.entry(name.to_owned()).or_default();
            for (labels, value) in values(name, found).filter(|(_, value)| value.is_finite()) {
                *counter.entry(labels.to_owned()).or_default() += value;
            }
        }
        let mut has_restarted = false;
        let before = self.before.take().filter(|(since, _)| at > *since);
        let growth = before.map(|(since, before)| {
            let mut added = |name: &str, labels: &str, value: f64| {
                let last = before.get(name).and_then(|counter| counter.get(labels)).copied().unwrap_or(0.0);
                has_restarted |= value < last;
                if value < last { value } else { value - last }
            };
            let of = counters.iter().map(|(name, counter)| {
                let added = counter.iter().map(|(labels, value)| added(name, labels, *value));
                (name.clone(), added.sum())
            });
            let of = of.collect();
            Growth { since, until: at, of }
        });
        self.restarts += u64::from(has_restarted);
        self.before = Some((at, counters));
        growth
    }
}

/// What a source gives: its unit, when it was so, the value, and what that weighs.
fn value(
    source: &Source<'_>,
    found: &Found<'_>,
    growth: Option<&Growth>,
    at: Timestamp,
) -> Option<(ServerUnit, Timestamp, f64, f64)> {
    let values = |name| values(name, found).map(|(_, value)| value).filter(|value| value.is_finite());
    match source {
        Source::Sum(name) => values(name).reduce(|sum, value| sum + value).map(|sum| (ServerUnit::Count, at, sum, 1.0)),
        Source::Fullest(name) => values(name).reduce(f64::max).map(|most| (ServerUnit::Share, at, most, 1.0)),
        Source::Mean(name) => {
            let (sum, number) = values(name).fold((0.0, 0.0), |(sum, number), value| (sum + value, number + 1.0));
            (number > 0.0).then_some((ServerUnit::Share, at, sum / number, 1.0))
        }
        Source::Rate(name) => {
            let growth = growth?;
            let seconds = growth.time().as_secs_f64();
            Some((ServerUnit::PerSecond, growth.middle(), growth.of.get(*name)? / seconds, seconds))
        }
        Source::Share(part, of) => {
            let growth = growth?;
            let of: f64 = of.iter().filter_map(|name| growth.of.get(*name)).sum();
            (of > 0.0).then_some((ServerUnit::Share, growth.middle(), growth.of.get(*part)? / of, of))
        }
    }
}

impl Growth {
    fn time(&self) -> Duration {
        self.until - self.since
    }

    /// What was added came neither at the one moment nor at the other.
    fn middle(&self) -> Timestamp {
        self.since + self.time() / 2
    }
}

/// The values of a name, or of it with `_total`, which `OpenMetrics` adds to counters.
fn values<'f, 't>(name: &str, found: &'f Found<'t>) -> impl Iterator<Item = (&'t str, f64)> + use<'f, 't> {
    let exact = found.get(name);
    exact.or_else(|| found.get(format!("{name}_total").as_str())).into_iter().flatten().copied()
}

fn is_there(source: &Source<'_>, found: &Found<'_>) -> bool {
    source.names().all(|name| values(name, found).next().is_some())
}

/// What the server calls it.
fn name(source: &Source<'_>) -> String {
    match source {
        Source::Share(part, [whole]) => format!("{part} / {whole}"),
        Source::Share(part, of) => format!("{part} / ({})", of.join(" + ")),
        Source::Sum(name) | Source::Fullest(name) | Source::Mean(name) | Source::Rate(name) => (*name).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::secs;
    use crate::record::ServerFigure::{
        KvCache, Preemptions, PrefixCacheHits, RequestsRunning, RequestsWaiting, TokensGenerated,
    };

    const VLLM: &str = include_str!("../../../tests/fixtures/metrics/vllm.txt");
    const SGLANG: &str = include_str!("../../../tests/fixtures/metrics/sglang.txt");
    const TGI: &str = include_str!("../../../tests/fixtures/metrics/tgi.txt");
    /// Captured from its server with nine requests for four places.
    const LLAMA_CPP: &str = include_str!("../../../tests/fixtures/metrics/llama_cpp.txt");
    const OPEN_METRICS: &str = include_str!("../../../tests/fixtures/metrics/openmetrics.txt");

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(0) + secs(seconds)
    }

    /// The figures of a text, after one in which counters were less by what `before` replaces.
    fn figures(text: &str, before: &[(&str, &str)]) -> (Option<&'static str>, Vec<(ServerFigure, f64)>) {
        let mut reader = Reader::new(Vec::new());
        let earlier = before.iter().fold(text.to_owned(), |text, (now, then)| {
            assert!(text.contains(now), "{now}");
            text.replace(now, then)
        });
        reader.read(&earlier, at(10)).expect("a text");
        let values = reader.read(text, at(12)).expect("a text");
        assert_eq!(reader.restarts, 0);
        let figures =
            values.iter().map(|value| (value.figure.expect("a known one"), (value.value * 1e6).round() / 1e6));
        (reader.engine.map(|engine| engine.name), figures.collect())
    }

    #[test]
    fn vllm_is_summed_over_its_engines_and_its_cache_is_as_full_as_the_fullest() {
        let before = [
            (" 81920.0", " 81420.0"),
            (" 80000.0", " 79500.0"),
            (" 20480.0", " 20230.0"),
            (" 4.0", " 1.0"),
            (" 7557.0", " 7157.0"),
        ];
        assert_eq!(
            figures(VLLM, &before),
            (
                Some("vLLM"),
                vec![
                    (RequestsWaiting, 15.0),
                    (RequestsRunning, 95.0),
                    (KvCache, 0.931_298),
                    (PrefixCacheHits, 0.25),
                    (Preemptions, 1.5),
                    (TokensGenerated, 200.0),
                ]
            )
        );
        let older = VLLM.replace("vllm:kv_cache", "vllm:new_cache").replace("vllm:prefix", "vllm:gpu_prefix");
        let (_, older) = figures(&older, &[(" 81920.0", " 81420.0"), (" 20480.0", " 20230.0")]);
        assert!(older.contains(&(KvCache, 0.5)) && older.contains(&(PrefixCacheHits, 0.5)), "{older:?}");
    }

    #[test]
    fn sglang_tgi_and_llama_cpp_are_known_by_their_own_names() {
        let (engine, sglang) = figures(SGLANG, &[(" 7.557572e+06", " 7.557472e+06")]);
        let expected = [
            (RequestsWaiting, 2826.0),
            (RequestsRunning, 162.0),
            (KvCache, 0.28),
            (PrefixCacheHits, 0.007_508),
            (Preemptions, 0.0),
            (TokensGenerated, 50.0),
        ];
        assert_eq!((engine, sglang), (Some("SGLang"), expected.to_vec()));
        let (engine, tgi) = figures(TGI, &[("_sum 64000", "_sum 63900")]);
        let expected = [(RequestsWaiting, 5.0), (RequestsRunning, 8.0), (TokensGenerated, 50.0)];
        assert_eq!((engine, tgi), (Some("TGI"), expected.to_vec()));
        let (engine, llama_cpp) = figures(LLAMA_CPP, &[("_total 128", "_total 108"), ("_total 29", "_total 19")]);
        let expected =
            [(RequestsWaiting, 4.0), (RequestsRunning, 4.0), (PrefixCacheHits, 0.333_333), (TokensGenerated, 0.0)];
        assert_eq!((engine, llama_cpp), (Some("llama.cpp"), expected.to_vec()));
        let (_, idle) = figures(LLAMA_CPP, &[]);
        assert!(idle.iter().all(|(figure, _)| *figure != PrefixCacheHits), "no share of nothing: {idle:?}");
    }

    #[test]
    fn own_metrics_are_read_by_name_and_those_that_are_nowhere_are_told() {
        let own = ["gateway_queue_length", "odd", "nowhere"].map(str::to_owned).map(Own::Gauge);
        let counter = Own::Counter("gateway_rejected".to_owned());
        let mut reader = Reader::new(own.into_iter().chain([counter]).collect());
        reader.read(&OPEN_METRICS.replace(" 17.0", " 7.0"), at(1)).expect("a text");
        let values = reader.read(OPEN_METRICS, at(5)).expect("a text");
        let values: Vec<_> =
            values.iter().map(|value| (value.name.as_str(), value.unit, value.value, value.at)).collect();
        assert_eq!(
            values,
            [
                ("gateway_queue_length", ServerUnit::Count, 7.0, at(5)),
                ("gateway_rejected", ServerUnit::PerSecond, 2.5, at(3))
            ]
        );
        assert_eq!(reader.unseen().collect::<Vec<_>>(), ["nowhere"], "one that is no number is there");
        assert_eq!(reader.engine, None);
    }

    #[test]
    fn a_counter_that_begins_anew_loses_nothing_that_was_seen_and_adds_nothing_that_was_not() {
        let mut reader = Reader::new(vec![Own::Counter("done".to_owned())]);
        let texts = [
            "done{e=\"0\"} 100\ndone{e=\"1\"} 900",
            "done{e=\"0\"} 150\ndone{e=\"1\"} 950",
            // One engine begins anew while the sum of all grows.
            "done{e=\"0\"} 30\ndone{e=\"1\"} 1950",
            // Another one comes.
            "done{e=\"0\"} 30\ndone{e=\"1\"} 1950\ndone{e=\"2\"} 5",
        ];
        let added: Vec<_> = texts
            .iter()
            .zip(1..)
            .map(|(text, second)| {
                let values = reader.read(text, at(second)).expect("a text");
                values.first().map(|value| value.value * value.weight)
            })
            .collect();
        assert_eq!(added, [None, Some(100.0), Some(1_030.0), Some(5.0)]);
        assert_eq!(reader.restarts, 1);
    }

    #[test]
    fn any_other_text_is_no_metrics_and_an_empty_one_has_none() {
        let mut reader = Reader::new(Vec::new());
        for text in ["<!doctype html>\n<p>Not here</p>", "{\"detail\": \"no\"}"] {
            assert_eq!(reader.read(text, at(1)), Err(ScrapeError::NoMetrics));
        }
        for text in ["", "# EOF\n", "go_goroutines 7\n"] {
            assert_eq!(reader.read(text, at(1)), Ok(Vec::new()));
        }
    }
}
