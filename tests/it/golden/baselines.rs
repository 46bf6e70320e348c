//! The block of a comparison with a baseline.

use std::path::{Path, PathBuf};

use sse_load::baseline::BaselineError;
use sse_load::clock::ms;
use sse_load::prelude::*;
use sse_load::report::{Artifacts, Baselines, Machine, UpdateBaseline};
use sse_load::slo::Figure;

use super::cases::{self, unavailable};
use super::file::assert_golden;
use super::run::{Request, Run, chat};

/// The report, whose baselines lie in a folder of this test.
fn placed(name: &str, mut report: Report, update: UpdateBaseline) -> Report {
    let machine = Machine { cpu: "Some CPU @ 2.20GHz".to_owned(), cores: 2, os: "linux x86_64".to_owned() };
    report.set_baselines(machine, Baselines { folder: folder(name), name: None, update });
    // Nothing is written into the folder that the files of a real run would go to.
    report.set_artifacts(Artifacts::default());
    report
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("golden-{name}-{}", std::process::id()))
}

fn assert_comparison(name: &str, before: Option<Report>, after: Report, update: UpdateBaseline) {
    if let Some(before) = before {
        placed(name, before, UpdateBaseline::No).save_baseline("main").expect("a file");
    }
    let block = placed(name, after, update).compare("main").to_string();
    let _ = std::fs::remove_dir_all(folder(name));
    // Where a long path breaks is no matter of this file.
    let block = block.replace(&folder(name).display().to_string(), "FOLDER");
    let control = block.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(control, None, "{block:?}");
    assert_golden(&format!("{name}.baseline.txt"), &format!("{block}\n"));
}

/// Gaps are shorter, what comes before the first takes three times as long, and some requests fail.
pub(crate) fn changed() -> Report {
    let mut run = Run::named("chat_ttft");
    for number in 0..108 {
        run.success(&Request { ttft: ms(150 + number % 20), gap: ms(8), ..chat() });
    }
    run.failures(12, &chat(), &unavailable()).report()
}

#[test]
fn worse_better_and_what_can_not_be_told() {
    assert_comparison("changed", Some(cases::all_well()), changed(), UpdateBaseline::No);
}

#[test]
fn names_that_only_one_of_the_runs_has() {
    assert_comparison(
        "other_names",
        Some(cases::all_well()),
        Run::named("chat_ttft").success(&cases::search()).report(),
        UpdateBaseline::No,
    );
}

#[test]
fn what_can_not_be_compared_at_all() {
    let other = Run::named("another_test").chats(120).report();
    assert_comparison("incomparable", Some(other), cases::all_well(), UpdateBaseline::InCi);
}

#[test]
fn a_baseline_that_is_written_anew() {
    assert_comparison("updated", Some(cases::all_well()), changed(), UpdateBaseline::Yes);
}

/// 120 chats whose first tokens take so long.
fn of_ttft(ttft: u64) -> Run {
    let mut run = Run::named("chat_ttft");
    for number in 0..120 {
        run.success(&Request { ttft: ms(ttft + number % 20), ..chat() });
    }
    run
}

#[test]
fn an_overloaded_generator_blames_no_server_and_is_no_baseline() {
    let name = "overloaded";
    let overloaded = || of_ttft(500).overloaded().report();
    placed(name, of_ttft(100).report(), UpdateBaseline::No).save_baseline("main").expect("a file");
    let file = folder(name).join("main.json");
    let saved = std::fs::read_to_string(&file).expect("a file");

    let comparison = placed(name, overloaded(), UpdateBaseline::No).compare("main");
    assert_eq!(comparison.verdict(), Verdict::Invalid, "{comparison}");
    assert!(comparison.obstacles()[0].starts_with("the generator was overloaded"), "{comparison}");

    let refused = placed(name, overloaded(), UpdateBaseline::No).save_baseline("main").expect_err("it is slow itself");
    assert!(
        matches!(&refused, BaselineError::Overloaded { why, .. } if why.contains("its threads stalled")),
        "{refused}"
    );
    let updated = placed(name, overloaded(), UpdateBaseline::Yes).compare("main");
    assert!(!updated.is_updated() && !updated.passed(), "{updated}");
    assert!(updated.refusal().is_some_and(|why| why.contains("is no baseline for a later one")), "{updated}");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), saved);
    let _ = std::fs::remove_dir_all(folder(name));
}

#[test]
fn a_rise_that_late_reads_explain_is_no_regression_and_a_larger_one_is() {
    let name = "late";
    placed(name, of_ttft(100).report(), UpdateBaseline::No).save_baseline("main").expect("a file");
    // A connection and a read, each up to 30 ms late, and too seldom or not.
    let p50 = |time: u64, late: u64| {
        let report = of_ttft(time).late(late, ms(30)).late(1_000 - late, ms(0)).report();
        let comparison = placed(name, report, UpdateBaseline::No).compare("main");
        let figures = comparison.figures();
        let figure = figures.into_iter().find(|figure| figure.figure == Figure::from(ttft("chat_completion").p50()));
        figure.map(|figure| (figure.verdict, figure.reason)).expect("it is compared")
    };
    assert_eq!(p50(150, 0).0, Verdict::Miss);
    assert_eq!(p50(150, 2).0, Verdict::Miss);
    let (verdict, reason) = p50(150, 500);
    assert_eq!(verdict, Verdict::Invalid);
    assert!(reason.starts_with("the generator itself can explain this: it read events up to 30.0ms late"), "{reason}");
    assert_eq!(p50(250, 500).0, Verdict::Miss);
    let _ = std::fs::remove_dir_all(folder(name));
}
