//! The files that Locust writes.

use sse_load::render::locust;

use super::cases;
use super::file::assert_golden;

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("as many cells as the header").iter().map(str::to_owned).collect()).collect()
}

fn cell<'r>(rows: &'r [Vec<String>], name: &str, column: &str) -> &'r str {
    let column = rows[0].iter().position(|header| header == column).expect(column);
    let row = rows.iter().find(|row| row[1] == name).unwrap_or_else(|| panic!("{name}: {rows:?}"));
    &row[column]
}

#[test]
fn a_tenth_fails() {
    for (file, text) in locust::files(&cases::a_tenth_fails()) {
        assert_golden(&format!("a_tenth_fails_{file}"), &text);
    }
}

#[test]
fn panics_and_errors_are_exceptions() {
    assert_golden("everything_exceptions.csv", &locust::exceptions(&cases::everything()));
}

#[test]
fn every_report_has_the_columns_of_locust_in_each_row() {
    let columns = [
        "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average \
         Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%",
        "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,Total Request Count,Total \
         Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average \
         Content Size",
        "Method,Name,Error,Occurrences,First Seen,Last Seen",
        "Count,Message,Traceback,Nodes",
    ];
    let reports =
        vec![cases::everything(), cases::hostile(), cases::no_request(), cases::only_failures(), cases::only_panics()];
    for report in &reports {
        for ((_, text), columns) in locust::files(report).iter().zip(columns) {
            assert_eq!(rows(text)[0].join(","), columns);
        }
    }
}

#[test]
fn a_request_has_the_four_entries_of_locust_sse_and_the_total_is_of_requests_alone() {
    let report = cases::a_tenth_fails();
    let rows = rows(&locust::stats(&report));
    let chat = report.request("chat_completion");
    assert_eq!(cell(&rows, "chat_completion", "Request Count"), chat.count().to_string());
    assert_eq!(cell(&rows, "chat_completion", "Failure Count"), chat.failures().to_string());
    assert_eq!(cell(&rows, "chat_completion_ttft", "Request Count"), chat.successes().to_string());
    assert_eq!(cell(&rows, "chat_completion_ttft", "50%"), "77");
    assert_eq!(cell(&rows, "chat_completion_prompt_tokens", "Average Content Size"), "33.000000");
    assert_eq!(cell(&rows, "chat_completion_completion_tokens", "Average Content Size"), "20.000000");
    assert_eq!(cell(&rows, "chat_completion_completion_tokens", "100%"), "0");
    let (last, all) = (rows.last().expect("a row"), report.total());
    assert_eq!(last[..4], ["", "Aggregated", &all.count().to_string(), &all.failures().to_string()].map(str::to_owned));
}

#[test]
fn the_history_ends_with_the_totals() {
    let report = cases::a_tenth_fails();
    let history = rows(&locust::stats_history(&report));
    let seconds: Vec<u64> = history[1..].iter().map(|row| row[0].parse().expect("whole seconds")).collect();
    assert!(seconds.len() > 1 && seconds.is_sorted_by(|a, b| a < b), "{seconds:?}");
    let (last, total) = (history.last().expect("a row"), report.total());
    assert_eq!(last[17..19], [total.count().to_string(), total.failures().to_string()]);
}
