//! Checks after the run add their blocks to the page that it wrote.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use sse_load::prelude::*;
use sse_load::render::html;
use sse_load::report::{Artifacts, Report};

use crate::golden::markup::assert_well_formed;
use crate::golden::{baselines, cases};

/// The report of a run whose page lies in a folder of this test.
fn written(name: &str, mut report: Report) -> (Report, PathBuf) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("checked_later_{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    report.set_artifacts(Artifacts { folder: Some(folder), ..Artifacts::default() });
    let page = report.artifacts().page().expect("a page");
    std::fs::write(&page, html(&report)).expect("the page can be written");
    (report, page)
}

fn read(page: &Path) -> String {
    let page = std::fs::read_to_string(page).expect("a page");
    assert_well_formed(&page);
    page
}

/// Where each of these texts begins.
#[track_caller]
fn places<const N: usize>(page: &str, texts: [&str; N]) -> [usize; N] {
    texts.map(|text| page.find(text).unwrap_or_else(|| panic!("`{text}` is not on the page")))
}

const BLOCK: &str = "<article class=\"check";

#[test]
fn two_checks_are_two_blocks_in_their_order() {
    let (report, page) = written("twice", cases::all_well());
    assert_eq!(read(&page).matches(BLOCK).count(), 0);
    report.assert([ttft("chat_completion").p50().at_most(ms(777))]);
    assert_eq!(read(&page).matches(BLOCK).count(), 1);
    let missed =
        catch_unwind(AssertUnwindSafe(|| report.assert([error_rate().at_most(0.1), e2e(ALL).max().at_most(ms(5))])));
    assert!(missed.is_err());
    let shown = read(&page);
    assert_eq!(shown.matches(BLOCK).count(), 2);
    let [first, second, place, summary] =
        places(&shown, ["at most 777 ms", "at most 5 ms", "<!-- checks -->", "id=\"summary\""]);
    assert!(first < second && second < place && place < summary, "they stand in the section of verdicts");
    assert_eq!(std::fs::read_dir(page.parent().expect("a folder")).expect("a folder").count(), 1, "no draft is left");
}

#[test]
fn what_the_run_expected_itself_stands_there_once() {
    let mut expecting = cases::all_well();
    let objectives = vec![ttft(ALL).p50().at_most(ms(777))];
    expecting.set_expected(sse_load::slo::Expected { objectives: objectives.clone(), ..Default::default() });
    let (report, page) = written("expected", expecting);
    assert_eq!(read(&page).matches(BLOCK).count(), 1);
    report.assert(objectives);
    assert_eq!(read(&page).matches(BLOCK).count(), 1);
}

#[test]
fn a_comparison_lays_the_baseline_over_the_run() {
    let (report, page) = written("compared", baselines::changed());
    let comparison = report.compare_with("main", &cases::all_well());
    assert_eq!(read(&page).matches(BLOCK).count(), 0, "it is added when it is asserted, as it may still be changed");
    assert!(catch_unwind(AssertUnwindSafe(|| comparison.assert())).is_err());
    let shown = read(&page);
    assert_eq!(shown.matches(BLOCK).count(), 1);
    places(&shown, ["chat_completion ttft: share of samples within a time", "chat_completion e2e: time by percentile"]);
    places(&shown, ["81.3 ms → 160 ms", "✗ Regression", "\"name\":\"before\"", "\"name\":\"after\""]);
}

#[test]
fn no_foreign_text_of_a_check_is_markup() {
    let (report, page) = written("hostile", cases::hostile());
    let before = read(&page);
    let name = report.requests()[0].name().to_owned();
    let verdicts = report.check([ttft(name).p50().at_most(ms(1)), error_rate().at_most(0.0)]);
    assert!(!verdicts.passed());
    let _ = catch_unwind(AssertUnwindSafe(|| report.compare_with("<script>m</script>", &cases::hostile()).assert()));
    let after = read(&page);
    assert_eq!(after.matches(BLOCK).count(), 2);
    assert!(after.contains("&lt;script&gt;m&lt;/script&gt;"), "the baseline's name is shown");
    let own = |page: &str| page.matches("<script>").count();
    assert_eq!(own(&before), own(&after), "no script came in");
    assert_eq!(after.chars().find(|c| c.is_control() && *c != '\n'), None);
    assert_eq!(after.matches("<!-- checks -->").count(), 1, "a further check finds its place");
}

#[test]
fn a_page_that_is_gone_fails_no_check_and_does_not_come_back() {
    let (report, page) = written("gone", cases::all_well());
    std::fs::remove_dir_all(page.parent().expect("a folder")).expect("it goes");
    report.assert([error_rate().at_most(0.1)]);
    report.compare_with("main", &cases::all_well()).assert();
    assert!(!page.exists());
}
