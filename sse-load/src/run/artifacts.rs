//! The files of a run.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::env::Settings;
use crate::render::{json, markdown};
use crate::report::{Artifacts, Report};

/// What cargo writes into every target folder.
const CACHE_TAG: &str = "CACHEDIR.TAG";

/// Writes `report.json` and the step summary. That a file can't be written is said, but fails no test: the figures are there.
pub(super) fn write(report: &mut Report, settings: &Settings) {
    let folder = settings.report_dir.clone().unwrap_or_else(default_folder).join(folder_name(report.name()));
    let written = write_report(&folder, report);
    if let Err(error) = &written {
        eprintln!("sse-load: the report could not be written to {}: {error}", folder.display());
    }
    report.set_artifacts(Artifacts {
        folder: written.is_ok().then(|| from_here(folder)),
        step_summary: settings.step_summary.clone(),
    });
    if let Some(path) = &settings.step_summary
        && let Err(error) = append(path, &markdown(report))
    {
        eprintln!("sse-load: the summary could not be appended to {}: {error}", path.display());
    }
}

fn write_report(folder: &Path, report: &Report) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    // Written beside and moved into place, so that no reader sees half a report.
    let (path, draft) = (folder.join("report.json"), folder.join("report.json.new"));
    fs::write(&draft, json(report)?)?;
    fs::rename(draft, path)
}

/// The folder as seen from where the test runs, which is shorter to read.
fn from_here(folder: PathBuf) -> PathBuf {
    let inside = std::env::current_dir().ok().and_then(|here| folder.strip_prefix(here).ok().map(Path::to_path_buf));
    inside.unwrap_or(folder)
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    fs::OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
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
