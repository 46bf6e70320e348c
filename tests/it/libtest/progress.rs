//! What is shown while a test runs.

use std::process::Command;

use sse_load::mock::MockServer;

use super::process::{Child, Outcome};

fn server() -> MockServer {
    MockServer::builder().tokens(2).start()
}

fn watched(server: &MockServer) -> Child {
    Child::of(&["is_watched"]).server(server)
}

#[test]
#[cfg(unix)]
fn lines_are_written_in_ci_and_where_they_are_asked_for() {
    let server = server();
    let asked = [("CI", "true"), ("SSE_LOAD_PROGRESS", "plain")];
    let running = asked.map(|(name, value)| watched(&server).env(name, value).spawn());
    for child in running {
        child.wait_for("watched  measure ");
        child.interrupt();
        let outcome = child.finish();
        let line =
            outcome.stderr.lines().find(|line| line.starts_with("watched  measure ")).expect("it was waited for");
        assert!(
            line.contains(" of 60.0 min · 2 users · ") && line.contains(" requests · 0 failed · ttft p50 "),
            "{line}"
        );
        outcome.assert_is_silent_about("\x1b");
    }
}

#[test]
fn nothing_is_written_in_ci_where_it_is_switched_off() {
    let server = server();
    let outcome = watched(&server).env("CI", "1").env("SSE_LOAD_PROGRESS", "off").env("SSE_LOAD_RUN_TIME", "6s").run();
    outcome.assert_passed();
    assert_eq!(outcome.stderr, "");
}

#[test]
fn what_cannot_be_shown_is_an_error_that_says_what_can() {
    let outcome = Child::of(&["passes"]).server(&server()).env("SSE_LOAD_PROGRESS", "loud").run();
    outcome.assert_failed();
    outcome.assert_says("SSE_LOAD_PROGRESS is `loud`: expected off, plain or fancy");
}

/// What a terminal gets, if there is util-linux' `script` to make one.
fn on_a_terminal(child: Child) -> Option<Outcome> {
    let version = Command::new("script").arg("--version").output();
    if version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        let child = child.env("CI", "").env("TERM", "xterm").env("SSE_LOAD_RUN_TIME", "3s").nocapture();
        return Some(child.on_a_terminal().run());
    }
    println!("skipped: there is no util-linux, whose `script` makes a terminal");
    None
}

#[test]
fn a_terminal_gets_a_view_that_is_gone_when_the_table_comes() {
    let server = server();
    let child = watched(&server).env("NO_COLOR", "").env("LC_ALL", "C.UTF-8");
    let Some(outcome) = on_a_terminal(child) else { return };
    let (view, table) = outcome.stdout.split_once("\nwatched: ").expect("a table");
    for part in ["watched", "measure", "█", "2 users · ", "ttft p50", "tok/s", "chat ttft p95", "\x1b[32mok\x1b[0m"]
    {
        assert!(view.contains(part), "{part}: {view}");
    }
    assert!(!table.contains('\x1b') && !table.contains('█'), "{table}");
    outcome.assert_passed();
}

#[test]
fn without_colour_and_unicode_a_view_has_none() {
    let server = server();
    let child = watched(&server).env("NO_COLOR", "1").env("LC_ALL", "C");
    let Some(outcome) = on_a_terminal(child) else { return };
    assert!(outcome.stdout.contains("###") && !outcome.stdout.contains(['█', '▁']), "{}", outcome.text());
    outcome.assert_is_silent_about("\x1b[32m");
}
