//! What is printed, and when.

use sse_load::mock::MockServer;

use super::process::Child;

fn server() -> MockServer {
    MockServer::builder().tokens(2).start()
}

#[test]
fn a_test_that_passes_prints_nothing() {
    let server = server();
    let outcome = Child::of(&["passes"]).server(&server).run();
    outcome.assert_passed();
    assert_eq!(outcome.stderr, "");
    outcome.assert_is_silent_about("passes: ");
    outcome.assert_is_silent_about("chat");
    assert!(server.request_count() > 0);
}

#[test]
fn nocapture_shows_the_table_and_where_the_report_is() {
    let server = server();
    let outcome = Child::of(&["passes"]).server(&server).nocapture().run();
    outcome.assert_passed();
    assert!(outcome.stdout.lines().any(|line| line.starts_with("passes: ")), "{}", outcome.text());
    for metric in ["ttft", "icl", "e2e", "completion_tokens"] {
        assert!(outcome.stdout.contains(&format!("chat_{metric} ")), "{}", outcome.text());
    }
    let report = outcome.folder().join("passes").join("report.html");
    // The folder is shown as seen from where the test runs.
    let shown = report.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&report);
    outcome.assert_says(&format!("report: {}", shown.display()));
    // Progress is for terminals.
    outcome.assert_is_silent_about("measuring");
    outcome.assert_is_silent_about("\x1b");
}

#[test]
#[cfg(debug_assertions)]
fn a_debug_build_is_warned_of_once_a_process_and_in_each_report() {
    let outcome = Child::of(&["runs_twice"]).server(&server()).nocapture().run();
    outcome.assert_passed();
    assert_eq!(outcome.stderr.matches("debug build").count(), 1, "{}", outcome.stderr);
    assert_eq!(outcome.stdout.matches("warning: debug build").count(), 2, "{}", outcome.stdout);
    assert_eq!(outcome.json("one")["profile"], "debug");
}

#[test]
fn run_says_that_it_blocks_a_single_threaded_runtime() {
    let outcome = Child::of(&["blocks_its_single_threaded_runtime"]).server(&server()).nocapture().run();
    outcome.assert_passed();
    outcome.assert_says("run() blocks this single-threaded runtime");
    outcome.assert_says("use run_async().await");
    let outcome = Child::of(&["passes"]).server(&server()).nocapture().run();
    outcome.assert_is_silent_about("single-threaded");
}
