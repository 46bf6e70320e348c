//! The page of a run while it goes on.

mod child;
mod metrics;
mod safety;
mod visitor;

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};

use axum::http::StatusCode;
use sse_load::mock::MockServer;
use sse_load::prelude::*;

pub(crate) use self::visitor::Visitor;
use self::visitor::card;
use crate::libtest::process::{Child, Running};

pub(crate) use crate::libtest::process::SERVER;

/// The variable by which a child learns of the file that ends it.
const RELEASE: &str = "SUITE_RELEASE";

pub(crate) fn server() -> MockServer {
    MockServer::builder().ttft(ms(5)).inter_token(ms(2)).tokens(3).start()
}

/// A load test whose page is served at a free port.
pub(crate) fn served(tests: &[&str], server: &MockServer) -> Child {
    Child::of_module("dashboard::child", tests).server(server).env("SSE_LOAD_DASHBOARD", "0").nocapture()
}

pub(crate) fn open(tests: &[&str], server: &MockServer) -> (Running, Visitor) {
    let child = served(tests, server).spawn();
    let visitor = Visitor::of(&child);
    (child, visitor)
}

#[tokio::test]
async fn events_count_up_and_the_last_are_those_of_the_report() {
    let server = server();
    let (child, visitor) = open(&["is_served"], &server);
    assert!(visitor.address.starts_with("127.0.0.1:") && visitor.token.len() == 24, "{}", visitor.url());
    let page = visitor.get("/").await;
    assert!(page.contains("<h1>served</h1>") && page.contains("2 users · 60.0 min · seed "), "{page}");
    let mut events = visitor.events().await;
    let (kind, run) = events.next().await.expect("an event");
    assert!(kind == "run" && page.contains(&format!("data-run=\"{run}\"")), "{kind}: {run}");
    let (mut heads, mut reports, mut last) = (0, 0, 0);
    while heads < 4 || reports < 2 || last < 3 {
        let (kind, markup) = events.next().await.expect("an event");
        match kind.as_str() {
            "head" => {
                heads += 1;
                let requests = card(&markup, "Requests");
                assert!(requests >= last && markup.contains("measure"), "{last}, then {markup}");
                last = requests;
            }
            "report" => {
                reports += 1;
                assert!(markup.contains("Verdicts so far") && markup.contains("As it stands: "), "{markup}");
                assert!(markup.contains("id=\"ttft-all\"") && card(&markup, "Requests") > 0, "{markup}");
                assert!(!markup.contains("Users, and requests in flight"), "none has stopped: {markup}");
            }
            other => panic!("{other}: {markup}"),
        }
    }
    assert_eq!(visitor.stop().await.status, StatusCode::ACCEPTED);
    let mut ending = Vec::new();
    while let Some(event) = events.next().await {
        ending.push(event);
    }
    let outcome = child.finish();
    outcome.assert_passed();
    let json = outcome.json("served");
    let kinds: Vec<_> = ending.iter().rev().take(3).map(|(kind, _)| kind.as_str()).collect();
    assert_eq!((&json["ending"], kinds), (&"interrupted".into(), vec!["end", "report", "head"]));
    let (head, report) = (&ending[ending.len() - 3].1, &ending[ending.len() - 2].1);
    assert!(head.contains("ended") && head.contains("2 users · interrupted after "), "{head}");
    assert_eq!(card(report, "Requests"), json["total"]["counts"]["succeeded"]);
    assert!(report.contains("Users, and requests in flight"), "{report}");
    assert!(!report.contains("so far") && card(report, "Requests") >= last, "{report}");
    assert_eq!(json["total"]["counts"]["cut_off"], 0);
    outcome.assert_says("the stop button: no request begins any more");
}

#[tokio::test]
async fn a_second_press_cuts_off_and_the_next_load_test_runs() {
    let server = MockServer::builder().ttft(secs(3_600)).start();
    let (child, visitor) = open(&["is_served", "later"], &server);
    crate::mock::eventually("both users to ask", || server.request_count() >= 2);
    assert_eq!(visitor.stop().await.body, "No request begins any more; those in flight finish.\n");
    child.wait_for("no request begins any more");
    assert_eq!(visitor.stop().await.body, "What is in flight is cut off.\n");
    crate::mock::eventually("the next load test", || server.request_count() >= 4);
    let next = child.said_after("dashboard: http://");
    assert!(next.ends_with(&visitor.token), "one process has one token: {next}");
    let next = Visitor { address: next.split('/').next().expect("an address").to_owned(), ..visitor };
    next.stop().await;
    next.stop().await;
    let outcome = child.finish();
    outcome.assert_passed();
    assert_eq!(outcome.json("served")["total"]["counts"]["cut_off"], 2);
}

#[tokio::test]
async fn a_search_ends_with_its_level() {
    let server = server();
    let (child, visitor) = open(&["searches"], &server);
    crate::mock::eventually("its user to ask", || server.request_count() >= 1);
    visitor.stop().await;
    let outcome = child.finish();
    outcome.assert_passed();
    outcome.assert_says("levels are missing: the stop button ended level 1");
}

#[tokio::test]
async fn those_who_never_read_hold_up_nothing() {
    let server = server();
    let (child, visitor) = open(&["is_short"], &server);
    let silent: Vec<_> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(&visitor.address).expect("a connection");
            // Those beyond the last seat may be turned away before.
            let _ = write!(stream, "GET /events HTTP/1.1\r\nHost: {}\r\n\r\n", visitor.address);
            stream
        })
        .collect();
    let outcome = child.finish();
    outcome.assert_passed();
    assert_eq!(outcome.json("short")["ending"], "complete");
    drop(silent);
}

#[test]
fn a_run_whose_port_is_taken_goes_on_without_a_page() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let child = served(&["later"], &server()).env("SSE_LOAD_DASHBOARD", &address);
    let outcome = child.run();
    outcome.assert_passed();
    outcome.assert_says(&format!("no dashboard: {address} can't be served ("));
}
