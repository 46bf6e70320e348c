//! Whether the generator's own delays could have brought a verdict about: then it is no verdict on the server.

use std::time::Duration;

use super::exposure::Exposure;
use super::judge::{Measured, measure, measure_side, unseen};
use super::overload::{exhausted, late, overload};
use super::proof::{Proof, Rule, Share, as_f64};
use super::{Bound, Measure, Objective, Quantity, Value, Verdict};
use crate::record::{Lateness, STALL};
use crate::report::{Report, RequestReport};
use crate::sample::{FailureClass, FailureClasses, Metric};
use crate::stats::{Histogram, Ratio};

/// The samples have proven it once, so they are of parts enough.
const ENOUGH: usize = usize::MAX;

/// Why no verdict on this stands, if none does: the load was not what was asked for. What tasks did is theirs, and the lag is the
/// generator's own figure.
pub(super) fn overloaded(report: &Report, objective: &Objective) -> Option<String> {
    let is_apart = matches!(objective.quantity, Quantity::Panics | Quantity::TaskErrors)
        || objective.quantity.metric() == Some(Metric::Lag);
    if is_apart { None } else { overload(report) }
}

/// Why a verdict does not stand, if it does not.
pub(super) fn doubt(report: &Report, objective: &Objective, measured: &Measured) -> Option<String> {
    if let Some(overload) = overloaded(report, objective) {
        return Some(overload);
    }
    // What tasks recorded is theirs.
    let is_apart = match objective.quantity.measure() {
        Some(measure) => !matches!(measure, Measure::Metric(metric) if metric != Metric::Lag),
        None => matches!(objective.quantity, Quantity::Panics | Quantity::TaskErrors),
    };
    if is_apart {
        return None;
    }
    let request = report.figures(&objective.scope).ok()?;
    if measured.proof.verdict == Verdict::Inconclusive {
        // More requests would not decide it as long as they find no file.
        return exhausted(request).filter(|_| measured.failed > 0 && counts_connects(objective));
    }
    let stands = match objective.bound {
        Bound::Within { low } => band_stands(report, request, objective, low, measured.proof.verdict),
        Bound::AtMost | Bound::AtLeast => stands(report, request, objective, measured),
    };
    (!stands).then(|| exhausted(request).unwrap_or_else(|| late(report.health())))
}

/// A miss of a band stands if that of one side does, and a pass if those of both do.
fn band_stands(report: &Report, request: &RequestReport, objective: &Objective, low: Value, verdict: Verdict) -> bool {
    let alpha = if verdict == Verdict::Miss { objective.alpha / 2.0 } else { objective.alpha };
    let sides = objective.sides(low, alpha);
    let mut sides = sides.iter().filter_map(|side| {
        let measured = measure_side(report, side).ok()?;
        (measured.proof.verdict == verdict).then(|| stands(report, request, side, &measured))
    });
    if verdict == Verdict::Miss { sides.any(|stands| stands) } else { sides.all(|stands| stands) }
}

/// Whether the verdict on an objective with one limit would be the same without the generator's delays.
fn stands(report: &Report, request: &RequestReport, objective: &Objective, measured: &Measured) -> bool {
    match objective.quantity {
        Quantity::ErrorRate(_) => error_rate_stands(report, request, objective, measured),
        Quantity::GoodFraction => good_fraction_stands(report, request, objective, measured),
        Quantity::RequestRate | Quantity::RequestCount | Quantity::TokS | Quantity::Goodput => {
            rate_stands(report, request, objective, measured)
        }
        _ => match objective.quantity.metric() {
            Some(metric) if metric.is_rate() => token_rate_stands(report, request, objective, measured),
            Some(metric) if !metric.is_count() => time_stands(report, request, objective, measured, metric),
            _ => true,
        },
    }
}

/// A percentile of `tok_s_user` is the inverse of one of `tpot`, and so as late.
fn token_rate_stands(report: &Report, request: &RequestReport, objective: &Objective, measured: &Measured) -> bool {
    let (Quantity::Percentile(_, q), Value::Rate(limit)) = (objective.quantity, objective.limit) else {
        return rate_stands(report, request, objective, measured);
    };
    let Ok(limit) = Duration::try_from_secs_f64(limit.get().recip()) else { return true };
    let of_time = Objective {
        quantity: Quantity::Percentile(Metric::Tpot.into(), 1.0 - q),
        bound: if objective.bound == Bound::AtLeast { Bound::AtMost } else { Bound::AtLeast },
        limit: limit.into(),
        ..objective.clone()
    };
    match measure_side(report, &of_time) {
        Ok(measured) if measured.proof.verdict != Verdict::Inconclusive => {
            time_stands(report, request, &of_time, &measured, Metric::Tpot)
        }
        _ => true,
    }
}

/// Whether the true values would have to be smaller than those measured for the verdict to be another.
fn is_of_too_large_values(objective: &Objective, verdict: Verdict) -> bool {
    matches!((verdict, objective.bound), (Verdict::Miss, Bound::AtMost) | (Verdict::Pass, Bound::AtLeast))
}

/// Whether the true values would have to be larger than those measured for the verdict to be another.
fn is_of_too_small_values(objective: &Objective, verdict: Verdict) -> bool {
    matches!((verdict, objective.bound), (Verdict::Miss, Bound::AtLeast) | (Verdict::Pass, Bound::AtMost))
}

fn time_stands(
    report: &Report,
    request: &RequestReport,
    objective: &Objective,
    measured: &Measured,
    metric: Metric,
) -> bool {
    let exposure = Exposure::of(request, metric);
    let too_large = is_of_too_large_values(objective, measured.proof.verdict);
    if !too_large && !exposure.shortens {
        return true;
    }
    let excused = excused(report, request, FailureClasses::ALL).min(measured.failed);
    if measured.value.is_unbounded() && measured.failed > 0 && !matches!(objective.quantity, Quantity::Percentile(..)) {
        return excused < measured.failed;
    }
    let lateness = &report.health().lateness;
    let lag: &Histogram = request.lag().histogram();
    let of_lag =
        |figure: Option<f64>| if exposure.is_scheduled { micros(figure.unwrap_or(0.0)) } else { Duration::ZERO };
    match objective.quantity {
        Quantity::Percentile(_, q) if q > 0.0 && q < 1.0 => {
            percentile_stands(report, request, objective, measured, (metric, q), exposure, excused)
        }
        Quantity::Mean(_) => {
            let shift = lateness.mean() * exposure.adds + of_lag(lag.mean()) + floor(report, exposure);
            stands_beyond(report, objective, measured, shift, too_large)
        }
        _ => {
            let longest = of_lag(lag.max().map(as_f64));
            let shift = lateness.longest() * exposure.adds + longest + floor(report, exposure);
            stands_beyond(report, objective, measured, shift, too_large)
        }
    }
}

/// Whether the verdict is the same with a limit that lies further off by this time.
fn stands_beyond(
    report: &Report,
    objective: &Objective,
    measured: &Measured,
    shift: Duration,
    further_up: bool,
) -> bool {
    let Value::Time(limit) = objective.limit else { return true };
    let limit = if further_up { limit.saturating_add(shift) } else { limit.saturating_sub(shift) };
    verdict_with(report, objective, limit.into()) == Some(measured.proof.verdict)
}

fn verdict_with(report: &Report, objective: &Objective, limit: Value) -> Option<Verdict> {
    measure(report, &Objective { limit, ..objective.clone() }).ok().map(|measured| measured.proof.verdict)
}

/// For some time δ, the values beyond the limit by more than the delays up to δ make prove the same, even if all that a longer delay may
/// have met are on the other side.
fn percentile_stands(
    report: &Report,
    request: &RequestReport,
    objective: &Objective,
    measured: &Measured,
    (metric, q): (Metric, f64),
    exposure: Exposure,
    excused: u64,
) -> bool {
    let lateness = &report.health().lateness;
    let lag = if exposure.is_scheduled { request.lag().histogram().clone() } else { Histogram::new() };
    let values = request.distribution::<Duration>(metric);
    let (n, verdict) = (values.count(), measured.proof.verdict);
    let effect = as_f64(n) / as_f64(measured.effective.max(1));
    let Value::Time(limit) = objective.limit else { return true };
    let floor = floor(report, exposure);
    let unseen = if metric.counts_failures() { unseen(report, request) } else { 0 };
    let further_up = is_of_too_large_values(objective, verdict);
    let (rule, parts) = (Rule::of(report, objective), ENOUGH);
    delays(limit, lateness, &lag).any(|delay| {
        let shift = delay * exposure.adds + floor;
        let limit = if further_up { limit.saturating_add(shift) } else { limit.saturating_sub(shift) };
        // Failures stand beyond every upper limit.
        let (beyond, allowed) = match objective.bound {
            Bound::AtLeast => (values.histogram().below(Value::from(limit).recorded()), q),
            _ => (values.histogram().above(Value::from(limit).recorded()) + measured.failed, 1.0 - q),
        };
        let met = share_of(lateness.share_later_than(delay) * exposure.moments, values.histogram().len());
        let met = met.saturating_add(lag.above(Value::from(delay).recorded()));
        let share = if verdict == Verdict::Miss {
            Share { n, hits: beyond.saturating_sub(met.saturating_add(excused)), effect, parts }
        } else {
            Share { n: n + unseen, hits: beyond.saturating_add(met).min(n) + unseen, effect, parts }
        };
        Proof::of_share(share, allowed, rule).verdict == verdict
    })
}

/// From a thousandth of the limit to sixty times as much, and the longest.
fn delays(limit: Duration, lateness: &Lateness, lag: &Histogram) -> impl Iterator<Item = Duration> {
    let longest = lateness.longest().max(Duration::from_micros(lag.max().unwrap_or(0)));
    let grid = (-10..=6).map(move |power| limit.mul_f64(2_f64.powi(power)));
    std::iter::once(longest).chain(grid.filter(move |delay| *delay < longest))
}

/// What the client itself takes at the least, of times from the start of a request.
fn floor(report: &Report, exposure: Exposure) -> Duration {
    if exposure.shortens {
        return Duration::ZERO;
    }
    report.health().floor.as_ref().map_or(Duration::ZERO, |floor| floor.ttft_min)
}

/// Failures that the generator may have brought about: for want of files or ports, and as many time-outs as stalls may have met.
fn excused(report: &Report, request: &RequestReport, classes: FailureClasses) -> u64 {
    let timeouts: u64 = request
        .failures_by_class()
        .iter()
        .filter(|(class, _)| {
            classes.contains(**class)
                && matches!(
                    class,
                    FailureClass::ConnectTimeout
                        | FailureClass::TtftTimeout
                        | FailureClass::StallTimeout
                        | FailureClass::TotalTimeout
                )
        })
        .map(|(_, count)| count)
        .sum();
    let met = share_of(2.0 * report.health().lateness.share_later_than(STALL), request.count());
    let exhausted = if classes.contains(FailureClass::Connect) { request.counts().exhausted() } else { 0 };
    exhausted + timeouts.min(met)
}

/// Whether requests that found no file or port are among what is limited.
fn counts_connects(objective: &Objective) -> bool {
    !matches!(objective.quantity, Quantity::ErrorRate(classes) if !classes.contains(FailureClass::Connect))
}

/// An error rate without the failures that are excused.
fn error_rate_stands(report: &Report, request: &RequestReport, objective: &Objective, measured: &Measured) -> bool {
    if !is_of_too_large_values(objective, measured.proof.verdict) {
        return true;
    }
    let Quantity::ErrorRate(classes) = objective.quantity else { return true };
    let (n, excused) = (request.count(), excused(report, request, classes));
    if excused == 0 {
        return true;
    }
    let Value::Ratio(limit) = objective.limit else { return true };
    let failed = measured.failed.saturating_sub(excused);
    let effect = as_f64(n) / as_f64(measured.effective.max(1));
    let (hits, limit) = match objective.bound {
        Bound::AtLeast => (n - failed, 1.0 - limit.get()),
        _ => (failed, limit.get()),
    };
    Proof::of_share(Share { n, hits, effect, parts: ENOUGH }, limit, Rule::of(report, objective)).verdict
        == measured.proof.verdict
}

/// Of a limit on each request, delays up to this part do not matter.
const PART_OF_LIMIT: u32 = 20;

/// Requests that delays may have made bad: one that met none at its start nor at any of its events is as good as the server made it.
fn spoilt(report: &Report, request: &RequestReport) -> u64 {
    let limits = report.good_if().unwrap_or_default().iter();
    let of_times = limits.filter(|limit| !limit.metric.is_count() && !limit.metric.is_rate() && limit.high < u64::MAX);
    let smallest = of_times.map(|limit| Duration::from_micros(limit.high)).min();
    let matters = smallest.map_or(STALL, |limit| (limit / PART_OF_LIMIT).min(STALL));
    let gaps = as_f64(request.icl().histogram().len()) / as_f64(request.successes().max(1));
    let met = share_of((2.0 + gaps) * report.health().lateness.share_later_than(matters), request.successes());
    excused(report, request, FailureClasses::ALL).saturating_add(met)
}

/// A good fraction with those good that stalls may have made bad.
fn good_fraction_stands(report: &Report, request: &RequestReport, objective: &Objective, measured: &Measured) -> bool {
    let (Value::Ratio(limit), Some(good)) = (objective.limit, request.good_over_time()) else { return true };
    if !is_of_too_small_values(objective, measured.proof.verdict) {
        return true;
    }
    let n = request.count();
    let good = (good.total() + spoilt(report, request)).min(n);
    let effect = as_f64(n) / as_f64(measured.effective.max(1));
    let (hits, limit) = match objective.bound {
        Bound::AtLeast => (n - good, 1.0 - limit.get()),
        _ => (good, limit.get()),
    };
    Proof::of_share(Share { n, hits, effect, parts: ENOUGH }, limit, Rule::of(report, objective)).verdict
        == measured.proof.verdict
}

/// A rate that would have been larger by what the threads lost in stalls, and by what each request was delayed.
fn rate_stands(report: &Report, request: &RequestReport, objective: &Objective, measured: &Measured) -> bool {
    if !is_of_too_small_values(objective, measured.proof.verdict) {
        return true;
    }
    let lateness = &report.health().lateness;
    let request_time = request.processing_time().histogram().mean().map(micros).filter(|time| !time.is_zero());
    let delayed = request_time.map_or(0.0, |time| 2.0 * lateness.mean().as_secs_f64() / time.as_secs_f64());
    let good = request.good_over_time().filter(|_| objective.quantity == Quantity::Goodput);
    let good = good
        .map_or(1.0, |good| as_f64(good.total()) / as_f64(good.total().saturating_add(spoilt(report, request)).max(1)));
    let kept = good * (1.0 - lateness.stalled_share()) / (1.0 + delayed);
    let limit = match objective.limit {
        Value::Rate(rate) => Value::Rate((rate.get() * kept).into()),
        Value::Count(count) => Value::Count(share_of(kept, count)),
        Value::Ratio(ratio) => Value::Ratio(Ratio::from(ratio.get() * kept)),
        other => other,
    };
    verdict_with(report, objective, limit) == Some(measured.proof.verdict)
}

/// So many of a number, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares are not negative, and a cast stops at 2^64"
)]
fn share_of(share: f64, number: u64) -> u64 {
    (share * as_f64(number)).ceil() as u64
}

fn micros(micros: f64) -> Duration {
    Duration::from_secs_f64(micros.max(0.0) / 1e6)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::clock::{Timestamp, ms, secs};
    use crate::record::{Arrived, GoodIf, Recording, Stalls, Window};
    use crate::report::{
        Ending, Facts, Floor, MachineLoad, OnInconclusive, PlanSummary, Profile, Surroundings, Throttling, build,
    };
    use crate::sample::{Counted, Exhausted, Failure, Origin, Outcome, Sample, Schedule, Stamps, TokenSource, Tokens};
    use crate::slo::*;

    const SERVER_TTFT: u64 = 100;

    /// A run of 10 s that is put together by hand.
    struct Run {
        recording: Recording,
        surroundings: Surroundings,
        requests: u64,
    }

    impl Run {
        /// So many requests, of 100 ms to the first token and gaps of 20 ms.
        fn of(requests: u64) -> Self {
            Self::with_ttft(requests, |_| SERVER_TTFT)
        }

        fn with_ttft(requests: u64, ttft: impl Fn(u64) -> u64) -> Self {
            let mut run = Self { recording: Recording::default(), surroundings: Surroundings::default(), requests: 0 };
            for number in 0..requests {
                run.add(ttft(number), Outcome::Success, 0);
            }
            run
        }

        fn add(&mut self, ttft: u64, outcome: Outcome, lag: u64) {
            let at = Timestamp::from_nanos(0) + ms(10 * self.requests);
            let start = at + ms(lag);
            self.requests += 1;
            let tokens = Some(Counted { tokens: 3, source: TokenSource::Usage });
            let sample = Sample {
                name: "chat".into(),
                origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
                stamps: Stamps {
                    generated: [0, 20, 40].map(|later| start + ms(ttft + later)).to_vec(),
                    terminal: Some(start + ms(ttft + 41)),
                    end: start + ms(ttft + 41),
                    schedule: Some(Schedule { at, ready: at, own: Duration::ZERO }),
                    ..Stamps::starting(start)
                },
                tokens: Tokens { prompt: tokens, completion: tokens },
                outcome,
                malformed: 0,
                body_bytes: 0,
                resent: false,
                retry: false,
                turn: None,
                details: None,
            };
            self.recording.record(sample, Window::default());
        }

        fn failing(mut self, number: u64, failure: &Failure) -> Self {
            // Throughout the run, as those that hang together prove less.
            for place in 0..number {
                self.requests = place * 1_000 / number;
                self.add(SERVER_TTFT, Outcome::Failed(failure.clone()), 0);
            }
            self
        }

        /// Of 2 000 moments so many were so late; the others not at all.
        fn late(mut self, moments: u64, late: Duration) -> Self {
            for moment in 0..2_000 {
                self.recording.lateness.record(if moment < moments { late } else { Duration::ZERO });
            }
            self
        }

        fn stalled(mut self, time: Duration) -> Self {
            self.recording.lateness.record_stall(Stalls { time, computing: time, waiting: Duration::ZERO });
            self
        }

        fn on(mut self, machine: MachineLoad) -> Self {
            self.surroundings.machine = machine;
            self
        }

        fn report(self, profile: Profile) -> Report {
            let plan = PlanSummary {
                users: 2,
                arrivals: Vec::new(),
                has_steady_load: false,
                max_users: None,
                ramp: Duration::ZERO,
                warm_up: Duration::ZERO,
                spawn_rate: None,
                run_time: secs(10),
                stop_timeout: secs(1),
                seed: 1,
                classes: Vec::new(),
            };
            let facts = Facts {
                name: "test".to_owned(),
                plan,
                started: Timestamp::from_nanos(0),
                started_wall: SystemTime::UNIX_EPOCH,
                window: secs(10),
                drained: Duration::ZERO,
                ending: Ending::Complete,
                spent: None,
                profile,
                on_inconclusive: OnInconclusive::default(),
                surroundings: self.surroundings,
                warnings: Vec::new(),
            };
            build(&self.recording, facts)
        }

        #[track_caller]
        fn gives(self, objective: Objective, verdict: Verdict) -> String {
            let report = self.report(Profile::Release);
            let judged = report.check([objective]).judged()[0].clone();
            assert_eq!(judged.verdict, verdict, "{judged}");
            assert!(
                verdict != Verdict::Invalid || (judged.value.is_some() && judged.n > 0),
                "what was measured stays: {judged:?}"
            );
            judged.reason
        }
    }

    #[test]
    fn a_healthy_generator_leaves_every_verdict_as_it_is() {
        for (limit, verdict) in [(99, Verdict::Miss), (101, Verdict::Pass)] {
            Run::of(1_000).late(20, Duration::from_micros(80)).gives(ttft("chat").p95().at_most(ms(limit)), verdict);
        }
        Run::of(1_000).gives(ttft("chat").p95().at_most(ms(99)), Verdict::Miss);
    }

    #[test]
    fn a_miss_stands_only_beyond_what_late_reads_explain() {
        // A tenth of the moments 30 ms late: two reads of a request, so up to a fifth of them may be up to 60 ms too large.
        let slow_for_a_tenth = || Run::with_ttft(1_000, |number| if number % 10 == 0 { 130 } else { 100 });
        let limit = |limit| ttft("chat").p95().at_most(ms(limit));
        slow_for_a_tenth().gives(limit(120), Verdict::Miss);
        let reason = slow_for_a_tenth().late(200, ms(30)).gives(limit(120), Verdict::Invalid);
        assert!(reason.contains("read events up to 30.0ms late, 10 % of the time by more than 10ms"), "{reason}");
        // As late, and the server is three times as slow as it may be.
        Run::of(1_000).late(200, ms(30)).gives(limit(30), Verdict::Miss);
        // Late too seldom.
        slow_for_a_tenth().late(2, ms(30)).gives(limit(120), Verdict::Miss);
        slow_for_a_tenth().late(200, ms(30)).gives(limit(200), Verdict::Pass);
    }

    #[test]
    fn a_lower_limit_may_be_kept_by_delays_alone() {
        let limit = |limit| ttft("chat").p(0.05).at_least(ms(limit));
        Run::of(1_000).gives(limit(90), Verdict::Pass);
        Run::of(1_000).late(1_900, ms(30)).gives(limit(90), Verdict::Invalid);
        Run::of(1_000).late(1_900, ms(30)).gives(limit(150), Verdict::Miss);
    }

    #[test]
    fn a_gap_may_be_too_small_as_well_as_too_large() {
        for metric in [icl("chat"), tpot("chat"), max_stall("chat")] {
            let (above, below) = (metric.clone().p50().at_most(ms(21)), metric.p50().at_most(ms(19)));
            Run::of(1_000).gives(above.clone(), Verdict::Pass);
            Run::of(1_000).gives(below.clone(), Verdict::Miss);
            Run::of(1_000).late(1_000, ms(8)).gives(above, Verdict::Invalid);
            Run::of(1_000).late(1_000, ms(8)).gives(below, Verdict::Invalid);
        }
    }

    #[test]
    fn what_counts_from_the_schedule_has_the_lag_too() {
        let run = || {
            let mut run = Run::of(0);
            (0..1_000).for_each(|_| run.add(SERVER_TTFT, Outcome::Success, 30));
            run.late(0, Duration::ZERO)
        };
        run().gives(ttft_sched("chat").p95().at_most(ms(110)), Verdict::Invalid);
        run().gives(ttft("chat").p95().at_most(ms(99)), Verdict::Miss);
        run().gives(lag("chat").p95().at_most(ms(29)), Verdict::Miss);
    }

    #[test]
    fn means_and_largest_values_move_by_the_mean_and_the_longest_lateness() {
        for (objective, moved, not) in [
            (ttft("chat").mean().at_most(ms(95)), ms(10), ms(1)),
            (ttft("chat").max().at_most(ms(95)), ms(10), ms(1)),
            (ttft("chat").p(1.0).at_most(ms(95)), ms(10), ms(1)),
        ] {
            Run::of(1_000).late(2_000, moved).gives(objective.clone(), Verdict::Invalid);
            Run::of(1_000).late(2_000, not).gives(objective, Verdict::Miss);
        }
        Run::of(1_000).late(1, ms(10)).gives(ttft("chat").mean().at_most(ms(95)), Verdict::Miss);
        Run::of(1_000).late(1, ms(10)).gives(ttft("chat").max().at_most(ms(95)), Verdict::Invalid);
    }

    #[test]
    fn a_rate_that_stalls_explain_is_not_the_servers() {
        let run = || Run::of(1_000).late(0, Duration::ZERO).stalled(ms(900));
        run().gives(request_count().at_least(1_050_u64), Verdict::Invalid);
        run().gives(request_count().at_least(2_000_u64), Verdict::Miss);
        run().gives(request_count().at_least(900_u64), Verdict::Pass);
        run().gives(request_rate().at_least(104.0), Verdict::Invalid);
        run().gives(tok_s().at_least(1_000.0), Verdict::Miss);
    }

    #[test]
    fn a_band_is_doubted_on_the_side_that_delays_may_have_crossed() {
        let band = |low, high| ttft("chat").p50().within(ms(low)..=ms(high));
        let late = || Run::of(1_000).late(1_900, ms(30));
        late().gives(band(20, 95), Verdict::Invalid);
        late().gives(band(20, 30), Verdict::Miss);
        late().gives(band(120, 200), Verdict::Miss);
        late().gives(band(90, 200), Verdict::Invalid);
        late().gives(band(20, 200), Verdict::Pass);
    }

    #[test]
    fn a_token_rate_is_as_late_as_the_time_per_token() {
        // 20 ms a token: 50 a second.
        let limit = |limit| tok_s_user("chat").p(0.05).at_least(limit);
        Run::of(1_000).gives(limit(55.0), Verdict::Miss);
        Run::of(1_000).late(1_000, ms(8)).gives(limit(55.0), Verdict::Invalid);
        Run::of(1_000).late(1_000, ms(8)).gives(limit(400.0), Verdict::Miss);
        Run::of(1_000).late(2_000, ms(8)).gives(limit(45.0), Verdict::Invalid);
    }

    #[test]
    fn requests_that_stalls_may_have_made_bad_count_as_good() {
        let run = |late| {
            let mut run = Run::of(0);
            run.recording = Recording::counting_good(GoodIf::all([ttft(ALL).each().at_most(ms(110))]));
            (0..1_000).for_each(|number| run.add(if number % 20 == 0 { 130 } else { 100 }, Outcome::Success, 0));
            run.late(late, ms(30)).report(Profile::Release)
        };
        let judged = |late, objective: Objective| run(late).check([objective]).judged()[0].verdict;
        let (fraction, rate) = (good_fraction().at_least(0.99), goodput().at_least(98.0));
        assert_eq!((judged(0, fraction.clone()), judged(200, fraction)), (Verdict::Miss, Verdict::Invalid));
        assert_eq!((judged(0, rate.clone()), judged(200, rate)), (Verdict::Miss, Verdict::Invalid));
        assert_eq!(judged(20, good_fraction().at_least(0.9999)), Verdict::Miss, "so few were not met");
    }

    #[test]
    fn files_and_ports_that_ran_out_are_no_failures_of_the_server() {
        let none_left = |what| Failure::new(FailureClass::Connect, "none left").for_want_of(what);
        let run = |what| Run::of(1_000).failing(200, &none_left(what));
        let reason = run(Exhausted::Files).gives(error_rate().at_most(0.01), Verdict::Invalid);
        assert!(reason.starts_with("200 requests failed since this process may open no further file"), "{reason}");
        let reason = run(Exhausted::Ports).gives(ttft("chat").p95().at_most(ms(500)), Verdict::Invalid);
        assert!(reason.contains("no local port left"), "{reason}");
        run(Exhausted::Ports).gives(ttft("chat").mean().at_most(ms(500)), Verdict::Invalid);
        run(Exhausted::Files).gives(error_rate().at_most(0.5), Verdict::Pass);
        // The server fails often enough beside them.
        let refused = Failure::new(FailureClass::Connect, "no response");
        run(Exhausted::Files).failing(300, &refused).gives(error_rate().at_most(0.01), Verdict::Miss);
        run(Exhausted::Files).failing(300, &refused).gives(ttft("chat").mean().at_most(ms(500)), Verdict::Miss);
    }

    #[test]
    fn time_outs_are_excused_as_far_as_stalls_may_have_met_them() {
        let late = Failure::new(FailureClass::TtftTimeout, "no generated event within 1s");
        Run::of(1_000).failing(30, &late).late(0, Duration::ZERO).gives(error_rate().at_most(0.01), Verdict::Miss);
        Run::of(1_000).failing(30, &late).late(40, ms(50)).gives(error_rate().at_most(0.01), Verdict::Invalid);
        Run::of(1_000).failing(300, &late).late(40, ms(50)).gives(error_rate().at_most(0.01), Verdict::Miss);
    }

    #[test]
    fn an_error_rate_of_some_failures_is_excused_for_those_alone() {
        let late = Failure::new(FailureClass::TtftTimeout, "no generated event within 1s");
        let refused = Failure::new(FailureClass::HttpStatus, "HTTP 503");
        let run = || Run::of(1_000).failing(30, &late).failing(500, &refused).late(40, ms(50));
        let of = |class| error_rate().class(class).at_most(0.005);
        run().gives(of(FailureClass::TtftTimeout), Verdict::Invalid);
        run().gives(of(FailureClass::HttpStatus), Verdict::Miss);
    }

    #[test]
    fn an_overload_leaves_no_verdict_but_on_tasks_and_on_the_generator() {
        let run = || Run::of(1_000).late(300, ms(80)).stalled(secs(2));
        let reason = run().gives(ttft("chat").p95().at_most(secs(9)), Verdict::Invalid);
        assert!(
            reason.contains("its threads stalled for 20 % of the time") && reason.contains("a task blocks"),
            "{reason}"
        );
        run().gives(error_rate().at_most(0.5), Verdict::Invalid);
        run().gives(panics().at_most(0_u64), Verdict::Pass);
        run().gives(lag("chat").p95().at_most(ms(1)), Verdict::Pass);
        // A hiccup is none.
        Run::of(1_000).late(10, ms(80)).stalled(ms(900)).gives(ttft("chat").p95().at_most(secs(9)), Verdict::Pass);
    }

    #[test]
    fn arrivals_that_come_late_are_another_load() {
        let mut run = Run::of(0);
        (0..1_000).for_each(|number| run.add(SERVER_TTFT, Outcome::Success, 3 * number));
        run.recording.arrivals = Arrived { begun: 1_000, ..Arrived::default() };
        let reason = run.gives(ttft("chat").p95().at_most(secs(9)), Verdict::Invalid);
        assert!(reason.contains("70") && reason.contains("of the requested rate, lag p99"), "{reason}");
    }

    #[test]
    fn the_client_cannot_tell_times_below_its_own() {
        let run = |floor: u64| {
            let mut run = Run::of(1_000).late(0, Duration::ZERO);
            let time = ms(floor);
            run.surroundings.floor =
                Ok(Floor { ttft_min: time, ttft_p50: time, ttft_p99: time, events: 10_000.0.into() });
            run
        };
        run(60).gives(ttft("chat").p95().at_most(ms(50)), Verdict::Invalid);
        run(2).gives(ttft("chat").p95().at_most(ms(50)), Verdict::Miss);
    }

    #[test]
    fn the_cause_is_named_by_what_is_most_likely() {
        let machine = || MachineLoad { cores: 2.0, ..MachineLoad::default() };
        let told = |machine: MachineLoad, stalls: Stalls| {
            let mut run = Run::of(1_000).late(1_000, ms(30)).on(machine);
            run.recording.lateness.record_stall(stalls);
            run.gives(ttft("chat").p95().at_most(ms(90)), Verdict::Invalid)
        };
        let (none, full) = (Stalls::default(), Some(Ratio::from(0.97)));
        let own = Stalls { time: ms(90), computing: ms(80), waiting: ms(5) };
        let others = Stalls { time: ms(90), computing: ms(5), waiting: ms(80) };
        let asleep = Stalls { time: ms(90), computing: ms(1), waiting: ms(1) };
        let throttled = Throttling { periods: 7, time: secs(2), share: Ratio::from(0.2) };
        for (machine, stalls, cause) in [
            (
                MachineLoad { throttled: Some(throttled), used: full, ..machine() },
                own,
                "was throttled for 2.0s in 7 periods",
            ),
            (MachineLoad { steal: Some(Ratio::from(0.2)), used: full, ..machine() }, own, "the host took 20 % of"),
            (MachineLoad { used: full, busy: full, ..machine() }, own, "this process used 97 % of its 2.00 processors"),
            (MachineLoad { busy: full, ..machine() }, others, "other threads or processes keep the processors busy"),
            (MachineLoad { busy: full, ..machine() }, own, "a task blocks its thread"),
            (MachineLoad { busy: full, ..machine() }, asleep, "a task blocks its thread"),
            (MachineLoad { busy: full, ..machine() }, none, "other threads or processes keep"),
            (machine(), none, "the cause is not known"),
        ] {
            let reason = told(machine, stalls);
            assert!(reason.contains(cause), "{cause}: {reason}");
        }
        let report = Run::of(1_000).late(1_000, ms(30)).report(Profile::Debug);
        let verdicts = report.check([ttft("chat").p95().at_most(ms(90))]);
        assert!(verdicts.to_string().contains("this is a debug build"), "{verdicts}");
        assert!(verdicts.to_string().contains("INVALID  chat ttft p95  100 ms  at most 90 ms"), "{verdicts}");
    }
}
