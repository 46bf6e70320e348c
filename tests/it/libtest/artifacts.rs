//! The files of a run.

use sse_load::mock::{Fault, MockServer, On};
use sse_load::prelude::*;
use sse_load::report::SCHEMA_VERSION;

use super::child::MISSED_LINE;
use super::process::{Child, OTHER_SERVER};

fn server() -> MockServer {
    MockServer::builder().ttft(ms(5)).tokens(2).start()
}

#[test]
fn the_step_summary_gets_the_table_and_the_block_behind_what_is_there() {
    let server = server();
    let child = Child::of(&["misses"]).server(&server);
    let path = child.folder().join("summary.md");
    std::fs::write(&path, "of an earlier step\n").expect("a file");
    let outcome = child.env("GITHUB_STEP_SUMMARY", &path).run();
    outcome.assert_failed();
    let summary = std::fs::read_to_string(&path).expect("a summary");
    assert!(summary.starts_with("of an earlier step\n### `misses`: "), "{summary}");
    assert!(summary.contains("\n| request | n | failed | p50 | p90 | p95 | p99 | max |\n| :-- | --: |"), "{summary}");
    assert!(summary.contains("\n| `chat_ttft` | "), "{summary}");
    assert!(summary.contains("\n```text\nmisses: 2 of 3 objectives missed"), "{summary}");
    assert!(summary.contains("  MISS  chat ttft p95 "), "{summary}");
    assert!(summary.trim_end().ends_with("\n```"), "{summary}");
}

#[test]
fn what_a_run_expects_is_in_the_step_summary_once_and_in_the_report() {
    let server = server();
    let child = Child::of(&["keeps_what_it_expects_and_asserts_it_again"]).server(&server);
    let path = child.folder().join("summary.md");
    let outcome = child.env("GITHUB_STEP_SUMMARY", &path).run();
    outcome.assert_passed();
    let summary = std::fs::read_to_string(&path).expect("a summary");
    assert_eq!(summary.matches("\nkeeping: 2 objectives passed").count(), 1, "{summary}");
    let expected = &outcome.json("keeping")["expected"];
    assert_eq!((&expected["looks"], &expected["decisions"]), (&"once".into(), &serde_json::json!([])));
    let objective = &expected["objectives"][1];
    assert_eq!(objective["quantity"], serde_json::json!({"max": "ttft"}));
    assert_eq!(
        (&objective["scope"], &objective["bound"]),
        (&serde_json::json!({"request": "chat"}), &"at_most".into())
    );
}

#[test]
fn junit_has_what_a_run_expects_and_each_check_after_it() {
    let server = server();
    let read = |test: &str, name: &str| {
        let outcome = Child::of(&[test]).server(&server).run();
        let files = ["junit.xml", "report.html"].map(|file| outcome.folder().join(name).join(file));
        (outcome.code, files.map(|file| std::fs::read_to_string(file).expect("a file")))
    };
    let (code, [junit, page]) = read("keeps_what_it_expects_and_asserts_it_again", "keeping");
    assert_eq!((code, junit.matches("<testsuite ").count(), junit.matches("<testcase ").count()), (Some(0), 1, 2));
    assert!(junit.contains("<testsuite name=\"keeping\" tests=\"2\" failures=\"0\" errors=\"0\""), "{junit}");
    assert_eq!(page.matches("<article class=\"check").count(), 1, "the block is on the page once, too");
    let (code, [junit, page]) = read("misses", "misses");
    assert_eq!((code, junit.matches("<testsuite ").count(), junit.matches("<testcase ").count()), (Some(101), 2, 3));
    // What a busy machine explains is an error.
    let failed = junit.matches("<failure ").count() + junit.matches("<error ").count();
    assert_eq!((failed, page.matches("<article class=\"check").count()), (2, 1));
    let document = roxmltree::Document::parse(&junit).expect("XML");
    let suites = document.root_element().children().filter(roxmltree::Node::is_element);
    let tests = suites.map(|suite| suite.attribute("tests").expect("a number")).collect::<Vec<_>>();
    assert_eq!(tests, ["0", "3"], "{junit}");
}

#[test]
fn a_comparison_is_in_junit_too() {
    let server = server();
    let child = Child::of(&["compares"]).server(&server);
    let baselines = child.folder().join("baselines");
    let outcome = child.env("SSE_LOAD_BASELINE_DIR", &baselines).run();
    outcome.assert_failed();
    let junit = std::fs::read_to_string(outcome.folder().join("compares/junit.xml")).expect("a file");
    assert!(junit.contains("name=\"baseline `main`\"") && junit.contains("<error type=\"invalid\""), "{junit}");
}

#[test]
fn steps_of_a_search_fail_no_test_case() {
    let (sound, refusing) = (server(), MockServer::builder().fault(Fault::status(503), On::all()).start());
    let outcome = Child::of(&["searches"]).server(&sound).env(OTHER_SERVER, refusing.url()).run();
    outcome.assert_passed();
    let step = outcome.folder().join("searched/2");
    assert!(step.join("report.json").is_file() && !step.join("junit.xml").exists());
}

#[test]
fn a_full_step_summary_stays_as_it_is() {
    let server = server();
    let child = Child::of(&["passes"]).server(&server);
    let path = child.folder().join("summary.md");
    let full = "x".repeat((1 << 20) - 100);
    std::fs::write(&path, &full).expect("a file");
    let outcome = child.nocapture().env("GITHUB_STEP_SUMMARY", &path).run();
    outcome.assert_passed();
    outcome.assert_says("and GitHub drops it all above 1 MiB");
    assert!(std::fs::read_to_string(&path).expect("a summary") == full);
}

#[test]
fn a_miss_is_annotated_at_its_line_in_github_actions_alone() {
    let server = server();
    let misses = |actions| Child::of(&["misses"]).server(&server).env("GITHUB_ACTIONS", actions).run();
    let expected =
        format!("\n::error file=tests/it/libtest/child.rs,line={MISSED_LINE},title=misses%3A 2 of 3 objectives missed");
    misses("true").assert_says(&expected);
    let elsewhere = misses("");
    elsewhere.assert_failed();
    assert!(!elsewhere.text().contains("::error"), "{}", elsewhere.text());
}

#[test]
fn the_step_summary_gets_one_block_for_a_whole_search() {
    let (sound, refusing) = (server(), MockServer::builder().fault(Fault::status(503), On::all()).start());
    let child = Child::of(&["searches"]).server(&sound).env(OTHER_SERVER, refusing.url());
    let path = child.folder().join("summary.md");
    let outcome = child.env("GITHUB_STEP_SUMMARY", &path).run();
    outcome.assert_passed();
    let summary = std::fs::read_to_string(&path).expect("a summary");
    assert!(summary.starts_with("```text\nsearched: holds at 1, misses at 2    2 levels"), "{summary}");
    assert!(summary.ends_with("\n```\n") && summary.matches("```").count() == 2, "{summary}");
    assert_eq!(outcome.json("searched/2")["name"], "searched_2");
}

#[test]
fn a_summary_that_cannot_be_written_fails_no_test() {
    let server = server();
    let child = Child::of(&["passes"]).server(&server);
    let folder = child.folder().to_owned();
    let outcome = child.nocapture().env("GITHUB_STEP_SUMMARY", &folder).run();
    outcome.assert_passed();
    outcome.assert_says("the summary could not be appended to ");
}

#[test]
fn the_report_is_json_in_the_folder_that_was_asked_for() {
    let server = server();
    let outcome = Child::of(&["passes"]).server(&server).run();
    outcome.assert_passed();
    let report = outcome.json("passes");
    assert_eq!(report["schema_version"], SCHEMA_VERSION);
    assert_eq!((report["name"].as_str(), report["ending"].as_str()), (Some("passes"), Some("complete")));
    assert_eq!(report["plan"]["users"], 2);
    assert_eq!(report["plan"]["run_time"], 0.4);
    assert_eq!(report["total"]["counts"]["succeeded"], server.request_count());
    assert_eq!(report["requests"][0]["name"], "chat");
}

#[test]
fn the_files_of_locust_lie_beside_the_report_if_they_are_asked_for() {
    let server = server();
    let outcome = Child::of(&["passes"]).server(&server).env("SSE_LOAD_LOCUST_CSV", "../chat").run();
    outcome.assert_passed();
    let file = |name: &str| std::fs::read_to_string(outcome.folder().join("passes").join(name)).expect(name);
    let (stats, history) = (file(".._chat_stats.csv"), file(".._chat_stats_history.csv"));
    let n = server.request_count();
    assert!(
        stats.contains(&format!("\r\nSSE,chat,{n},0,")) && stats.contains(&format!("\r\n,Aggregated,{n},0,")),
        "{stats}"
    );
    assert!(history.lines().count() > 1, "{history}");
    assert_eq!(file(".._chat_failures.csv").lines().count(), 1);
    assert_eq!(file(".._chat_exceptions.csv").lines().count(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_fails_no_test() {
    let server = server();
    let child = Child::of(&["passes"]).server(&server);
    let file = child.folder().join("a_file");
    std::fs::write(&file, "").expect("a file");
    let outcome = child.nocapture().env("SSE_LOAD_REPORT_DIR", &file).run();
    outcome.assert_passed();
    outcome.assert_says("the report could not be written to ");
    outcome.assert_is_silent_about("report: ");
}

#[test]
fn without_a_word_the_report_lies_in_the_target_folder() {
    #[sse_user]
    impl Asker {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").send().await?;
            Ok(())
        }
    }

    let server = server();
    let report = Asker::load_test("report in target").host(server.url()).run_time(ms(100)).run();
    let folder = report.artifacts().folder.as_ref().expect("a folder");
    assert!(folder.ends_with("sse-load/report_in_target"), "{}", folder.display());
    let text = std::fs::read_to_string(folder.join("report.json")).expect("a report");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((json["schema_version"].as_u64(), json["name"].as_str()), (Some(1), Some("report in target")));
    assert_eq!(json["plan"]["seed"], report.seed());
}
