//! The figures of two runs side by side.

use std::time::Duration;

use super::doubts::Doubts;
use super::{Baseline, Compared, MetricBaseline, Percentiles, RequestBaseline, SHORTEST, judged};
use crate::sample::{FailureClasses, Metric};
use crate::slo::{Figure, Quantity, Value, Verdict};
use crate::stats::{Histogram, Located, binomial, difference_interval, rank, rank_interval, ratio_interval};

/// What counts as a change for the worse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// By which share a time may grow: 0.05 are 5 %.
    pub share: f64,
    /// The probability that any figure of equal servers is said to be worse.
    pub alpha: f64,
}

impl Default for Tolerance {
    /// 5 % of each time, and a false alarm in 5 % of the comparisons of equal servers.
    fn default() -> Self {
        Self { share: 0.05, alpha: 0.05 }
    }
}

const ANEW: &str = "save the baseline anew";

/// Compares each figure of the requests whose names are `wanted`. All figures together are wrong with the tolerance's probability (Bonferroni).
///
/// A rise that the delays of the generator after can explain is no verdict on the server.
pub(super) fn compared(
    before: &Baseline,
    after: &Baseline,
    doubts: &Doubts,
    tolerance: Tolerance,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Compared> {
    let names = before.requests.keys().chain(after.requests.keys().filter(|name| !before.requests.contains_key(*name)));
    let pairs: Vec<_> = names
        .filter(|name| wanted(name))
        .map(|name| (name.as_str(), before.requests.get(name), after.requests.get(name)))
        .collect();
    let figures = pairs.iter().map(|(_, before, after)| count(*before, *after)).sum::<usize>().max(1);
    let alpha = tolerance.alpha / f64::from(u32::try_from(figures).unwrap_or(u32::MAX));
    let judge = Judge { tolerance: tolerance.share, alpha, doubts };
    pairs.into_iter().flat_map(|(name, before, after)| judge.request(name, before, after)).collect()
}

/// How many figures of a request are compared.
fn count(before: Option<&RequestBaseline>, after: Option<&RequestBaseline>) -> usize {
    let Some((before, after)) = before.zip(after) else { return 0 };
    1 + 3 * before.metrics.keys().filter(|metric| after.metrics.contains_key(metric) || after.failed > 0).count()
}

struct Judge<'a> {
    tolerance: f64,
    /// Of each side of each figure.
    alpha: f64,
    doubts: &'a Doubts,
}

impl Judge<'_> {
    fn request(&self, name: &str, before: Option<&RequestBaseline>, after: Option<&RequestBaseline>) -> Vec<Compared> {
        let missing = |reason: String| vec![Compared::invalid(figure(name, Quantity::RequestCount), reason)];
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => (before, after),
            (_, None) => return missing("no such request ended by itself in this run, but in the baseline".to_owned()),
            (None, _) => return missing(format!("it is not in the baseline: {ANEW}, or choose others by .of(..)")),
        };
        let new = after.metrics.keys().filter(|metric| !before.metrics.contains_key(metric));
        let new = new.map(|metric| not_comparable(name, *metric, format!("it is not in the baseline: {ANEW}")));
        let known = before.metrics.iter().flat_map(|(metric, was)| self.metric(name, *metric, was, (before, after)));
        known.chain(new).chain([self.error_rate(name, before, after)]).collect()
    }

    fn metric(
        &self,
        name: &str,
        metric: Metric,
        was: &MetricBaseline,
        (before, after): (&RequestBaseline, &RequestBaseline),
    ) -> Vec<Compared> {
        if metric.needs_tokens() {
            let (was, is) = (named(before), named(after));
            if was != is || before.token_sources.len() > 1 {
                let reason =
                    format!("tokens counted in several ways do not compare: by {was} in the baseline, by {is} now");
                return vec![not_comparable(name, metric, reason)];
            }
        }
        let only_failures = MetricBaseline::all_failed(after.failed, after.unseen);
        let is = match after.metrics.get(&metric) {
            Some(is) => is,
            None if after.failed > 0 && metric.counts_failures() => &only_failures,
            None => return vec![not_comparable(name, metric, "no request of this run has it".to_owned())],
        };
        let effects =
            was.effects.each().into_iter().zip(is.effects.each()).zip(self.doubts.delays(name, metric).each());
        effects
            .map(|(((q, was_effect), (_, is_effect)), (_, delay))| {
                let figure = figure(name, Quantity::Percentile(metric.into(), q));
                let (from, to) = (self.located(was, q, was_effect), self.located(is, q, is_effect));
                let interval = ratio_interval(from, to);
                let verdict = judged(interval, 1.0 + self.tolerance);
                let undelayed = || sooner(self.located(is, (q - delay.share).max(0.0), is_effect), delay.time);
                let stands = || judged(ratio_interval(from, undelayed()), 1.0 + self.tolerance) == verdict;
                if verdict == Verdict::Miss && !stands() {
                    return Compared::invalid(figure, self.doubts.late.clone());
                }
                Compared {
                    figure,
                    before: Some(was.value(q)),
                    after: Some(is.value(q)),
                    change: if from.value.is_infinite() && to.value.is_infinite() {
                        1.0
                    } else {
                        to.value / from.value
                    },
                    interval,
                    verdict,
                    n: (was.count(), is.count()),
                    reason: String::new(),
                }
            })
            .collect()
    }

    /// The percentile with its limits, in microseconds. Of the unseen samples the lower limit knows nothing, and the upper one takes them
    /// for as bad as can be.
    fn located(&self, metric: &MetricBaseline, q: f64, effect: f64) -> Located {
        let confidence = 1.0 - 2.0 * self.alpha;
        let shortest = SHORTEST.as_secs_f64() * 1e6;
        let at = |rank: u64| metric.hdr.at_rank(rank).map_or(f64::INFINITY, |value| as_f64(value).max(shortest));
        let (seen, all) = (metric.count(), metric.count() + metric.unseen);
        let (low, _) = rank_interval(seen, as_f64(seen) / effect, q, confidence);
        let (_, high) = rank_interval(all, as_f64(all) / effect, q, confidence);
        Located { value: at(rank(q, seen)), low: low.map_or(0.0, at), high: high.map_or(f64::INFINITY, at) }
    }

    /// A rise that is proven is one for the worse, however small: failures have no tolerance.
    fn error_rate(&self, name: &str, before: &RequestBaseline, after: &RequestBaseline) -> Compared {
        let interval = difference_interval(self.share(before), self.share(after));
        let (was, is) = (before.error_rate(), after.error_rate());
        Compared {
            figure: figure(name, Quantity::ErrorRate(FailureClasses::ALL)),
            before: Some(was.into()),
            after: Some(is.into()),
            change: is.get() - was.get(),
            interval,
            verdict: judged(interval, 0.0),
            n: (before.finished, after.finished),
            reason: String::new(),
        }
    }

    fn share(&self, request: &RequestBaseline) -> Located {
        let confidence = 1.0 - 2.0 * self.alpha;
        let (failed, seen) = (as_f64(request.failed), as_f64(request.finished));
        let unseen = as_f64(request.unseen);
        let effect = request.effect;
        let (low, _) = binomial::share_interval(seen / effect, failed / effect, confidence);
        let (_, high) = binomial::share_interval((seen + unseen) / effect, (failed + unseen) / effect, confidence);
        Located { value: request.error_rate().get(), low, high }
    }
}

/// What it would have been by this time sooner.
fn sooner(percentile: Located, time: Duration) -> Located {
    let micros = time.as_secs_f64() * 1e6;
    let sooner = |value: f64| (value - micros).max(SHORTEST.as_secs_f64() * 1e6);
    Located { value: sooner(percentile.value), low: sooner(percentile.low), high: sooner(percentile.high) }
}

fn not_comparable(name: &str, metric: Metric, reason: String) -> Compared {
    Compared::invalid(figure(name, Quantity::Percentile(metric.into(), 0.5)), reason)
}

fn figure(name: &str, quantity: Quantity) -> Figure {
    Figure { quantity, scope: name.into() }
}

fn named(request: &RequestBaseline) -> String {
    let sources: Vec<_> = request.token_sources.iter().map(String::as_str).collect();
    if sources.is_empty() { "nobody".to_owned() } else { sources.join(" and ") }
}

impl MetricBaseline {
    /// Samples, failed requests included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.hdr.len() + self.failed
    }

    /// The percentile `q`, +∞ where it falls on a failed request.
    fn value(&self, q: f64) -> Value {
        let value = self.hdr.at_rank(rank(q, self.count()));
        value.map_or(Duration::MAX, Duration::from_micros).into()
    }

    /// A metric of requests that all failed.
    fn all_failed(failed: u64, unseen: u64) -> Self {
        let effects = Percentiles { p50: 1.0, p95: 1.0, p99: 1.0 };
        let seconds = Percentiles { p50: None, p95: None, p99: None };
        Self { failed, unseen, seconds, effects, hdr: Histogram::new() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and microseconds are far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::Verdict::{Inconclusive, Invalid, Miss, Pass};
    use super::*;
    use crate::baseline::SCHEMA_VERSION;
    use crate::report::{Machine, Profile};

    fn metric(values: impl IntoIterator<Item = u64>, failed: u64) -> MetricBaseline {
        let mut hdr = Histogram::new();
        values.into_iter().for_each(|value| hdr.record(value));
        let seconds = Percentiles { p50: None, p95: None, p99: None };
        MetricBaseline { failed, unseen: 0, seconds, effects: Percentiles { p50: 1.0, p95: 1.0, p99: 1.0 }, hdr }
    }

    fn request(metrics: impl IntoIterator<Item = (Metric, MetricBaseline)>, failed: u64) -> RequestBaseline {
        let metrics: BTreeMap<_, _> = metrics.into_iter().collect();
        let finished = metrics.values().map(MetricBaseline::count).max().unwrap_or(failed);
        let token_sources = BTreeSet::from(["usage".to_owned()]);
        RequestBaseline { finished, failed, effect: 1.0, unseen: 0, token_sources, metrics }
    }

    fn run(requests: impl IntoIterator<Item = (&'static str, RequestBaseline)>) -> Baseline {
        Baseline {
            schema_version: SCHEMA_VERSION,
            definitions: 2,
            stamped_by: None,
            version: String::new(),
            test: "test".to_owned(),
            profile: Profile::Release,
            machine: Machine::default(),
            plan: Vec::new(),
            requests: requests.into_iter().map(|(name, request)| (name.to_owned(), request)).collect(),
        }
    }

    /// A thousand times spread from 100 to 200 ms, times `factor`.
    fn times(factor: u64) -> MetricBaseline {
        metric((0..1_000).map(|n| (100_000 + n * 100) * factor), 0)
    }

    fn chat(metric: MetricBaseline) -> Baseline {
        let failed = metric.failed;
        run([("chat", request([(Metric::Ttft, metric)], failed))])
    }

    fn all(before: &Baseline, after: &Baseline) -> Vec<Compared> {
        compared(before, after, &Doubts::default(), Tolerance::default(), |_| true)
    }

    fn verdicts(before: &Baseline, after: &Baseline) -> Vec<Verdict> {
        all(before, after).into_iter().map(|figure| figure.verdict).collect()
    }

    #[test]
    fn twice_as_slow_is_worse_and_the_other_way_round_better() {
        assert_eq!(verdicts(&chat(times(1)), &chat(times(2))), [Miss, Miss, Miss, Inconclusive]);
        let better = all(&chat(times(2)), &chat(times(1)));
        assert!(better[..3].iter().all(|figure| figure.verdict == Pass && figure.is_improved()), "{better:?}");
        assert!((better[0].change - 0.5).abs() < 0.01 && better[0].n == (1_000, 1_000), "{better:?}");
    }

    #[test]
    fn the_same_is_within_the_tolerance() {
        let same = all(&chat(times(1)), &chat(times(1)));
        let expected = [Pass, Pass, Pass, Inconclusive];
        assert_eq!(same.iter().map(|figure| figure.verdict).collect::<Vec<_>>(), expected, "{same:?}");
        assert!(same.iter().all(|figure| figure.may_be_unchanged() && !figure.is_improved()), "{same:?}");
    }

    #[test]
    fn a_rise_within_the_tolerance_is_no_regression() {
        let wide = Tolerance { share: 1.5, ..Tolerance::default() };
        let figures = compared(&chat(times(1)), &chat(times(2)), &Doubts::default(), wide, |_| true);
        assert!(figures.iter().all(|figure| figure.verdict != Miss), "{figures:?}");
    }

    #[test]
    fn failures_are_worse_than_any_time() {
        let mut failing = times(1);
        failing.failed = 200;
        let figures = all(&chat(times(1)), &chat(failing));
        assert_eq!(
            figures.iter().map(|figure| figure.verdict).collect::<Vec<_>>(),
            [Inconclusive, Miss, Miss, Miss],
            "{figures:?}"
        );
        assert!(figures[1].after.is_some_and(Value::is_unbounded) && figures[1].change.is_infinite());
        let only_failures = run([("chat", request([], 300))]);
        assert_eq!(verdicts(&chat(times(1)), &only_failures), [Miss, Miss, Miss, Miss]);
    }

    #[test]
    fn what_nobody_has_seen_proves_nothing_good() {
        let unseen = MetricBaseline { unseen: 900, ..times(1) };
        let figures = all(&chat(times(2)), &chat(unseen));
        assert!(figures[1].verdict == Inconclusive && figures[1].interval.1.is_infinite(), "{figures:?}");
    }

    #[test]
    fn samples_that_hang_together_prove_less() {
        let effects = Percentiles { p50: 500.0, p95: 500.0, p99: 500.0 };
        let figures = verdicts(&chat(times(1)), &chat(MetricBaseline { effects, ..times(2) }));
        assert_eq!(figures[0], Inconclusive);
    }

    #[test]
    fn next_to_nothing_is_no_matter_of_percents() {
        let tiny = |micros: u64| chat(metric([micros; 1_000], 0));
        assert_eq!(verdicts(&tiny(0), &tiny(90))[..3], [Pass; 3]);
        assert_eq!(verdicts(&tiny(0), &tiny(200))[..3], [Miss; 3]);
    }

    #[test]
    fn what_only_one_run_has_is_invalid() {
        let (before, after) = (run([("old", request([], 9))]), run([("new", request([], 9))]));
        let figures = all(&before, &after);
        assert_eq!(figures.iter().map(|figure| figure.verdict).collect::<Vec<_>>(), [Invalid, Invalid]);
        assert!(figures[1].reason.contains("save the baseline anew"), "{figures:?}");
        let with = |metrics: &[Metric]| run([("chat", request(metrics.iter().map(|metric| (*metric, times(1))), 0))]);
        let reasons = |before: &Baseline, after: &Baseline| {
            all(before, after)
                .into_iter()
                .map(|figure| figure.reason)
                .filter(|reason| !reason.is_empty())
                .collect::<Vec<_>>()
        };
        let (one, both) = (with(&[Metric::Ttft]), with(&[Metric::Ttft, Metric::Icl]));
        assert_eq!(reasons(&both, &one), ["no request of this run has it"]);
        assert_eq!(reasons(&one, &both), ["it is not in the baseline: save the baseline anew"]);
    }

    #[test]
    fn tokens_of_other_counters_do_not_compare_and_times_do() {
        let before = run([("chat", request([(Metric::Ttft, times(1)), (Metric::Tpot, times(1))], 0))]);
        let mut after = before.clone();
        after.requests.get_mut("chat").expect("it is there").token_sources =
            BTreeSet::from(["tokenizer llama".to_owned()]);
        let figures = all(&before, &after);
        let invalid: Vec<_> = figures.iter().filter(|figure| figure.verdict == Invalid).collect();
        assert_eq!(invalid.len(), 1);
        assert!(invalid[0].reason.ends_with("by usage in the baseline, by tokenizer llama now"), "{invalid:?}");
        assert_eq!(figures.len(), 5);
    }

    #[test]
    fn more_figures_take_more_evidence() {
        let one = all(&chat(times(1)), &chat(times(1)));
        let metrics = [Metric::Ttft, Metric::Icl, Metric::E2e].map(|metric| (metric, times(1)));
        let three = run([("chat", request(metrics, 0))]);
        let three = all(&three, &three);
        assert!(three[0].interval.0 < one[0].interval.0 && one[0].interval.1 < three[0].interval.1);
    }
}
