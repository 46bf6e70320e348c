//! The request log: a row for every request, with all that was seen of it.

mod columns;
mod file;
mod loops;

use std::fs;

use serde_json::Value;
use sse_load::report::Report;

/// The rows of a run's log.
fn rows(report: &Report) -> Vec<Value> {
    let path = report.artifacts().request_log.as_ref().expect("a request log");
    let text = fs::read_to_string(path).expect("the log");
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn stamp(row: &Value, column: &str) -> Option<i64> {
    row[column].as_i64()
}

fn events(row: &Value) -> &[Value] {
    row["events"].as_array().expect("a list")
}

fn count(rows: &[Value], is_counted: impl Fn(&Value) -> bool) -> u64 {
    rows.iter().filter(|row| is_counted(row)).count() as u64
}

/// Every request is a row, and the report counts no other.
fn assert_all_are_there(report: &Report, rows: &[Value]) {
    let counts = report.total().counts();
    assert_eq!(rows.len() as u64, counts.started(), "{report}");
    let within = |outcome: &str| count(rows, |row| row["phase"] == "measure" && row["outcome"] == outcome);
    assert_eq!(
        (within("succeeded"), within("failed"), within("cut_off"), within("hung_up")),
        (counts.succeeded, counts.failed, counts.cut_off, counts.hung_up),
        "{report}"
    );
    assert_eq!(count(rows, |row| row["phase"] != "measure"), counts.outside, "{report}");
    assert_eq!(count(rows, |row| row["phase"] == "measure" && row["attempt"].as_u64() > Some(1)), counts.retries);
}
