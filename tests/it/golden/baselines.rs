//! The block of a comparison with a baseline.

use std::path::{Path, PathBuf};

use sse_load::clock::ms;
use sse_load::report::{Artifacts, Baselines, Machine, Report, UpdateBaseline};

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
fn changed() -> Report {
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
