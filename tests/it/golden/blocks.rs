//! The block that a check prints.

use sse_load::prelude::*;
use sse_load::report::Ending;
use sse_load::slo::{Decision, Expected, Looks};

use super::cases;
use super::file::assert_golden;
use super::run::Run;

fn assert_block(name: &str, report: &Report, objectives: impl IntoIterator<Item = Objective>) {
    let block = report.check(objectives).to_string();
    let control = block.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(control, None, "{block:?}");
    assert_golden(&format!("{name}.block.txt"), &format!("{block}\n"));
}

#[test]
fn all_pass() {
    let objectives =
        [ttft("chat_completion").p95().at_most(ms(250)), icl(ALL).p99().at_most(ms(60)), error_rate().at_most(0.05)];
    assert_block("all_pass", &cases::all_well(), objectives);
}

#[test]
fn two_of_three_are_missed() {
    let objectives = [
        icl("chat_completion").p99().at_most(ms(60)),
        ttft("chat_completion").p50().at_most(ms(50)),
        error_rate().at_most(0.01),
    ];
    assert_block("two_of_three_are_missed", &cases::a_tenth_fails(), objectives);
}

#[test]
fn few_requests_decide_nothing() {
    let objectives = [
        ttft("chat_completion").p95().at_most(ms(250)),
        ttft("chat_completion").p99().at_most(ms(250)).allow_inconclusive(),
        ttft("chat_completion").mean().at_most(ms(60)),
        e2e("chat_completion").p50().at_most(secs(1)),
    ];
    let few = Run::named("few").chats(40).report();
    assert_block("inconclusive", &few, objectives);
}

#[test]
fn what_was_decided_while_the_run_went_on_says_when() {
    let objectives = vec![
        ttft("chat_completion").p50().at_most(ms(250)),
        ttft("chat_completion").p95().at_most(ms(250)),
        error_rate().at_most(0.0),
    ];
    let decision = Decision { objective: objectives[0].clone(), verdict: Verdict::Pass, after: ms(41_000) };
    let mut run = Run::named("decided");
    run.chats(120).facts().ending = Ending::Decided;
    let mut report = run.report();
    report.set_expected(Expected { objectives, looks: Looks::Many, decisions: vec![decision], ..Expected::default() });
    assert_golden("decided.block.txt", &format!("{}\n", report.verdicts()));
}

#[test]
fn failures_stand_under_the_figure_that_they_made_unbounded() {
    let objectives = [ttft("chat_completion").p95().at_most(ms(250)), ttft("chat_completion").p99().at_most(ms(400))];
    assert_block("unbounded", &cases::a_tenth_fails(), objectives);
}

#[test]
fn failures_stand_once_where_the_error_rate_of_all_is_missed_too() {
    let objectives = [ttft("chat_completion").p95().at_most(ms(250)), error_rate().at_most(0.05)];
    assert_block("unbounded_and_error_rate", &cases::everything(), objectives);
}

#[test]
fn panics_are_listed_with_their_line() {
    let objectives = [tok_s().at_least(100.0), error_rate().of("search").at_most(0.5)];
    assert_block("panics", &cases::everything(), objectives);
}

#[test]
fn what_has_no_figure_says_why() {
    let objectives = [
        ttft("chat").p95().at_most(ms(250)),
        request_rate().at_least(10.0),
        completion_tokens(ALL).p50().at_least(20_u64),
        error_rate().at_most(5.0),
    ];
    assert_block("invalid", &cases::mixed_sources(), objectives);
}

#[test]
fn nothing_at_all_passes_nothing() {
    let objectives = [error_rate().at_most(0.01), ttft(ALL).p95().at_most(ms(250)), panics().at_most(3_u64)];
    assert_block("nothing", &cases::no_request(), objectives);
}

#[test]
fn long_texts_are_wrapped() {
    assert_block("long_texts", &cases::long_texts(), [error_rate().at_most(0.0), task_errors().at_most(0_u64)]);
}

#[test]
fn foreign_texts_stay_within_their_lines() {
    let name = cases::hostile().requests()[0].name().to_owned();
    let objectives =
        [ttft(name).p95().at_most(ms(1)), error_rate().at_most(0.0), ttft("\x1b[31m|x").p50().at_most(ms(1))];
    assert_block("hostile", &cases::hostile(), objectives);
}
