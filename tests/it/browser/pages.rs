//! The pages that are looked at.

use std::path::PathBuf;

use sse_load::prelude::*;
use sse_load::render::{capacity_page, comparison_page, hosts_page, html};
use sse_load::report::{Artifacts, Report};

use crate::golden::{baselines, cases, curves, hosts};

/// Every kind of page, with what it is called; each test has files of its own.
pub(super) fn all(test: &str) -> Vec<(&'static str, PathBuf)> {
    let written = |name, page: String| (name, written(test, name, &page));
    let comparison = baselines::changed().compare_with("main", &cases::all_well());
    vec![
        written("everything", html(&cases::everything())),
        written("hostile", html(&cases::hostile())),
        ("checked", checked(test, baselines::changed())),
        written("comparison", comparison_page(&comparison)),
        written("capacity", capacity_page(&curves::found())),
        written("hosts", hosts_page(&hosts::slower())),
    ]
}

/// The page of a run that was checked and compared afterwards.
fn checked(test: &str, mut report: Report) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("browser_{test}_checked"));
    std::fs::create_dir_all(&folder).expect("a folder");
    report.set_artifacts(Artifacts { folder: Some(folder.clone()), ..Artifacts::default() });
    let page = folder.join("report.html");
    std::fs::write(&page, html(&report)).expect("the page can be written");
    let verdicts = report.check([ttft("chat_completion").p50().at_most(ms(50)), error_rate().at_most(0.2)]);
    assert!(!verdicts.passed());
    let comparison = report.compare_with("main", &cases::all_well());
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| comparison.assert())).is_err());
    page
}

fn written(test: &str, name: &str, page: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("browser_{test}_{name}.html"));
    std::fs::write(&path, page).expect("the page can be written");
    path
}
