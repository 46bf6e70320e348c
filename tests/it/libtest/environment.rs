//! `SSE_LOAD_*` wins over the builder.

#[cfg(target_os = "linux")]
use std::collections::BTreeSet;

use sse_load::mock::MockServer;

use super::process::{Child, OTHER_SERVER};

fn server() -> MockServer {
    MockServer::builder().tokens(1).start()
}

#[test]
fn host_users_and_run_time_of_the_environment_win() {
    let (of_builder, of_environment) = (server(), server());
    let outcome = Child::of(&["passes"])
        .server(&of_builder)
        .env("SSE_LOAD_HOST", of_environment.url())
        .env("SSE_LOAD_USERS", "3")
        .env("SSE_LOAD_RUN_TIME", "350ms")
        .run();
    outcome.assert_passed();
    assert_eq!(of_builder.connection_count(), 0);
    assert_eq!(of_environment.connection_count(), 3);
    let plan = &outcome.json("passes")["plan"];
    assert_eq!((&plan["users"], &plan["run_time"]), (&3.into(), &0.35.into()));
    assert_eq!(plan["classes"][0]["host"], of_environment.url());
}

#[cfg(target_os = "linux")]
#[test]
fn connections_come_from_the_addresses_of_the_environment() {
    let server = server();
    Child::of(&["passes"])
        .server(&server)
        .env("SSE_LOAD_LOCAL_ADDRESSES", "127.0.0.2, 127.0.0.3")
        .run()
        .assert_passed();
    let peers: BTreeSet<_> = server.requests().iter().map(|request| request.peer.ip().to_string()).collect();
    assert_eq!(peers, BTreeSet::from(["127.0.0.2".to_owned(), "127.0.0.3".to_owned()]));
}

#[test]
fn metrics_of_the_server_are_read_where_the_environment_says_it() {
    let read = |value: Option<&str>| {
        let server = server();
        let child = Child::of(&["passes"]).server(&server);
        let child = if let Some(value) = value { child.env("SSE_LOAD_SERVER_METRICS", value) } else { child };
        let outcome = child.run();
        outcome.assert_passed();
        let asked = server.requests().iter().filter(|request| request.path == "/internal/metrics").count();
        (asked > 0, outcome.json("passes")["server"]["url"] == format!("{}/internal/metrics", server.url()))
    };
    assert_eq!(read(Some("/internal/metrics")), (true, true));
    assert_eq!((read(Some("off")), read(None)), ((false, false), (false, false)));
}

#[test]
fn a_proxy_of_the_environment_is_used_only_if_the_test_asks_for_it() {
    for (test, expects_proxy) in [("passes", false), ("goes_through_the_proxy", true)] {
        let (target, proxy) = (server(), server());
        let child = Child::of(&[test]).server(&target).env("NO_PROXY", "").env("no_proxy", "");
        child.env("HTTP_PROXY", proxy.url()).env("http_proxy", proxy.url()).run().assert_passed();
        assert_eq!((proxy.request_count() > 0, target.request_count() > 0), (expects_proxy, !expects_proxy), "{test}");
    }
}

#[test]
fn a_request_log_of_the_environment_wins() {
    let server = server();
    let outcome = Child::of(&["passes"]).server(&server).env("SSE_LOAD_REQUEST_LOG", "jsonl").run();
    outcome.assert_passed();
    let log = std::fs::read_to_string(outcome.folder().join("passes/requests.jsonl")).expect("a log");
    assert_eq!(log.lines().count() as u64, server.request_count());

    let logged = |log: &str| {
        let outcome = Child::of(&["is_logged"]).server(&server).env("SSE_LOAD_REQUEST_LOG", log).run();
        outcome.assert_passed();
        outcome.folder().join("is_logged/requests.jsonl").exists()
    };
    assert!(logged("") && !logged("off"), "the code asks for one");
}

#[test]
fn another_number_of_users_keeps_the_mix() {
    let outcome = Child::of(&["mixes"]).server(&server()).env("SSE_LOAD_USERS", "8").run();
    outcome.assert_passed();
    let plan = &outcome.json("mixes")["plan"];
    assert_eq!(plan["users"], 8);
    assert_eq!((&plan["classes"][0]["users"], &plan["classes"][1]["users"]), (&6.into(), &2.into()));
}

#[test]
fn the_seed_that_a_report_prints_replays_its_run() {
    let choices = |seed: Option<&str>| {
        let server = server();
        let child = Child::of(&["chooses"]).server(&server).nocapture();
        let child = if let Some(seed) = seed { child.env("SSE_LOAD_SEED", seed) } else { child };
        let outcome = child.run();
        outcome.assert_passed();
        let seed = outcome.stdout.split("· seed ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned);
        let paths: Vec<_> = server.requests().into_iter().map(|request| request.path).collect();
        (seed.expect("a printed seed"), paths)
    };
    let (seed, first) = choices(None);
    let (printed, again) = choices(Some(&seed));
    assert_eq!(printed, seed);
    let both = first.len().min(again.len());
    assert!(both >= 5, "only {both} choices: too few to compare");
    assert_eq!(first[..both], again[..both]);
}

#[test]
fn the_seed_and_run_time_of_the_environment_are_those_of_every_level_and_the_load_is_not() {
    let (server, other) = (server(), server());
    let child = || Child::of(&["searches"]).server(&server).env(OTHER_SERVER, other.url());
    let outcome = child().env("SSE_LOAD_SEED", "40").env("SSE_LOAD_RUN_TIME", "100ms").run();
    outcome.assert_passed();
    for (level, seed) in [("searched/1", 40), ("searched/2", 41), ("searched/4", 42)] {
        let plan = &outcome.json(level)["plan"];
        assert_eq!((&plan["seed"], &plan["run_time"]), (&seed.into(), &0.1.into()));
    }
    let refused = child().env("SSE_LOAD_USERS", "3").run();
    refused.assert_failed();
    refused.assert_says("SSE_LOAD_USERS would give every level of the search or sweep the same load: unset it");
}

#[test]
fn one_host_for_both_sides_of_a_comparison_is_refused() {
    let server = server();
    let child = || Child::of(&["compares_hosts"]).server(&server);
    child().env("SSE_LOAD_USERS", "1").run().assert_passed();
    let refused = child().env("SSE_LOAD_HOST", server.url()).run();
    refused.assert_failed();
    refused.assert_says("SSE_LOAD_HOST would send both sides of the comparison to the same host: unset it");
}

#[test]
fn a_misspelt_variable_fails_the_test_with_a_suggestion() {
    let server = server();
    let outcome = Child::of(&["passes"]).server(&server).env("SSE_LOAD_USRES", "3").run();
    outcome.assert_failed();
    outcome.assert_says("load test `passes`: the environment variable SSE_LOAD_USRES means nothing to sse-load");
    outcome.assert_says("did you mean SSE_LOAD_USERS?");
    assert_eq!(server.request_count(), 0);
}

#[test]
fn a_value_of_the_wrong_kind_says_what_was_expected() {
    let outcome = Child::of(&["passes"]).server(&server()).env("SSE_LOAD_USERS", "many").run();
    outcome.assert_failed();
    outcome.assert_says("the environment variable SSE_LOAD_USERS is `many`: expected a whole number");
}

#[test]
fn numbers_out_of_range_are_refused_by_the_plan() {
    for (variable, value, message) in [
        ("SSE_LOAD_USERS", "0", "it has no user"),
        ("SSE_LOAD_SPAWN_RATE", "0", "a spawn rate (.spawn_rate(..) or SSE_LOAD_SPAWN_RATE) must be a number above 0"),
        ("SSE_LOAD_RUN_TIME", "0s", "must be more than zero"),
        ("SSE_LOAD_HOST", "127.0.0.1:80", "has no scheme: write http://127.0.0.1:80"),
    ] {
        let outcome = Child::of(&["passes"]).server(&server()).env(variable, value).run();
        outcome.assert_failed();
        outcome.assert_says(message);
    }
}

#[test]
fn it_says_what_an_inconclusive_verdict_means() {
    let outcome =
        |means: &str| Child::of(&["proves_little"]).server(&server()).env("SSE_LOAD_INCONCLUSIVE", means).run();
    for means in ["", "fail"] {
        let failed = outcome(means);
        failed.assert_failed();
        failed.assert_says("little: 1 of 2 objectives inconclusive");
        failed.assert_says("INCONCLUSIVE  chat ttft p95");
        failed.assert_says("more good ones would prove a pass");
    }
    outcome("pass").assert_passed();
    let skipped = outcome("skip");
    skipped.assert_passed();
    skipped.assert_says("sse-load: skipped, since the samples prove neither a pass nor a miss");
    let wrong = outcome("ignore");
    wrong.assert_failed();
    wrong.assert_says("SSE_LOAD_INCONCLUSIVE is `ignore`: expected fail, pass or skip");
}
