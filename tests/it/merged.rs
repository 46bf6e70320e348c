//! The reports of several processes as one.

use std::time::Duration;

use serde_json::Value;
use sse_load::clock::{ms, secs};
use sse_load::prelude::*;
use sse_load::render::json;
use sse_load::report::{Ending, Health, MergeError, PlanSummary, Report};
use sse_load::sample::{Failure, FailureClass};
use sse_load::slo::Expected;
use sse_load::stats::Histogram;

use crate::golden::run::{JOKE, Request, Run, SEARCH, chat};

fn unavailable() -> Failure {
    Failure::new(FailureClass::HttpStatus, "HTTP 503 Service Unavailable").with_detail("overloaded")
}

/// A third of the users.
fn third(plan: &mut PlanSummary) {
    plan.users /= 3;
    plan.spawn_rate = plan.spawn_rate.map(|rate| rate / 3.0);
    plan.classes.iter_mut().for_each(|class| class.users /= 3);
}

fn run(part: impl Fn(&mut PlanSummary)) -> Run {
    let mut run = Run::named("shared");
    run.good_if([ttft(ALL).each().at_most(ms(80))]);
    let plan = &mut run.facts().plan;
    (plan.users, plan.spawn_rate) = (60, Some(12.0));
    plan.classes.iter_mut().for_each(|class| class.users = 30);
    part(plan);
    run
}

/// Forty requests of each kind that there is, the first one at this place.
fn fill(run: &mut Run, first: u32) {
    for number in first..first + 40 {
        let request = Request {
            ttft: ms(40) + ms(1) * (number * 31 % 64),
            origin: if number % 3 == 0 { SEARCH } else { JOKE },
            turn: (number % 2 == 0).then_some(number % 12 + 1),
            ..chat()
        };
        match number % 10 {
            7 => run.failures(1, &request, &unavailable()),
            _ => run.success(&request),
        };
        run.custom_time("tool_call", ms(500) * number, ms(2) * number);
    }
    run.task_errors(2, JOKE, "no answer").panics(
        1,
        SEARCH,
        "called `Option::unwrap()` on a `None` value",
        "src/a.rs:7",
    );
    run.malformed(1, "chat_completion", "no JSON").late(100, ms(1) * (first / 40));
}

fn parts() -> Vec<Report> {
    let part = |number: u32| {
        let mut part = run(third);
        part.skip(u64::from(40 * number));
        fill(&mut part, 40 * number);
        part.report()
    };
    (0..3).map(part).collect()
}

fn whole() -> Report {
    let mut whole = run(|_| {});
    (0..3).for_each(|number| fill(&mut whole, 40 * number));
    whole.report()
}

/// All that is the same to the last digit: sums over time are rounded.
fn exact(report: &Report) -> Value {
    let mut json: Value = serde_json::from_str(&json(report).expect("JSON")).expect("JSON");
    json["course"].take();
    unpack(&mut json);
    json
}

/// Histograms as their values: how they are packed depends on how they grew.
fn unpack(json: &mut Value) {
    match json {
        Value::Array(values) => values.iter_mut().for_each(unpack),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(_) if key.ends_with("hdr") => {
                        let histogram: Histogram = serde_json::from_value(value.take()).expect("a histogram");
                        *value = (1..=histogram.len()).map(|rank| histogram.at_rank(rank)).collect();
                    }
                    value => unpack(value),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn three_processes_are_as_one_that_sent_all() {
    let (merged, whole) = (Report::merged(parts()).expect("one load test"), whole());
    let (json, expected) = (exact(&merged), exact(&whole));
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(json[key], *value, "{key}");
    }
    let objectives = [ttft(ALL).p95().at_most(ms(100)), error_rate().at_most(0.01), goodput().at_least(0.5)];
    let judged = |report: &Report| format!("{:?}", report.check(objectives.clone()).judged());
    assert_eq!(judged(&merged), judged(&whole));
}

#[test]
fn reports_are_merged_when_they_come_from_files() {
    let read = |report: &Report| Report::from_json(&json(report).expect("JSON")).expect("a report");
    let merged = Report::merged(parts().iter().map(read)).expect("one load test");
    assert_eq!(exact(&merged), exact(&Report::merged(parts()).expect("one load test")));
}

#[test]
fn what_went_on_when_adds_up() {
    let (merged, whole) = (Report::merged(parts()).expect("one load test"), whole());
    assert_eq!(merged.course().width(), whole.course().width());
    for (merged, whole) in merged.course().moments().zip(whole.course().moments()) {
        assert!((merged.in_flight - whole.in_flight).abs() < 1e-9, "{merged:?} {whole:?}");
        assert!((merged.tokens - whole.tokens).abs() < 1e-9, "{merged:?} {whole:?}");
    }
}

#[test]
fn one_report_stays_as_it_is() {
    let text = json(&whole()).expect("JSON");
    assert_eq!(json(&Report::merged([whole()]).expect("one")).expect("JSON"), text);
    assert_eq!(Report::merged([]).expect_err("none"), MergeError::Nothing);
}

#[test]
fn the_worst_process_speaks_for_the_generator_and_the_end() {
    let mut late = run(third);
    fill(&mut late, 0);
    let late = late.overloaded().report();
    let mut cut = run(third);
    cut.facts().ending = Ending::Interrupted;
    let merged = Report::merged(vec![parts().remove(0), late.clone(), cut.report()]).expect("one load test");
    assert_eq!(merged.ending(), Ending::Interrupted);
    let longest = |health: &Health| health.lateness.longest();
    assert_eq!(longest(merged.health()), longest(late.health()));
    assert_eq!(merged.health().lateness.stalls(), late.health().lateness.stalls());
}

#[test]
fn processes_that_did_not_run_at_once_are_told_of() {
    let mut late = run(third);
    late.facts().started_wall += Duration::from_millis(2_500);
    late.facts().window = secs(40);
    let merged = Report::merged([parts().remove(0), late.report()]).expect("one load test");
    let warnings = merged.warnings().join("\n");
    assert!(warnings.contains("began up to 2.5 s apart"), "{warnings}");
    assert!(warnings.contains("measured from 40.0 s to 60.0 s"), "{warnings}");
    assert_eq!((merged.window(), merged.total().window()), (secs(60), secs(60)));
    assert!((merged.started_unix() - 1_790_000_000.0).abs() < 1e-3);
}

#[test]
fn another_load_test_is_refused_with_what_differs() {
    let named = Run::named("other").report();
    let mut longer = run(third);
    longer.facts().plan.run_time = secs(61);
    let mut classes = run(third);
    classes.facts().plan.classes[0].flow = "joke × 1".to_owned();
    let limits = Run::named("shared");
    let mut expecting = run(third).report();
    let objectives = vec![ttft(ALL).p95().at_most(ms(250))];
    expecting.set_expected(Expected { objectives, ..Expected::default() });
    let refused = |other: Report, what: &str| {
        let error = Report::merged([run(third).report(), other]).expect_err(what).to_string();
        assert!(error.contains(what), "{error}");
    };
    refused(named, "the same load test, but one has \"shared\" and another \"other\"");
    refused(longer.report(), "the same run time, but one has 60s and another 61s");
    refused(classes.report(), "the same user classes");
    refused(limits.report(), "the same limits of a good request");
    refused(expecting, "the same objectives, but one has [] and another [\"ttft p95 at most 250 ms");
}
