//! The report as JSON, for those who read it with other programs.

use serde_json::Value;
use sse_load::render::json;
use sse_load::report::Report;

use super::cases;
use super::file::assert_golden;

fn text(report: &Report) -> String {
    json(report).expect("a report serialises")
}

fn parsed(report: &Report) -> Value {
    serde_json::from_str(&text(report)).expect("it is JSON")
}

/// The keys in the order of the text, which `Value` does not keep.
fn keys_in_order(text: &str, indent: usize) -> Vec<&str> {
    let prefix = format!("{:indent$}\"", "");
    let keys = text.lines().filter_map(|line| line.strip_prefix(prefix.as_str())?.split_once("\":"));
    keys.map(|(key, _)| key).collect()
}

#[test]
fn the_whole_report() {
    let text = text(&cases::a_tenth_fails()).replace(&format!("\"{}\"", env!("CARGO_PKG_VERSION")), "\"x.y.z\"");
    assert_golden("a_tenth_fails.json", &format!("{text}\n"));
}

#[test]
fn the_top_level_keys_keep_their_names_and_order() {
    let keys = [
        "schema_version",
        "name",
        "version",
        "profile",
        "started_unix",
        "window",
        "drained",
        "ending",
        "machine",
        "plan",
        "total",
        "requests",
        "turns",
        "user_classes",
        "tags",
        "customs",
        "good_if",
        "failures",
        "task_error_count",
        "task_errors",
        "panic_count",
        "panics",
        "malformed",
        "tasks",
        "arrivals",
        "spent",
        "health",
        "course",
        "slowest",
        "warnings",
        "on_inconclusive",
    ];
    assert_eq!(keys_in_order(&text(&cases::everything()), 2), keys);
    assert_eq!(parsed(&cases::everything())["schema_version"], 1);
}

#[test]
fn a_metric_has_its_unit_both_views_and_the_whole_histogram() {
    let report = text(&cases::a_tenth_fails());
    let ttft = report.find("\"ttft\": {").expect("the metric is there");
    let ttft = &report[ttft..ttft + report[ttft..].find("\n      }").expect("its end")];
    let keys = [
        "unit",
        "n",
        "failed",
        "mean",
        "min",
        "p50",
        "p90",
        "p95",
        "p99",
        "max",
        "successes",
        "worst",
        "hdr",
        "over_time",
    ];
    assert_eq!(keys_in_order(ttft, 8), keys);
}

#[test]
fn a_percentile_on_a_failure_is_null_and_that_of_the_successes_is_a_number() {
    let report = parsed(&cases::a_tenth_fails());
    let ttft = &report["requests"][0]["metrics"]["ttft"];
    assert_eq!((&ttft["unit"], &ttft["n"], &ttft["failed"]), (&"s".into(), &120.into(), &12.into()));
    assert!(ttft["p50"].is_f64() && ttft["p95"].is_null() && ttft["mean"].is_null() && ttft["max"].is_null());
    assert_eq!(ttft["successes"]["n"], 108);
    assert_eq!(ttft["successes"]["min"].as_f64(), Some(0.04));
    assert!(ttft["successes"]["p95"].as_f64().is_some_and(|p95| (0.1..0.2).contains(&p95)), "{ttft}");
    let tokens = &report["requests"][0]["metrics"]["completion_tokens"];
    assert_eq!((&tokens["unit"], &tokens["p50"], &tokens["failed"]), (&"tokens".into(), &20.into(), &0.into()));
}

#[test]
fn what_was_not_measured_is_null_with_n_zero() {
    let report = parsed(&cases::no_request());
    let total = &report["total"];
    assert!(total["error_rate"].is_null(), "{total}");
    assert_eq!(report["requests"], Value::Array(Vec::new()));
    for metric in total["metrics"].as_object().expect("an object").values() {
        assert_eq!(metric["n"], 0);
        assert!(metric["p50"].is_null() && metric["min"].is_null() && metric["worst"].is_null());
    }
}

#[test]
fn foreign_texts_are_whole_and_harmless() {
    let text = text(&cases::hostile());
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "a control character stands in the file");
    let report = parsed(&cases::hostile());
    let failure = &report["failures"][0];
    assert_eq!(failure["summary"], "expected text/event-stream, came \u{9b}31m\x1b]0;owned\x07");
}

#[test]
fn equal_runs_give_equal_json() {
    assert_eq!(text(&cases::everything()), text(&cases::everything()));
}
