//! The verdicts as `JUnit` XML.

use roxmltree::{Document, Node};
use sse_load::prelude::*;
use sse_load::render::junit;
use sse_load::report::{OnInconclusive, Report};
use sse_load::slo::Expected;

use super::cases;
use super::file::assert_golden;
use super::run::Run;

fn expecting(mut report: Report, objectives: impl IntoIterator<Item = Objective>) -> Report {
    report.set_expected(Expected { objectives: objectives.into_iter().collect(), ..Expected::default() });
    report
}

/// The file with its first suite, if it is well-formed.
fn read<R>(report: &Report, look: impl FnOnce(Node<'_, '_>) -> R) -> R {
    let text = junit(report);
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let suite = document.root_element().first_element_child().expect("a suite");
    look(suite)
}

/// The elements below each test case.
fn ends(suite: Node<'_, '_>) -> Vec<Vec<String>> {
    let cases = suite.children().filter(|node| node.has_tag_name("testcase"));
    cases.map(|case| case.children().map(|end| end.tag_name().name().to_owned()).collect()).collect()
}

fn numbers(suite: Node<'_, '_>) -> [String; 4] {
    ["tests", "failures", "errors", "skipped"].map(|name| suite.attribute(name).expect(name).to_owned())
}

#[test]
fn a_miss_is_a_failure_and_an_invalid_figure_an_error() {
    let objectives = [
        icl("chat_completion").p99().at_most(ms(60)),
        ttft("chat_completion").p50().at_most(ms(50)),
        error_rate().at_most(0.01),
        ttft("chat").p95().at_most(ms(250)),
    ];
    let report = expecting(cases::a_tenth_fails(), objectives);
    assert_golden("a_tenth_fails.junit.xml", &junit(&report));
    read(&report, |suite| {
        assert_eq!(numbers(suite), ["4", "2", "1", "0"]);
        assert_eq!(ends(suite).iter().flatten().collect::<Vec<_>>(), ["failure", "failure", "error"]);
        let failure = suite.descendants().find(|node| node.has_tag_name("failure")).expect("a failure");
        assert_eq!(failure.text(), Some(report.verdicts().to_string().as_str()), "it has the block");
    });
}

#[test]
fn what_is_not_proven_ends_as_it_counts() {
    let of = |on_inconclusive| {
        let mut run = Run::named("few");
        run.chats(40).facts().on_inconclusive = on_inconclusive;
        let p99 = || ttft("chat_completion").p99().at_most(ms(250));
        read(&expecting(run.report(), [p99(), p99().allow_inconclusive()]), |suite| {
            (numbers(suite), ends(suite).concat())
        })
    };
    for (on_inconclusive, numbers, ends) in [
        (OnInconclusive::Fail, ["2", "1", "0", "0"], ["failure", "system-out"]),
        (OnInconclusive::Pass, ["2", "0", "0", "0"], ["system-out", "system-out"]),
        (OnInconclusive::Skip, ["2", "0", "0", "2"], ["skipped", "skipped"]),
    ] {
        assert_eq!(of(on_inconclusive), (numbers.map(str::to_owned), ends.map(str::to_owned).to_vec()));
    }
}

#[test]
fn the_properties_have_the_conditions_and_the_rows_of_the_table() {
    read(&cases::everything(), |suite| {
        let property = |name: &str| {
            let found = suite.descendants().find(|node| node.attribute("name") == Some(name));
            found.and_then(|node| node.attribute("value")).unwrap_or_else(|| panic!("{name}"))
        };
        assert_eq!((numbers(suite), suite.attribute("name")), (["0"; 4].map(str::to_owned), Some("mixed")));
        assert_eq!((property("seed"), property("profile")), ("424242", "debug build"));
        assert_eq!(property("load"), "50 users");
        assert!(property("host of ChatUser").starts_with("http"));
        assert!(property("chat_completion_ttft").starts_with("n 92, failed 12, p50 "));
        assert!(property("chat_completion_ttft, successes alone").starts_with("n 80, p50 "));
    });
}

#[test]
fn foreign_texts_are_neither_markup_nor_forbidden_characters() {
    let name = cases::hostile().requests()[0].name().to_owned();
    let objectives =
        [ttft(name).p95().at_most(ms(1)), ttft("]]></failure>\u{0}\u{ffff}\u{1b}&amp;").p50().at_most(ms(1))];
    let report = expecting(cases::hostile(), objectives);
    assert_golden("hostile.junit.xml", &junit(&report));
    read(&report, |suite| {
        assert_eq!(numbers(suite), ["3", "2", "1", "0"]);
        let messages: String = suite.descendants().filter_map(|node| node.attribute("message")).collect();
        assert!(messages.contains("]]></failure>\u{fffd}\u{fffd}\u{fffd}&amp;"), "{messages}");
        assert!(messages.contains("<script>alert(1)"), "{messages}");
    });
}

#[test]
fn every_report_is_well_formed() {
    for (name, report) in cases::all() {
        let cases =
            read(&expecting(report, [error_rate().at_most(0.0), panics().at_most(0_u64)]), |suite| ends(suite).len());
        assert_eq!(cases, 2, "{name}");
    }
}
