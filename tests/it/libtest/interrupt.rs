//! Ctrl-C, as SIGINT.

use sse_load::mock::{Finish, MockServer};
use sse_load::prelude::*;

use super::process::{Child, Outcome, Running};
use crate::mock::eventually;

/// The process ends with this code if Ctrl-C ended it (128 + SIGINT).
const ENDED_BY_INTERRUPT: Option<i32> = Some(130);

fn server() -> MockServer {
    MockServer::builder().ttft(ms(20)).inter_token(ms(20)).tokens(5).start()
}

/// Starts these tests, and presses Ctrl-C once both users are at work.
fn interrupted(tests: &[&str], server: &MockServer) -> Running {
    let child = Child::of(tests).server(server).spawn();
    eventually("both users to ask", || server.request_count() >= 2);
    child.interrupt();
    child
}

fn assert_that_the_report_is_printed(outcome: &Outcome, name: &str) {
    let mut lines = outcome.stdout.lines().skip_while(|line| !line.starts_with(&format!("{name}: ")));
    assert!(lines.next().is_some_and(|line| line.contains(" requests · ")), "no report: {}", outcome.text());
    let plan = lines.next().unwrap_or_default();
    assert!(plan.contains("2 users · interrupted after ") && plan.contains(" of 60.0 min · "), "{plan}");
    assert_eq!(outcome.json(name)["ending"], "interrupted");
}

#[test]
fn the_first_ends_the_window_and_streams_in_flight_finish() {
    let server = server();
    let outcome = interrupted(&["interrupted"], &server).finish();
    outcome.assert_passed();
    assert_that_the_report_is_printed(&outcome, "interrupted");
    assert!(outcome.stderr.contains("Ctrl-C: no request begins any more"), "{}", outcome.text());
    assert!(server.requests().iter().all(|request| request.finished == Some(Finish::Completed)));
    assert_eq!(outcome.json("interrupted")["total"]["counts"]["succeeded"], server.request_count());
}

#[test]
fn the_outcome_is_still_that_of_the_gates() {
    let outcome = interrupted(&["interrupted_and_missing"], &server()).finish();
    outcome.assert_failed();
    assert_that_the_report_is_printed(&outcome, "missing");
    outcome.assert_says("missing: 1 of 1 objective missed");
    outcome.assert_says("interrupted after ");
}

#[test]
fn no_other_load_test_of_the_process_is_started() {
    let outcome = interrupted(&["interrupted", "later"], &server()).finish();
    outcome.assert_failed();
    outcome.assert_says("load test `later` was not started: Ctrl-C ended an earlier one");
    outcome.assert_says("1 passed; 1 failed");
    assert!(!outcome.folder().join("later").exists());
}

#[test]
fn the_second_cuts_off_what_is_in_flight() {
    let server = MockServer::builder().ttft(secs(3_600)).start();
    let child = interrupted(&["interrupted"], &server);
    child.wait_for("Ctrl-C: no request begins any more");
    assert_eq!(server.in_flight(), 2);
    child.interrupt();
    let outcome = child.finish();
    outcome.assert_passed();
    assert_that_the_report_is_printed(&outcome, "interrupted");
    outcome.assert_says("cut off by the end of the run, in no figure: 2");
    assert_eq!(outcome.json("interrupted")["total"]["counts"]["cut_off"], 2);
}

#[test]
fn a_search_ends_and_keeps_what_it_found() {
    let server = server();
    let child = Child::of(&["searches_for_ever"]).server(&server).spawn();
    // The second level: its users are the second and the third to connect.
    eventually("the second level", || server.connection_count() >= 3);
    child.interrupt();
    let outcome = child.finish();
    outcome.assert_passed();
    assert!(outcome.stdout.contains("\nendless: holds at 1, no level missed    1 level"), "{}", outcome.text());
    outcome.assert_says("levels are missing: Ctrl-C ended level 2");
    let json = outcome.json_file("endless/capacity.json");
    assert_eq!((&json["at_least"], &json["conclusion"]), (&1.0.into(), &"cut_short".into()));
}

#[test]
fn a_search_ends_while_the_server_rests() {
    let server = server();
    let child = Child::of(&["searches_after_a_rest"]).server(&server).nocapture().spawn();
    child.wait_for("rested: level 1: pass");
    child.interrupt();
    let outcome = child.finish();
    outcome.assert_says("rested: holds at 1, no level missed    1 level");
    outcome.assert_says("levels are missing: load test `rested_2` was not started: Ctrl-C ended an earlier one");
}

#[test]
fn what_is_interrupted_is_torn_down_and_the_next_ends_that_too() {
    let server = server();
    let child = Child::of(&["interrupted_and_torn_down"]).server(&server).nocapture().spawn();
    eventually("both users to ask", || server.request_count() >= 2);
    child.interrupt();
    child.wait_for("torn down");
    child.interrupt();
    let outcome = child.finish();
    outcome.assert_passed();
    assert_eq!(outcome.json("torn_down")["ending"], "interrupted");
}

#[test]
fn it_ends_a_set_up() {
    interrupted(&["interrupted_while_it_is_set_up"], &server()).finish().assert_passed();
}

#[test]
fn when_no_load_test_runs_the_process_ends() {
    let child = Child::of(&["idles_after_its_run"]).server(&server()).nocapture().spawn();
    child.wait_for("the load test is over");
    child.interrupt();
    assert_eq!(child.finish().code, ENDED_BY_INTERRUPT);
}
