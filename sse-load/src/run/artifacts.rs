//! The files of a run.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::env::{Settings, Update};
use super::log_writer::remove_logs;
use super::step::Step;
use crate::render::{html, json, junit, locust, markdown, pretty};
use crate::report::{Artifacts, Baselines, Report, UpdateBaseline};
use crate::slo::{fenced, publish};

/// What cargo writes into every target folder.
const CACHE_TAG: &str = "CACHEDIR.TAG";

/// Writes `report.json`, `report.html`, and of a load test that is no step of another `junit.xml` and the step summary: what a step expects fails
/// no test. That a file can't be written is said, but fails none either: the figures are there.
pub(super) fn write(report: &mut Report, settings: &Settings, step: &Step, request_log: Option<PathBuf>) {
    let folder = folder(settings, report.name(), step);
    let step_summary = settings.step_summary.clone().filter(|_| step.of.is_none());
    if let Some(prefix) = &settings.locust_csv {
        for (name, text) in locust::files(report) {
            write_file(folder.clone(), &format!("{}_{name}", folder_name(prefix)), || Ok(text));
        }
    }
    if request_log.is_none()
        && let Err(error) = remove_logs(&folder)
    {
        eprintln!("sse-load: the request log of a run before is still in {}: {error}", folder.display());
    }
    report.set_artifacts(Artifacts { request_log: request_log.map(from_here), ..Artifacts::default() });
    let folder = write_file(folder, "report.json", || json(report));
    let folder = folder.and_then(|folder| write_file(folder, "report.html", || Ok(html(report))));
    let request_log = report.artifacts().request_log.clone();
    let artifacts = Artifacts { folder: folder.clone(), request_log, step_summary, annotations: settings.annotations };
    report.set_artifacts(artifacts);
    if let Some(folder) = folder.filter(|_| step.of.is_none()) {
        write_file(folder, "junit.xml", || Ok(junit(report)));
    }
    if let Some(path) = &report.artifacts().step_summary {
        publish::append(path, &markdown(report));
    }
}

/// The folder of a load test's files.
pub(super) fn folder(settings: &Settings, test: &str, step: &Step) -> PathBuf {
    match &step.of {
        Some((all, label)) => reports(settings).join(folder_name(all)).join(folder_name(label)),
        None => reports(settings).join(folder_name(test)),
    }
}

/// Where the baselines of a load test lie: among the sources, since they are committed.
pub(super) fn baselines(settings: &Settings, test: &str) -> Baselines {
    let folder = settings.baseline_dir.clone().unwrap_or_else(|| {
        // Without cargo or nextest it is the folder that the test is run in.
        settings.manifest_dir.clone().unwrap_or_default().join("sse-load-baselines")
    });
    let update = match settings.update_baseline {
        Update::Never => UpdateBaseline::No,
        Update::OutsideOfCi if settings.is_ci => UpdateBaseline::InCi,
        Update::OutsideOfCi | Update::Always => UpdateBaseline::Yes,
    };
    Baselines { folder: from_here(folder).join(folder_name(test)), name: settings.baseline.clone(), update }
}

/// Writes what came of several load tests, and its page, into the folder that has theirs, and says where that is. `files` is what
/// both files are called.
pub(super) fn write_steps<T: Serialize>(
    result: &T,
    page: fn(&T) -> String,
    files: &str,
    (settings, name): (&Settings, &str),
) -> Option<PathBuf> {
    let folder = write_file(reports(settings).join(folder_name(name)), &format!("{files}.json"), || pretty(result))?;
    write_file(folder, &format!("{files}.html"), || Ok(page(result)))
}

/// Appends what came of several load tests to the step summary.
pub(super) fn append_block(result: &impl Display, settings: &Settings) {
    if let Some(path) = &settings.step_summary {
        publish::append(path, &format!("{}\n", fenced(&result.to_string())));
    }
}

fn reports(settings: &Settings) -> PathBuf {
    settings.report_dir.clone().unwrap_or_else(default_folder)
}

/// Gives the folder, if the file could be written.
fn write_file(folder: PathBuf, name: &str, text: impl FnOnce() -> serde_json::Result<String>) -> Option<PathBuf> {
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(&folder)?;
        // Written beside and moved into place, so that no reader sees half a report.
        let (path, draft) = (folder.join(name), folder.join(format!("{name}.new")));
        fs::write(&draft, text()?)?;
        fs::rename(draft, path)
    };
    match write() {
        Ok(()) => Some(from_here(folder)),
        Err(error) => {
            eprintln!("sse-load: the report could not be written to {}: {error}", folder.display());
            None
        }
    }
}

/// The folder as seen from where the test runs, which is shorter to read.
fn from_here(folder: PathBuf) -> PathBuf {
    let inside = std::env::current_dir().ok().and_then(|here| folder.strip_prefix(here).ok().map(Path::to_path_buf));
    inside.unwrap_or(folder)
}

/// `target/sse-load` of the target folder that the test binary lies in: the nearest one above it with cargo's tag. A doctest's
/// binary lies elsewhere: then it is the nearest `target` beside or above where the test runs.
fn default_folder() -> PathBuf {
    let is_target = |folder: &Path| folder.join(CACHE_TAG).is_file();
    let binary = std::env::current_exe().unwrap_or_default();
    let of_binary = binary.ancestors().find(|folder| is_target(folder)).map(Path::to_path_buf);
    let here = std::env::current_dir().unwrap_or_default();
    let of_folder = || here.ancestors().map(|folder| folder.join("target")).find(|target| is_target(target));
    of_binary.or_else(of_folder).unwrap_or_else(|| PathBuf::from("target")).join("sse-load")
}

/// A name that is one folder on every system.
fn folder_name(test: &str) -> String {
    let safe = |c: char| {
        if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' }
    };
    // No common file system takes a name of more than 255 bytes; a character has four at the most.
    let name: String = test.chars().map(safe).take(60).collect();
    if name.trim_matches('.').is_empty() { "unnamed".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (name, folder) in [
            ("chat_ttft", "chat_ttft"),
            ("a/b c", "a_b_c"),
            ("..", "unnamed"),
            ("", "unnamed"),
            ("../x", ".._x"),
            (&"x".repeat(300), &"x".repeat(60)),
        ] {
            assert_eq!(folder_name(name), folder);
        }
    }

    #[test]
    fn the_folder_is_that_of_the_target_that_this_test_lies_in() {
        assert!(default_folder().ends_with("sse-load"));
        assert!(default_folder().parent().is_some_and(|target| target.join(CACHE_TAG).is_file()));
    }
}
