//! Decides objectives while a run goes on.

use std::time::Duration;

use super::check::with_default;
use super::generator::doubt;
use super::judge::{Measured, measure, measure_side};
use super::{Bound, Decision, Expected, Measure, Objective, Quantity, Value, Verdict};
use crate::report::Report;

/// What a look says of an objective.
enum Standing {
    /// It is decided.
    Decided(Verdict),
    /// More requests may decide it.
    Open,
    /// It holds as long as nothing breaks it, so that only the end tells.
    Waiting,
}

/// Notes what the requests so far decide of what is expected, with the time for which the run was measured. Gives whether more of them
/// would decide nothing: one objective is missed, or none is open.
pub(crate) fn decide(report: &Report, expected: &mut Expected, after: Duration) -> bool {
    let mut is_open = false;
    for objective in with_default(expected.objectives.clone(), report) {
        if expected.decision(&objective).is_some() {
            continue;
        }
        match standing(report, &objective) {
            Standing::Decided(verdict) => expected.decisions.push(Decision { objective, verdict, after }),
            Standing::Open => is_open = true,
            Standing::Waiting => {}
        }
    }
    !is_open || expected.decisions.iter().any(|decision| decision.verdict == Verdict::Miss)
}

fn standing(report: &Report, objective: &Objective) -> Standing {
    if let Bound::Within { low } = objective.bound {
        return of_band(report, objective, low);
    }
    of_measured(report, objective, measure(report, objective))
}

fn of_measured(report: &Report, objective: &Objective, measured: Result<Measured, String>) -> Standing {
    // A figure that can't be had may still come: a name that is seldom asked for. A doubt may be gone when more have come.
    let Ok(measured) = measured else { return Standing::Open };
    if !is_seen_whole(objective) || doubt(report, objective, &measured).is_some() {
        return Standing::Open;
    }
    let Measured { proof, .. } = measured;
    match proof.verdict {
        Verdict::Pass | Verdict::Miss if !proof.is_fact => Standing::Decided(proof.verdict),
        Verdict::Pass if may_only_improve(objective) => Standing::Decided(Verdict::Pass),
        Verdict::Miss if !may_only_improve(objective) => Standing::Decided(Verdict::Miss),
        _ if proof.is_fact && !may_only_improve(objective) => Standing::Waiting,
        _ => Standing::Open,
    }
}

/// A pass takes that of both sides, and a miss that of one at half of its probability, as at the end.
fn of_band(report: &Report, objective: &Objective, low: Value) -> Standing {
    let sides = |alpha| objective.sides(low, alpha).map(|side| of_measured(report, &side, measure_side(report, &side)));
    let is_missed = |side: &Standing| matches!(side, Standing::Decided(Verdict::Miss));
    if sides(objective.alpha / 2.0).iter().any(is_missed) {
        return Standing::Decided(Verdict::Miss);
    }
    match sides(objective.alpha) {
        [Standing::Decided(Verdict::Pass), Standing::Decided(Verdict::Pass)] => Standing::Decided(Verdict::Pass),
        [
            Standing::Decided(Verdict::Pass) | Standing::Waiting,
            Standing::Decided(Verdict::Pass) | Standing::Waiting,
        ] => Standing::Waiting,
        _ => Standing::Open,
    }
}

/// Whether a look sees all of it that belongs to the requests that it sees. Tokens count when they come, and those of a request may come
/// later than the look's end; and nobody tells a look of values that tasks are yet to record.
fn is_seen_whole(objective: &Objective) -> bool {
    match objective.quantity.measure() {
        Some(measure) => matches!(measure, Measure::Metric(_)),
        None => objective.quantity != Quantity::TokS,
    }
}

/// Whether more requests can only turn a fact into one that holds. Counts and largest values grow, so they can where the limit is a lower
/// one.
fn may_only_improve(objective: &Objective) -> bool {
    match objective.quantity {
        Quantity::Percentile(_, q) if q <= 0.0 => objective.bound == Bound::AtMost,
        Quantity::Percentile(..)
        | Quantity::Max(_)
        | Quantity::RequestCount
        | Quantity::Panics
        | Quantity::TaskErrors => objective.bound == Bound::AtLeast,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::clock::{Timestamp, ms, secs};
    use crate::record::{Recording, Window};
    use crate::report::{Ending, Facts, OnInconclusive, PlanSummary, Profile, Surroundings, build};
    use crate::sample::{Failure, FailureClass, Origin, Outcome, Sample, Stamps, Tokens};
    use crate::slo::{
        Looks, custom_time, error_rate, icl, max_stall, panics, request_count, request_rate, tok_s, ttft,
    };

    fn sample(place: u64, ttft: Option<u64>) -> Sample {
        let start = Timestamp::from_nanos(place * 1_000_000);
        let generated: Vec<_> = ttft.into_iter().flat_map(|ttft| [start + ms(ttft), start + ms(ttft + 10)]).collect();
        let end = generated.last().copied().unwrap_or(start);
        Sample {
            name: "chat".into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            stamps: Stamps { generated, end, ..Stamps::starting(start) },
            tokens: Tokens::default(),
            outcome: if ttft.is_some() {
                Outcome::Success
            } else {
                Outcome::Failed(Failure::new(FailureClass::Connect, "no response"))
            },
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: None,
        }
    }

    /// A request each millisecond, with these times to the first token; `None` failed.
    fn recording(ttfts: impl IntoIterator<Item = Option<u64>>) -> Recording {
        let mut recording = Recording::default();
        let samples = ttfts.into_iter().zip(0..).map(|(ttft, place)| sample(place, ttft));
        samples.for_each(|sample| recording.record(sample, Window::default()));
        recording
    }

    fn report(ttfts: impl IntoIterator<Item = Option<u64>>, in_flight: u64) -> Report {
        report_of(&recording(ttfts), in_flight)
    }

    fn report_of(recording: &Recording, in_flight: u64) -> Report {
        let window = ms(recording.finished().0 + recording.finished().1);
        let plan = PlanSummary {
            users: 2,
            arrivals: Vec::new(),
            has_steady_load: true,
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
            window,
            drained: Duration::ZERO,
            ending: Ending::Complete,
            spent: None,
            profile: Profile::Release,
            on_inconclusive: OnInconclusive::default(),
            surroundings: Surroundings::default(),
            warnings: Vec::new(),
        };
        let mut report = build(recording, facts);
        report.set_in_flight(in_flight);
        report.set_expected(Expected { looks: Looks::Many, ..Expected::default() });
        report
    }

    /// The verdict, if one is decided, and whether the run may end.
    fn decided(report: &Report, objective: Objective) -> (Option<Verdict>, bool) {
        let mut expected = Expected { objectives: vec![objective], looks: Looks::Many, ..Expected::default() };
        let may_end = decide(report, &mut expected, secs(7));
        (expected.decisions.first().map(|decision| decision.verdict), may_end)
    }

    const OPEN: (Option<Verdict>, bool) = (None, false);
    const WAITING: (Option<Verdict>, bool) = (None, true);
    const PASS: (Option<Verdict>, bool) = (Some(Verdict::Pass), true);
    const MISS: (Option<Verdict>, bool) = (Some(Verdict::Miss), true);

    fn all_at(ttft: u64, n: usize) -> impl Iterator<Item = Option<u64>> {
        std::iter::repeat_n(Some(ttft), n)
    }

    #[test]
    fn what_is_inferred_is_decided_when_there_are_enough() {
        let limit = || ttft("chat").p95().at_most(ms(200));
        assert_eq!(decided(&report(all_at(100, 799), 0), limit()), OPEN);
        assert_eq!(decided(&report(all_at(100, 800), 0), limit()), PASS);
        assert_eq!(decided(&report(all_at(300, 800), 0), limit()), MISS);
        assert_eq!(decided(&report(all_at(100, 4_000), 0), error_rate().at_most(0.01)), PASS);
        let varied = || (0..3_000_u64).map(|place| Some(100 + place * 7 % 50));
        assert_eq!(decided(&report(varied(), 0), ttft("chat").mean().at_most(ms(140))), PASS);
        assert_eq!(decided(&report(varied(), 0), request_rate().at_least(500.0)), PASS);
    }

    #[test]
    fn what_is_in_flight_may_be_on_either_side() {
        let limit = || ttft("chat").p95().at_most(ms(200));
        assert_eq!(decided(&report(all_at(100, 900), 10), limit()), PASS, "with 10 of 910 beyond it too");
        assert_eq!(decided(&report(all_at(100, 900), 40), limit()), OPEN);
        let slow = || all_at(100, 900).chain(all_at(300, 100)).enumerate();
        let mixed = || {
            let mut spread: Vec<_> = slow().map(|(place, ttft)| (place * 7_919 % 1_000, ttft)).collect();
            spread.sort_unstable();
            spread.into_iter().map(|(_, ttft)| ttft)
        };
        assert_eq!(decided(&report(mixed(), 0), limit()), MISS);
        assert_eq!(decided(&report(mixed(), 900), limit()), OPEN, "100 of 1,900 might be beyond it");
        let means =
            [ttft("chat").mean().at_most(secs(9)), request_rate().at_least(1.0), icl("chat").p50().at_most(secs(9))];
        for objective in means {
            assert_eq!(decided(&report(mixed(), 0), objective.clone()).0, Some(Verdict::Pass), "{objective}");
            assert_eq!(decided(&report(mixed(), 1), objective), OPEN, "nobody knows what it adds");
        }
    }

    #[test]
    fn a_fact_is_decided_when_nothing_can_change_it_and_holds_up_no_run_while_it_is_kept() {
        let (few, failed) = (|in_flight| report(all_at(100, 50), in_flight), report([Some(100), None], 0));
        for (objective, expected) in [
            (ttft("chat").max().at_most(ms(200)), WAITING),
            (ttft("chat").max().at_most(ms(99)), MISS),
            (ttft("chat").max().at_least(ms(99)), PASS),
            (ttft("chat").max().at_least(ms(200)), OPEN),
            (ttft("chat").p(0.0).at_least(ms(99)), WAITING),
            (ttft("chat").p(0.0).at_least(ms(200)), MISS),
            (max_stall("chat").p(1.0).at_most(ms(200)), WAITING),
            (request_count().at_least(50_u64), PASS),
            (request_count().at_least(51_u64), OPEN),
            (request_count().at_most(50_u64), WAITING),
            (request_count().at_most(49_u64), MISS),
            (error_rate().at_most(0.0), WAITING),
            (panics().at_most(0_u64), WAITING),
        ] {
            assert_eq!(decided(&few(0), objective.clone()), expected, "{objective}");
            let is_floor = objective.quantity.metric().is_some() && expected == PASS;
            let in_flight = if is_floor { OPEN } else { expected };
            assert_eq!(
                decided(&few(5), objective.clone()),
                in_flight,
                "a failure among them has no value: {objective}"
            );
        }
        assert_eq!(decided(&failed, error_rate().at_most(0.0)), MISS);
        assert_eq!(decided(&failed, ttft("chat").mean().at_most(secs(9))), MISS, "it is infinite");
    }

    #[test]
    fn a_figure_that_cannot_be_had_may_still_come() {
        assert_eq!(decided(&report([], 0), ttft("chat").p50().at_most(ms(200))), OPEN);
        let misspelt = || ttft("chatt").p50().at_most(ms(200));
        assert_eq!(decided(&report(all_at(100, 9), 1), misspelt()), OPEN, "it may be what is in flight");
        assert_eq!(decided(&report(all_at(100, 9), 0), misspelt()), OPEN, "or what is seldom asked for");
    }

    #[test]
    fn a_band_is_decided_by_its_sides() {
        let (few, many) = (report(all_at(100, 50), 0), report(all_at(100, 900), 0));
        assert_eq!(decided(&few, request_count().within(100_u64..=1_000)), OPEN, "there may be more");
        assert_eq!(decided(&few, request_count().within(10_u64..=40)), MISS);
        assert_eq!(decided(&few, request_count().within(10_u64..=100)), WAITING);
        assert_eq!(decided(&few, ttft("chat").max().within(ms(50)..=ms(150))), WAITING);
        assert_eq!(decided(&few, ttft("chat").max().within(ms(150)..=ms(250))), OPEN);
        assert_eq!(decided(&many, ttft("chat").p50().within(ms(50)..=ms(150))), PASS);
        assert_eq!(decided(&many, ttft("chat").p50().within(ms(150)..=ms(250))), MISS);
    }

    #[test]
    fn what_a_look_does_not_see_whole_stays_open() {
        assert_eq!(decided(&report(all_at(100, 900), 0), tok_s().at_least(0.0)), OPEN);
        assert_eq!(decided(&report(all_at(100, 900), 0), custom_time("tool").p50().at_most(ms(1))), OPEN);
    }

    #[test]
    fn a_miss_that_the_generators_delays_explain_is_not_decided() {
        let late = |moments| {
            let mut recording = recording(all_at(300, 900));
            for moment in 0..2_000 {
                recording.lateness.record(if moment < moments { ms(150) } else { Duration::ZERO });
            }
            report_of(&recording, 0)
        };
        let limit = || ttft("chat").p95().at_most(ms(200));
        assert_eq!(decided(&late(0), limit()), MISS);
        assert_eq!(decided(&late(990), limit()), OPEN);
    }

    #[test]
    fn a_miss_stands_although_what_came_later_would_not_prove_it() {
        let objective = ttft("chat").p95().at_most(ms(200));
        let expected = Expected {
            decisions: vec![Decision { objective: objective.clone(), verdict: Verdict::Miss, after: secs(7) }],
            objectives: vec![objective],
            looks: Looks::Many,
            ..Expected::default()
        };
        let mut report = report(all_at(100, 900), 0);
        report.set_expected(expected);
        assert_eq!(report.verdicts().judged()[0].verdict, Verdict::Miss);
    }

    #[test]
    fn a_decision_stands() {
        let objective = ttft("chat").p95().at_most(ms(200));
        let open = error_rate().at_most(0.01);
        let mut expected = Expected { objectives: vec![objective, open], looks: Looks::Many, ..Expected::default() };
        assert!(!decide(&report(all_at(100, 800), 0), &mut expected, secs(7)));
        let later = || all_at(100, 800).chain(all_at(300, 100));
        assert!(!decide(&report(later(), 0), &mut expected, secs(9)), "one is open");
        let [decision] = &expected.decisions[..] else { panic!("{expected:?}") };
        assert_eq!((decision.verdict, decision.after), (Verdict::Pass, secs(7)));
        let mut report = report(later(), 0);
        report.set_expected(expected);
        let verdicts = report.verdicts();
        let kept = verdicts.judged().iter().find(|judged| judged.decided_after == Some(secs(7)));
        assert!(kept.is_some_and(|judged| judged.verdict == Verdict::Pass && judged.n == 900), "{verdicts}");
    }
}
