//! Checks objectives against a report.

use super::judge::judge;
use super::{Bound, Judged, Objective, Quantity, Verdict, Verdicts, WorstOfMissed, panics};
use crate::report::{OnInconclusive, Report};
use crate::sample::Metric;

impl Report {
    /// Judges the objectives and panics with the printed block if one of them did not pass.
    ///
    /// No task may panic, unless `panics().at_most(n)` is among them.
    ///
    /// # Panics
    /// When an objective is missed, or its figure can't be had. The panic names the caller's line.
    #[track_caller]
    pub fn assert(&self, objectives: impl IntoIterator<Item = Objective>) {
        self.check(objectives).assert();
    }

    /// Judges what [`LoadTest::expect`](crate::run::LoadTest::expect) declared: what the run itself asserts, unless it is a
    /// [`try_run`](crate::run::LoadTest::try_run).
    ///
    /// No task may panic, unless `panics().at_most(n)` is among them.
    ///
    /// ```
    /// # use sse_load::prelude::*;
    /// # fn nightly(test: LoadTest) -> Result<bool, sse_load::run::RunError> {
    /// let report = test.expect([ttft("chat").p95().at_most(ms(250)), error_rate().at_most(0.01)]).try_run()?;
    /// println!("{} objectives:\n{}", report.objectives().len(), report.verdicts());
    /// Ok(report.verdicts().passed())
    /// # }
    /// ```
    pub fn verdicts(&self) -> Verdicts {
        self.judged(self.objectives().to_vec())
    }

    /// Judges the objectives; `Display` of the outcome prints the block.
    ///
    /// No task may panic, unless `panics().at_most(n)` is among them.
    pub fn check(&self, objectives: impl IntoIterator<Item = Objective>) -> Verdicts {
        let objectives: Vec<_> = objectives.into_iter().collect();
        // The run itself publishes what it expects.
        let is_published = !objectives.is_empty() && objectives.iter().all(|one| self.objectives().contains(one));
        let verdicts = self.judged(objectives);
        if !is_published {
            verdicts.publish();
        }
        verdicts
    }

    fn judged(&self, objectives: Vec<Objective>) -> Verdicts {
        let objectives = with_default(objectives, self);
        let mut judged: Vec<_> = objectives.into_iter().map(|objective| judged(self, objective)).collect();
        judged.sort_by_key(|judged| judged.verdict == Verdict::Pass);
        Verdicts {
            worst: worst(self, &judged),
            judged,
            name: self.name().to_owned(),
            plan: self.plan().clone(),
            window: self.window(),
            ending: self.ending(),
            requests: self.total().count(),
            request_names: self.requests().len(),
            profile: self.profile(),
            failures: self.failures().to_vec(),
            task_errors: self.task_errors().to_vec(),
            panics: self.panics().to_vec(),
            warnings: self.warnings().to_vec(),
            on_inconclusive: self.on_inconclusive(),
            artifacts: self.artifacts().clone(),
        }
    }
}

fn judged(report: &Report, objective: Objective) -> Judged {
    let mut judged = judge(report, objective);
    judged.objective.accepts_inconclusive |= report.on_inconclusive() != OnInconclusive::Fail;
    judged
}

/// Adds `panics().at_most(0)` unless the caller sets a limit on panics. Where it holds it goes without saying, except that a
/// check of nothing must not pass a run without requests.
pub(super) fn with_default(mut objectives: Vec<Objective>, report: &Report) -> Vec<Objective> {
    let limits_panics = objectives.iter().any(|objective| objective.quantity == Quantity::Panics);
    if !limits_panics && (report.panic_count() > 0 || objectives.is_empty()) {
        objectives.push(panics().at_most(0_u64));
    }
    objectives
}

fn worst(report: &Report, judged: &[Judged]) -> Vec<WorstOfMissed> {
    let mut worst = Vec::new();
    for judged in judged.iter().filter(|judged| judged.verdict == Verdict::Miss) {
        let Some(metric) = judged.objective.quantity.metric().filter(|metric| breaks_by_its_worst(judged, *metric))
        else {
            continue;
        };
        let request = report.figures(&judged.objective.scope);
        if let Some(sample) = request.ok().and_then(|request| request.worst(metric)) {
            let found = WorstOfMissed { metric, sample: *sample, beside_failures: judged.failed > 0 };
            if !worst.contains(&found) {
                worst.push(found);
            }
        }
    }
    worst
}

/// Whether the limit lies on the side of the worst values: above, and of a rate below.
fn breaks_by_its_worst(judged: &Judged, metric: Metric) -> bool {
    match judged.objective.bound {
        Bound::AtMost => !metric.is_rate(),
        Bound::AtLeast => metric.is_rate(),
        Bound::Within { low } => judged.value.is_some_and(|value| (value < low) == metric.is_rate()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::clock::{Timestamp, ms, secs};
    use crate::record::{PanicKey, Recording, Window};
    use crate::report::{Ending, Facts, OnInconclusive, PlanSummary, Profile, Surroundings, build};
    use crate::sample::{Counted, Failure, FailureClass, Metric, Origin, Outcome, Sample, Stamps, TokenSource, Tokens};
    use crate::slo::*;

    const ORIGIN: Origin = Origin { user: "ChatUser", task: "joke", file: "tests/chat.rs", line: 14, tags: &[] };

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    /// A head after 10 ms, reasoning, then output 5 ms later, then two gaps of 20 and 25 ms, the marker 5 ms after; 7 tokens.
    fn sample(name: &str, ttft: u64, source: TokenSource, outcome: Outcome) -> Sample {
        let counted = |tokens| Some(Counted { tokens, source });
        let stamps = Stamps {
            headers: Some(at(10)),
            generated: [0, 5, 25, 50].map(|later| at(ttft + later)).to_vec(),
            first_output: Some(at(ttft + 5)),
            terminal: Some(at(ttft + 55)),
            end: at(ttft + 60),
            ..Stamps::starting(at(0))
        };
        let tokens = Tokens { prompt: counted(11), completion: counted(6) };
        Sample {
            name: name.into(),
            origin: ORIGIN,
            stamps,
            tokens,
            outcome,
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: None,
        }
    }

    fn success(name: &str, ttft: u64) -> Sample {
        sample(name, ttft, TokenSource::Usage, Outcome::Success)
    }

    fn failure(name: &str) -> Sample {
        sample(name, 40, TokenSource::Usage, Outcome::Failed(Failure::new(FailureClass::Connect, "no response")))
    }

    /// So many of the same, one each millisecond.
    fn many(number: u64, sample: Sample) -> impl Iterator<Item = Sample> {
        every(1, number, sample)
    }

    /// So many of the same, one each `step` milliseconds.
    fn every(step: u64, number: u64, sample: Sample) -> impl Iterator<Item = Sample> {
        (0..number).map(move |place| later(sample.clone(), place * step))
    }

    fn later(mut sample: Sample, by: u64) -> Sample {
        let Stamps { start, headers, generated, first_output, terminal, end, .. } = &mut sample.stamps;
        let stamps = [start, end].into_iter().chain(generated).chain(headers).chain(first_output).chain(terminal);
        stamps.for_each(|stamp| *stamp = *stamp + ms(by));
        sample
    }

    fn report(samples: impl IntoIterator<Item = Sample>, panics: u64) -> Report {
        let mut recording = Recording::default();
        samples.into_iter().for_each(|sample| recording.record(sample, Window::default()));
        let key = PanicKey { origin: ORIGIN, message: "broken".to_owned(), location: "tests/chat.rs:20".to_owned() };
        (0..panics).for_each(|_| recording.panics.add(key.clone(), at(0), ""));
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
            started: at(0),
            started_wall: SystemTime::UNIX_EPOCH,
            window: secs(10),
            drained: Duration::ZERO,
            ending: Ending::Complete,
            spent: None,
            profile: Profile::Release,
            on_inconclusive: OnInconclusive::default(),
            surroundings: Surroundings::default(),
            warnings: Vec::new(),
        };
        build(&recording, facts)
    }

    /// 100 ms to the first token at `chat`, 200 ms at `search`.
    fn two_names() -> Report {
        let (chat, search, failed) = (success("chat", 100), success("search", 200), failure("search"));
        report(many(500, chat).chain(many(500, search)).chain(many(500, failed)), 0)
    }

    fn verdict(report: &Report, objective: Objective) -> Verdict {
        report.check([objective]).judged()[0].verdict
    }

    fn reason(report: &Report, objective: Objective) -> String {
        let verdicts = report.check([objective]);
        assert_eq!(verdicts.judged()[0].verdict, Verdict::Invalid, "{verdicts}");
        assert!(!verdicts.passed());
        verdicts.judged()[0].reason.clone()
    }

    #[test]
    fn every_quantity_keeps_a_limit_that_is_its_own_value_and_misses_the_next() {
        let report = report(many(10_000, success("chat", 100)), 0);
        let one_more_or_less = [
            (
                ttft("chat").p50().at_most(ms(100)),
                ttft("chat").p50().at_most(ms(99)),
                ttft("chat").p50().at_least(ms(101)),
            ),
            (
                ttfo("chat").p90().at_most(ms(105)),
                ttfo("chat").p90().at_most(ms(104)),
                ttfo("chat").p90().at_least(ms(106)),
            ),
            (icl("chat").p(1.0).at_most(ms(25)), icl("chat").p99().at_most(ms(24)), icl("chat").max().at_least(ms(26))),
            (
                max_stall(ALL).p95().at_most(ms(25)),
                max_stall(ALL).p95().at_most(ms(24)),
                max_stall(ALL).p95().at_least(ms(26)),
            ),
            (
                tpot("chat").mean().at_most(ms(10)),
                tpot("chat").mean().at_most(ms(9)),
                tpot("chat").mean().at_least(ms(11)),
            ),
            (
                e2e("chat").max().at_most(ms(150)),
                e2e("chat").max().at_most(ms(149)),
                e2e("chat").max().at_least(ms(151)),
            ),
            (
                processing_time("chat").p99().at_most(ms(155)),
                processing_time("chat").p99().at_most(ms(154)),
                processing_time("chat").p99().at_least(ms(156)),
            ),
            (
                ttfb("chat").p50().at_most(ms(10)),
                ttfb("chat").p50().at_most(ms(9)),
                ttfb("chat").p50().at_least(ms(11)),
            ),
            (
                prompt_tokens("chat").p50().at_most(11_u64),
                prompt_tokens("chat").p50().at_most(10_u64),
                prompt_tokens("chat").p50().at_least(12_u64),
            ),
            (
                completion_tokens("chat").mean().at_least(6_u64),
                completion_tokens("chat").mean().at_most(5_u64),
                completion_tokens("chat").mean().at_least(7_u64),
            ),
            (
                request_count().at_most(10_000_u64),
                request_count().at_most(9_999_u64),
                request_count().at_least(10_001_u64),
            ),
            (request_rate().at_least(1_000), request_rate().at_most(990), request_rate().at_least(1_010)),
            (tok_s().at_least(5_900), tok_s().at_most(5_800), tok_s().at_least(6_001)),
        ];
        for (kept, above, below) in one_more_or_less {
            assert_eq!(verdict(&report, kept.clone()), Verdict::Pass, "{kept:?}");
            assert_eq!(verdict(&report, above.clone()), Verdict::Miss, "{above:?}");
            assert_eq!(verdict(&report, below.clone()), Verdict::Miss, "{below:?}");
        }
    }

    #[test]
    fn an_error_rate_is_proven_by_as_many_requests_as_it_takes() {
        let good = |n| report(many(n, success("chat", 1)), 0);
        assert_eq!(verdict(&good(299), error_rate().at_most(0.01)), Verdict::Pass);
        assert_eq!(verdict(&good(298), error_rate().at_most(0.01)), Verdict::Inconclusive);
        assert_eq!(verdict(&good(1), error_rate().at_most(0.0)), Verdict::Pass, "no failure is a fact");
        let quarter = report(many(300, success("chat", 1)).chain(every(3, 100, failure("chat"))), 0);
        for (objective, expected) in [
            (error_rate().at_most(0.4), Verdict::Pass),
            (error_rate().at_most(0.25), Verdict::Inconclusive),
            (error_rate().at_least(0.25), Verdict::Inconclusive),
            (error_rate().at_most(0.1), Verdict::Miss),
            (error_rate().at_most(0.0), Verdict::Miss),
            (error_rate().at_least(0.1), Verdict::Pass),
            (error_rate().at_least(0.5), Verdict::Miss),
        ] {
            assert_eq!(verdict(&quarter, objective.clone()), expected, "{objective:?}");
        }
    }

    #[test]
    fn few_requests_prove_no_percentile() {
        let few = report(many(58, success("chat", 100)), 0);
        let objective = ttft("chat").p95().at_most(secs(9));
        let verdicts = few.check([objective.clone()]);
        let judged = &verdicts.judged()[0];
        assert_eq!((judged.verdict, judged.value), (Verdict::Inconclusive, Some(ms(100).into())));
        assert_eq!((judged.reason.as_str(), judged.needs), ("0 of 58 are beyond the limit", Some(1)));
        assert_eq!(judged.interval.map(|(low, _)| low), Some(ms(100).into()));
        assert!(!verdicts.passed());
        assert!(few.check([objective.clone().allow_inconclusive()]).passed());
        assert_eq!(verdict(&few, ttft("chat").p90().at_most(secs(9))), Verdict::Pass);
        assert_eq!(verdict(&few, ttft("chat").p90().at_most(secs(9)).alpha(0.001)), Verdict::Inconclusive);
        assert_eq!(verdict(&few, ttft("chat").p95().at_most(ms(99))), Verdict::Miss);
    }

    #[test]
    fn a_percentile_near_its_limit_is_undecided() {
        let slow = every(16, 60, success("chat", 300));
        let report = report(many(1_000, success("chat", 100)).chain(slow), 0);
        assert_eq!(verdict(&report, ttft("chat").p95().at_most(ms(200))), Verdict::Inconclusive);
        assert_eq!(verdict(&report, ttft("chat").p90().at_most(ms(200))), Verdict::Pass);
        assert_eq!(verdict(&report, ttft("chat").p99().at_most(ms(200))), Verdict::Miss);
        assert_eq!(verdict(&report, ttft("chat").mean().at_most(ms(200))), Verdict::Pass);
        assert_eq!(verdict(&report, ttft("chat").mean().at_most(ms(112))), Verdict::Inconclusive);
    }

    #[test]
    fn samples_that_come_in_waves_prove_less() {
        // One in twenty is slow, all of them in two stalls.
        let slow = |by| many(50, success("chat", 300)).map(move |sample| later(sample, by));
        let waves = report(many(2_000, success("chat", 100)).chain(slow(400)).chain(slow(1_400)), 0);
        let verdicts = waves.check([ttft("chat").p90().at_most(ms(200))]);
        let judged = &verdicts.judged()[0];
        assert!(judged.effective < judged.n / 4, "{verdicts}");
        assert_eq!(judged.verdict, Verdict::Inconclusive, "{verdicts}");
    }

    #[test]
    fn a_server_that_hangs_passes_nothing() {
        let hung = many(50, sample("chat", 40, TokenSource::Usage, Outcome::CutOff));
        let report = report(many(100, success("chat", 100)).chain(hung), 0);
        for objective in [
            ttft("chat").p95().at_most(ms(250)),
            ttft("chat").mean().at_most(ms(250)),
            ttft("chat").max().at_most(ms(250)),
            ttft("chat").p(1.0).at_most(ms(250)),
            error_rate().at_most(0.05),
        ] {
            let verdicts = report.check([objective]);
            assert_eq!(verdicts.judged()[0].verdict, Verdict::Inconclusive, "{verdicts}");
            assert!(verdicts.judged()[0].reason.contains("of 50 more nobody knows"), "{verdicts}");
        }
        assert_eq!(verdict(&report, ttft("chat").p50().at_most(ms(250))), Verdict::Pass, "150 of which 50 are bad");
    }

    #[test]
    fn gaps_of_one_request_prove_no_percentile() {
        let mut long = success("chat", 100);
        long.stamps.generated = (0..100).map(|n| at(100 + 20 * n)).collect();
        let report = report([long], 0);
        assert_eq!(verdict(&report, icl("chat").p95().at_most(ms(60))), Verdict::Inconclusive);
    }

    #[test]
    fn failures_are_on_no_side_of_a_lower_limit() {
        let report = report(many(800, success("chat", 100)).chain(every(4, 200, failure("chat"))), 0);
        assert!(reason(&report, ttft("chat").p50().at_least(ms(50))).contains("200 of 1000 requests failed"));
    }

    #[test]
    fn waves_of_values_near_each_other_are_seen() {
        let slow = |by| many(50, success("chat", 106)).map(move |sample| later(sample, by));
        let waves = report(many(2_000, success("chat", 99)).chain(slow(400)).chain(slow(1_400)), 0);
        let verdicts = waves.check([ttft("chat").p90().at_most(ms(103))]);
        assert_eq!(verdicts.judged()[0].verdict, Verdict::Inconclusive, "{verdicts}");
    }

    #[test]
    fn a_short_run_proves_no_mean_and_no_rate() {
        let report = report([success("chat", 100)], 0);
        assert!(report.check([ttft("chat").mean().at_most(secs(9))]).judged()[0].reason.contains("run longer"));
        assert_eq!(verdict(&report, ttft("chat").mean().at_most(secs(9))), Verdict::Inconclusive);
    }

    #[test]
    fn a_family_shares_its_probability() {
        let objectives = family_wise([ttft("chat").p95().at_most(ms(1)), error_rate().at_most(0.1).alpha(0.01)]);
        assert!((objectives[0].alpha - 0.025).abs() < 1e-12 && (objectives[1].alpha - 0.005).abs() < 1e-12);
    }

    #[test]
    fn an_objective_is_of_its_requests_alone() {
        let report = two_names();
        for (objective, n, failed) in [
            (error_rate(), 1_500, 500),
            (error_rate().of(ALL), 1_500, 500),
            (error_rate().of("search"), 1_000, 500),
            (error_rate().of("chat"), 500, 0),
        ] {
            let verdicts = report.check([objective.at_most(1.0)]);
            assert_eq!((verdicts.judged()[0].n, verdicts.judged()[0].failed), (n, failed));
        }
        assert_eq!(verdict(&report, ttft("chat").max().at_most(ms(100))), Verdict::Pass);
        assert_eq!(verdict(&report, ttft(ALL).p50().at_most(ms(100))), Verdict::Miss);
        assert_eq!(verdict(&report, request_count().of("search").at_least(1_000)), Verdict::Pass);
        assert_eq!(verdict(&report, request_count().of("chat").at_least(501_u64)), Verdict::Miss);
    }

    #[test]
    fn an_unknown_name_passes_nothing_and_the_known_ones_are_listed() {
        let report = two_names();
        let why = reason(&report, ttft("caht").p95().at_most(secs(60)));
        assert_eq!(why, "no request is named `caht`: did you mean `chat`? known names are `chat`, `search`");
        for objective in [
            error_rate().of("cha").at_most(1.0),
            request_count().of("").at_most(u64::MAX),
            tok_s().of("x").at_least(0.0),
            prompt_tokens("x").max().at_most(u64::MAX),
        ] {
            assert!(reason(&report, objective).contains("known names are `chat`, `search`"));
        }
    }

    #[test]
    fn without_a_finished_request_nothing_passes() {
        let cut_off = || sample("chat", 40, TokenSource::Usage, Outcome::CutOff);
        for (report, why) in [
            (report([], 0), "no request was made"),
            (
                report([cut_off()], 0),
                "no request of `ALL` ended by itself: 1 cut off by the end of the run, 0 hung up before it, 0 outside of the measured window",
            ),
        ] {
            for objective in [
                error_rate().at_most(1.0),
                request_rate().at_least(0.0),
                request_count().at_most(u64::MAX),
                tok_s().at_least(0.0),
                panics().at_most(u64::MAX),
                ttft(ALL).p95().at_most(Duration::MAX),
            ] {
                assert_eq!(reason(&report, objective), why);
            }
            assert!(!report.check([]).passed(), "a check of nothing proves nothing");
        }
    }

    #[test]
    fn a_metric_that_no_success_has_passes_nothing() {
        let mut one_event = success("chat", 40);
        one_event.stamps.generated.truncate(1);
        one_event.tokens = Tokens::default();
        let report = report([one_event], 0);
        for objective in [
            icl("chat").p50().at_most(secs(9)),
            max_stall("chat").max().at_most(secs(9)),
            tpot("chat").mean().at_most(secs(9)),
            completion_tokens("chat").p50().at_least(0_u64),
        ] {
            assert!(reason(&report, objective).ends_with("none of its 1 successful requests has this metric"));
        }
        assert_eq!(reason(&report, tok_s().at_most(1e9)), "none of 1 requests has a token count");
    }

    #[test]
    fn failures_are_beyond_every_limit() {
        let report = report(many(20, failure("chat")), 0);
        assert_eq!(verdict(&report, ttft("chat").p50().at_most(Duration::MAX)), Verdict::Miss);
        assert_eq!(verdict(&report, e2e("chat").mean().at_most(secs(3_600))), Verdict::Miss);
        assert!(reason(&report, icl("chat").p99().at_most(secs(9))).contains("20 × connect"));
        assert!(reason(&report, tok_s().at_least(0.0)).contains("none of 20 requests"));
    }

    #[test]
    fn a_lower_limit_on_an_unbounded_figure_is_not_kept_by_failures() {
        let report = two_names();
        for objective in
            [ttft("search").max().at_least(ms(1)), ttft(ALL).p99().at_least(ms(1)), e2e(ALL).mean().at_least(ms(1))]
        {
            assert!(reason(&report, objective).contains("a lower limit on it says nothing"));
        }
        assert_eq!(verdict(&report, ttft("chat").p50().at_least(ms(100))), Verdict::Pass);
    }

    #[test]
    fn tokens_counted_in_two_ways_are_not_compared() {
        let tokenized = || sample("search", 50, TokenSource::Tokenizer, Outcome::Success);
        let report = report(many(400, success("chat", 40)).chain(many(300, tokenized())), 0);
        for objective in [
            prompt_tokens(ALL).p50().at_most(u64::MAX),
            completion_tokens(ALL).max().at_least(0_u64),
            tpot(ALL).p99().at_most(secs(60)),
            tok_s().at_least(0.0),
        ] {
            let expected =
                "tokens counted in several ways do not compare: 400 requests by usage, 300 requests by tokenizer";
            assert_eq!(reason(&report, objective), expected);
        }
        assert_eq!(verdict(&report, ttft(ALL).p99().at_most(ms(50))), Verdict::Pass);
        assert_eq!(verdict(&report, tpot("search").p99().at_most(ms(10))), Verdict::Pass);
        assert_ne!(verdict(&report, tok_s().of("chat").at_least(60.0)), Verdict::Invalid);
    }

    #[test]
    fn no_task_may_panic_unless_the_test_says_so() {
        let report = report([success("chat", 40)], 2);
        let verdicts = report.check([error_rate().at_most(0.0)]);
        assert_eq!(verdicts.count(Verdict::Miss), 1);
        assert_eq!(verdicts.judged()[0].objective, panics().at_most(0_u64));
        assert_eq!(verdicts.judged()[0].value, Some(Value::Count(2)));
        assert!(report.check([error_rate().at_most(0.0), panics().at_most(2_u64)]).passed());
        assert!(!report.check([panics().at_most(1_u64)]).passed());
        assert!(!report.check([]).passed());
    }

    #[test]
    fn without_panics_the_default_goes_without_saying() {
        let report = report([success("chat", 40)], 0);
        assert_eq!(report.check([error_rate().at_most(0.0)]).judged().len(), 1);
        assert!(report.check([]).passed());
    }

    #[test]
    fn panics_before_the_first_request_are_a_miss() {
        let report = report([], 3);
        assert_eq!(verdict(&report, panics().at_most(0_u64)), Verdict::Miss);
        assert_eq!(verdict(&report, panics().at_most(3_u64)), Verdict::Invalid);
        let verdicts = report.check([error_rate().at_most(0.01)]);
        assert_eq!((verdicts.count(Verdict::Invalid), verdicts.count(Verdict::Miss)), (1, 1));
    }

    #[test]
    fn panics_are_of_no_request_name() {
        assert!(reason(&two_names(), panics().of("chat").at_most(9_u64)).contains("leave out `.of(..)`"));
    }

    #[test]
    fn a_share_in_per_cent_is_refused() {
        for share in [5.0, -0.01, f64::NAN, f64::INFINITY] {
            assert!(reason(&two_names(), error_rate().at_most(share)).contains("1 % is 0.01"));
        }
        assert!(reason(&two_names(), request_rate().at_least(f64::NAN)).contains("finite"));
        assert!(reason(&two_names(), tok_s().at_most(f64::INFINITY)).contains("finite"));
    }

    #[test]
    fn what_did_not_pass_comes_first_and_otherwise_the_order_stays() {
        let verdicts = two_names().check([
            ttft("chat").p50().at_most(secs(1)),
            ttft("chat").p90().at_most(ms(1)),
            ttft("chat").p95().at_most(secs(1)),
            ttft("nobody").p50().at_most(ms(1)),
            ttft("chat").p99().at_most(ms(1)),
        ]);
        let order: Vec<_> = verdicts.judged().iter().map(|judged| judged.objective.quantity.to_string()).collect();
        assert_eq!(order, ["ttft p90", "ttft p50", "ttft p99", "ttft p50", "ttft p95"]);
        assert_eq!((verdicts.count(Verdict::Miss), verdicts.count(Verdict::Invalid)), (2, 1));
    }

    #[test]
    fn the_worst_request_is_named_once_a_metric_and_only_where_more_is_worse() {
        let verdicts = two_names().check([
            ttft("search").p95().at_most(ms(1)),
            ttft("search").p99().at_most(ms(1)),
            e2e("chat").p50().at_most(ms(1)),
            completion_tokens("chat").p50().at_least(1_000_u64),
        ]);
        let worst: Vec<_> = verdicts.worst().iter().map(|worst| (worst.metric, worst.beside_failures)).collect();
        assert_eq!(worst, [(Metric::Ttft, true), (Metric::E2e, false)]);
        assert_eq!(verdicts.worst()[0].sample.value, 200_000);
    }

    #[test]
    #[should_panic(expected = "1 of 1 objective missed")]
    fn an_assertion_that_does_not_hold_panics_with_the_block() {
        two_names().assert([ttft("chat").p95().at_most(ms(1))]);
    }

    #[test]
    fn an_assertion_that_holds_says_nothing() {
        two_names().assert([ttft("chat").p95().at_most(ms(100)), error_rate().of("chat").at_most(0.0)]);
    }
}
