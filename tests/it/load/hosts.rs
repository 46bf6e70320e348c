//! One load test against two hosts. What differs differs by far, and what does not may differ by any tolerance, so that every verdict is
//! certain on a busy machine too.

use serde_json::Value;
use sse_load::comparison::{ComparedHosts, SIDES};
use sse_load::mock::{Fault, MockServer, On};
use sse_load::prelude::*;
use sse_load::run::{HostComparison, RunError};

use crate::golden::markup::linked_files;

#[sse_user(wait_time = between(ms(1), ms(9)))]
impl Caller {
    #[task(weight = 2)]
    async fn call(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/chat").body("{}").name("chat").send().await?;
        Ok(())
    }

    #[task]
    async fn search(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/search").body("{}").name("search").send().await?;
        Ok(())
    }
}

fn server(ttft: u64) -> MockServer {
    MockServer::builder().ttft(ms(ttft)).tokens(3).start()
}

fn refusing() -> MockServer {
    MockServer::builder().fault(Fault::status(503), On::all()).start()
}

/// Each user does four tasks a block.
fn compared(before: &MockServer, after: &MockServer) -> HostComparison {
    let test = Caller::load_test("hosts").users(3).max_tasks_per_user(4).seed(5);
    test.compare_hosts(before.url(), after.url()).pairs(5).pause(ms(0))
}

fn verdicts(comparison: &ComparedHosts) -> Vec<(String, Verdict)> {
    comparison.compared().iter().map(|compared| (compared.figure.to_string(), compared.verdict)).collect()
}

#[test]
fn a_host_that_is_slower_is_worse_and_one_that_is_faster_is_better() {
    let (quick, slow) = (server(5), server(400));
    let worse = compared(&quick, &slow).figure(ttft(ALL).p50()).tolerance(0.5).run();
    assert_eq!(verdicts(&worse), [("ttft p50".to_owned(), Verdict::Miss)], "{worse}");
    assert!(!worse.passed() && worse.to_string().contains("REGRESSION  ttft p50  "), "{worse}");
    let better = compared(&slow, &quick).figure(ttft(ALL).p50()).run();
    assert!(better.passed() && better.compared()[0].is_improved(), "{better}");
    let (change, (low, high)) = (better.compared()[0].change, better.compared()[0].interval);
    assert!(low <= change && change <= high && high < 1.0, "{better}");
    better.assert();
}

#[test]
fn a_rate_that_falls_is_worse() {
    let (quick, slow) = (server(1), server(400));
    let comparison = compared(&quick, &slow).figure(request_rate()).tolerance(0.5).run();
    assert_eq!(comparison.compared()[0].verdict, Verdict::Miss, "{comparison}");
}

#[test]
fn both_hosts_get_the_same_load_in_blocks_of_their_own() {
    let (before, after) = (server(1), server(1));
    let comparison = compared(&before, &after).tolerance(1e6).run();
    assert!(comparison.passed(), "{comparison}");
    let paths = |server: &MockServer| {
        let mut paths: Vec<_> = server.requests().into_iter().map(|request| request.path).collect();
        paths.sort();
        paths
    };
    assert_eq!(paths(&before).len(), 5 * 3 * 4);
    assert_eq!(paths(&before), paths(&after));
    let seeds: Vec<_> = comparison.blocks().iter().map(|pair| pair.each_ref().map(Report::seed)).collect();
    assert_eq!(seeds, [5, 6, 7, 8, 9].map(|seed| [seed, seed]));
    let begun: Vec<_> =
        comparison.blocks().iter().map(|[before, after]| before.started_unix() < after.started_unix()).collect();
    assert!(begun.contains(&true) && begun.contains(&false), "the order is drawn: {begun:?}");
}

#[test]
fn by_default_every_name_is_compared_and_the_result_is_a_file() {
    let comparison = compared(&server(1), &server(1)).tolerance(1e6).run();
    let names: Vec<_> = comparison.compared().iter().map(|compared| compared.figure.to_string()).collect();
    let of = |name: &str| ["ttft p50", "ttft p95", "icl p95", "e2e p50"].map(|figure| format!("{name} {figure}"));
    assert_eq!(names, [of("chat").to_vec(), of("search").to_vec(), vec!["error rate".to_owned()]].concat());
    let folder = comparison.folder().expect("a folder");
    let text = std::fs::read_to_string(folder.join("comparison.json")).expect("a file");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((json["pairs"].as_u64(), json["passed"].as_bool()), (Some(5), Some(true)));
    assert_eq!(json["figures"][0]["figure"], "chat ttft p50");
    assert_eq!(linked_files(&folder.join("comparison.html")), 10, "one for each block");
    for side in SIDES {
        assert!(folder.join(format!("{side}5/report.json")).is_file());
    }
}

#[test]
fn a_host_that_refuses_cannot_be_compared_and_its_error_rate_is_worse() {
    let comparison =
        compared(&server(1), &refusing()).figure(ttft("chat").p50()).figure(error_rate()).tolerance(9.0).run();
    assert_eq!(comparison.compared()[0].verdict, Verdict::Invalid, "{comparison}");
    assert_eq!(comparison.compared()[0].reason, "hosts_after1: it falls on failed requests");
    assert_eq!(comparison.compared()[1].verdict, Verdict::Miss, "no tolerance is for failures: {comparison}");
    assert!(!comparison.passed());
}

#[test]
fn a_misspelt_name_passes_nothing() {
    let comparison = compared(&server(1), &server(1)).figure(ttft("caht").p50()).run();
    assert!(comparison.compared()[0].reason.contains("did you mean `chat`"), "{comparison}");
    assert!(!comparison.passed());
}

#[test]
fn fewer_than_five_pairs_are_refused() {
    let server = server(1);
    let refused = compared(&server, &server).pairs(4).try_run().expect_err("too few");
    assert!(matches!(refused, RunError::Plan { .. }) && refused.to_string().contains(".pairs(..) must be at least 5"));
    assert!(server.requests().is_empty());
}

#[test]
fn a_server_that_is_not_there_fails_every_request_and_passes_nothing() {
    let sound = server(1);
    let test = Caller::load_test("gone").users(1).max_tasks_per_user(1);
    let comparison = test.compare_hosts(sound.url(), "http://127.0.0.1:1").pairs(5).pause(ms(0)).run();
    assert!(!comparison.passed(), "{comparison}");
}
