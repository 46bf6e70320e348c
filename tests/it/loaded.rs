//! Reports that are read back: they say what they said when they were written.

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use sse_load::prelude::*;
use sse_load::render::{json, locust, markdown};
use sse_load::report::{LoadError, Report};
use sse_load::sample::FailureClass;

use crate::golden::cases;

/// A report that an earlier build of this schema version wrote: `json(&cases::everything())`. It is not written anew.
const FIXTURE: &str = "tests/fixtures/report.json";

fn objectives() -> Vec<Objective> {
    vec![
        ttft(ALL).p50().at_most(ms(90)),
        ttft(ALL).p95().at_most(ms(250)),
        e2e(ALL).p90().at_most(secs(2)),
        icl(ALL).p99().at_most(ms(25)),
        completion_tokens(ALL).mean().at_least(10),
        tok_s().at_least(20.0),
        error_rate().at_most(0.2),
        error_rate().class(FailureClass::HttpStatus).at_most(0.01),
    ]
}

fn read(report: &Report) -> Report {
    Report::from_json(&json(report).expect("it serialises")).expect("it is one")
}

#[test]
fn a_report_that_is_read_says_what_it_said() {
    for (name, report) in cases::all() {
        let read = read(&report);
        let (again, before) = (json(&read).expect("JSON"), json(&report).expect("JSON"));
        let other = again.lines().zip(before.lines()).find(|(again, before)| again != before);
        assert_eq!((other, again.len()), (None, before.len()), "{name}");
        // Where the files lie is not in them.
        let table = |report: &Report| {
            report
                .to_string()
                .lines()
                .filter(|line| !line.starts_with("report: "))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(table(&read), table(&report), "{name}");
        assert_eq!(locust::files(&read), locust::files(&report), "{name}");
        let block = |report: &Report| {
            report.check(objectives()).judged().iter().map(|judged| format!("{judged:?}")).collect::<Vec<_>>()
        };
        assert_eq!(block(&read), block(&report), "{name}");
    }
}

#[test]
fn one_that_says_nothing_of_stamps_is_of_before() {
    let mut report: Value = serde_json::from_str(&json(&cases::a_tenth_fails()).expect("JSON")).expect("it is JSON");
    let health = report["health"].as_object_mut().expect("an object");
    let known = health.len();
    health.retain(|key, _| !key.starts_with("buffered") && !key.starts_with("stamp"));
    assert_eq!(health.len(), known - 9);
    let report = Report::from_json(&report.to_string()).expect("it is one");
    assert_eq!(report.health().buffered.stamped_by(), None);
}

#[test]
fn what_a_run_expected_is_asserted_again() {
    let mut report = cases::all_well();
    let expected = sse_load::slo::Expected { objectives: objectives(), ..Default::default() };
    report.set_expected(expected.clone());
    assert_eq!(*read(&report).expected(), expected);
}

#[test]
fn a_report_of_this_version_is_loaded_from_its_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FIXTURE);
    let report = Report::load(&path).expect("it is one");
    assert_eq!((report.name(), report.total().count(), report.total().failures()), ("mixed", 110, 15));
    assert_eq!(report.request("chat_completion").ttft().of_successes().p95(), Duration::from_micros(92_543));
    assert_eq!(report.artifacts().folder.as_deref(), path.parent());
    assert!(markdown(&report).contains("| `chat_completion` | 92 | 12 |"), "{}", markdown(&report));
    let verdicts = report.check([error_rate().at_most(0.5), error_rate().at_most(0.01), panics().at_most(9)]);
    let verdicts: Vec<_> = verdicts.judged().iter().map(|judged| judged.verdict).collect();
    assert_eq!(verdicts, [Verdict::Miss, Verdict::Pass, Verdict::Pass]);
}

#[test]
fn what_is_no_report_says_what_was_expected_and_what_came() {
    let sound = json(&cases::all_well()).expect("JSON");
    let of_later = sound.replacen("\"schema_version\": 1", "\"schema_version\": 9", 1);
    let broken = sound.replacen("\"hdr\": \"", "\"hdr\": \"A", 1);
    for (text, said) in [
        ("", "expected a report of sse-load as JSON, but EOF"),
        ("[]", "is it a report.json that a load test wrote?"),
        ("{}", "missing field `schema_version`"),
        (&of_later, "expected a report of schema version 1, but it has 9 and was written by sse-load"),
        (&broken, "expected a histogram as sse-load writes it"),
    ] {
        let error = Report::from_json(text).expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
    }
    let error = Report::load("tests/fixtures/nowhere.json").expect_err("no such file");
    assert!(matches!(error, LoadError::File { .. }) && error.to_string().contains("nowhere.json"), "{error}");
}

#[test]
fn counts_that_no_run_has_are_refused() {
    let sound = json(&cases::everything()).expect("JSON");
    for key in ["succeeded", "cut_off", "begun", "count", "task_error_count", "users", "blocked"] {
        let key = format!("\"{key}\": ");
        let text = sound.replacen(&key, &format!("{key}9999999999999999"), 1);
        assert_ne!(text, sound, "{key}");
        let error = Report::from_json(&text).expect_err(&key).to_string();
        assert!(error.contains("no run has so many"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_it_panic(place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = json(&cases::a_tenth_fails()).expect("JSON").into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Ok(report) = Report::from_json(&text) {
            let _ = (report.to_string(), json(&report).map(drop), locust::files(&report));
        }
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(Report::from_json(&String::from_utf8_lossy(&bytes)).is_err());
    }
}
