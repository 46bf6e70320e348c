//! What fails, how it fails, and where it says so.

use sse_load::mock::MockServer;
use sse_load::prelude::*;

use super::child::{EXPECTED_LINE, MISSED_LINE, MISSPELT_LINE, OUTSIDE_LINE, PLAIN_LINE};
use super::process::{Child, Outcome};

fn outcome(test: &str) -> Outcome {
    let server = MockServer::builder().ttft(ms(5)).tokens(2).start();
    Child::of(&[test]).server(&server).run()
}

/// The words of a line, whatever stands between them.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn panicked_at(line: u32) -> String {
    format!("panicked at tests/it/libtest/child.rs:{line}:")
}

#[test]
fn a_miss_prints_the_block_at_the_line_of_the_assertion() {
    // So far beyond its limit that no delay of a busy machine explains it.
    let server = MockServer::builder().ttft(ms(250)).tokens(2).start();
    let outcome = Child::of(&["misses"]).server(&server).run();
    outcome.assert_failed();
    outcome.assert_says(&panicked_at(MISSED_LINE));
    let text = outcome.text();
    let block: Vec<_> = text.lines().skip_while(|line| !line.starts_with("misses: 2 of 3")).map(words).collect();
    assert!(!block.is_empty(), "{text}");
    assert!(block[0].starts_with("misses: 2 of 3 objectives missed 2 users · "), "{block:?}");
    assert!(block[1].starts_with("MISS chat ttft p95 ") && block[1].contains(" ms at most 1 ms +"), "{block:?}");
    assert!(block[1].contains(" % [") && block[1].contains("] n = "), "{block:?}");
    assert!(block[2].starts_with("MISS request count ") && block[2].contains(" at least 1 000 000 -"), "{block:?}");
    assert!(block[3].starts_with("pass error rate 0 % at most 0 % [0, "), "{block:?}");
    assert!(block[4].starts_with("worst ttft: Asker::ask "), "{block:?}");
    let report = block.iter().position(|line| line.starts_with("report: ")).expect("the report's place");
    assert!(block[report].ends_with("report.html"), "{block:?}");
    // The table of the run stands above it.
    outcome.assert_says("chat_ttft ");
}

#[test]
fn what_a_run_expects_is_asserted_at_the_line_that_runs_it() {
    let outcome = outcome("misses_what_it_expects");
    outcome.assert_failed();
    outcome.assert_says(&panicked_at(EXPECTED_LINE));
    let text = outcome.text();
    let block: Vec<_> = text.lines().skip_while(|line| !line.starts_with("expecting: 1 of 3")).map(words).collect();
    assert!(block[0].starts_with("expecting: 1 of 3 objectives missed 2 users · "), "{text}");
    assert!(block[1].starts_with("MISS chat ttft p50 ") && block[1].contains(" ms at most 1 ms +"), "{block:?}");
    assert_eq!(text.matches("expecting: 1 of 3").count(), 1, "{text}");
    outcome.assert_says("chat_ttft ");
}

#[test]
fn a_run_that_is_tried_tells_its_verdicts() {
    outcome("misses_what_it_expects_without_a_panic").assert_passed();
}

#[test]
fn a_plain_assertion_fails_at_its_line_with_the_table() {
    let outcome = outcome("misses_the_plain_way");
    outcome.assert_failed();
    outcome.assert_says(&panicked_at(PLAIN_LINE));
    outcome.assert_says("chat_ttft ");
}

#[test]
fn a_misspelt_request_fails_at_its_line_and_lists_the_names() {
    let outcome = outcome("misspells_a_request");
    outcome.assert_failed();
    outcome.assert_says(&panicked_at(MISSPELT_LINE));
    outcome.assert_says("no request is named `chatt`: did you mean `chat`? known names are `chat`");
}

#[test]
fn a_misspelt_objective_is_invalid_and_lists_the_names() {
    let outcome = outcome("misspells_an_objective");
    outcome.assert_failed();
    outcome.assert_says("1 of 1 objective invalid");
    outcome.assert_says("no request is named `chatt`: did you mean `chat`? known names are `chat`");
}

#[test]
fn only_panics_outside_of_tasks_print_as_usual() {
    let outcome = outcome("panics_inside_and_outside_of_tasks");
    outcome.assert_failed();
    outcome.assert_says(&panicked_at(OUTSIDE_LINE));
    outcome.assert_says("outside of tasks");
    assert_eq!(outcome.text().matches("panicked at").count(), 1, "{}", outcome.text());
    // The report has the other.
    outcome.assert_says("inside of a task");
}
