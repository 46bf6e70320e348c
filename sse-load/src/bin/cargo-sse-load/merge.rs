//! Merges the reports of several processes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sse_load::render::{html, json, junit};
use sse_load::report::{LoadError, Report};

use super::Outcome;
use super::show::{load, print, shown_with_verdicts};

const BELOW: &str = "\
Examples:
  cargo sse-load merge shards
  cargo sse-load merge shards --output whole

Exit codes:
  0  Every objective that the load test expects of itself passed, or it expects none.
  1  One is missed, invalid, or not proven.
  2  A report can't be read, or they are not of one load test.

Files:
  FOLDER/*.json              The reports that are merged,
  FOLDER/*/report.json       or these.
  OUTPUT/report.json         The report of the whole.
  OUTPUT/report.html         The same as a page with plots.
  OUTPUT/junit.xml           The verdicts as JUnit XML.";

/// Merge the reports of several processes that shared one load test.
///
/// Shows the whole and judges what it expected by all samples. Ends with 1 if an objective that the load test expected was missed,
/// could not be judged, or is not proven.
#[derive(Args)]
#[command(after_long_help = BELOW)]
pub(super) struct Merge {
    /// The folder that has the reports, each as a .json file or as the report.json of a folder in it.
    folder: PathBuf,
    /// A folder that gets the report.json, report.html and junit.xml of the whole.
    #[arg(long, short)]
    output: Option<PathBuf>,
}

impl Merge {
    pub(super) fn run(self) -> Outcome {
        let reports = self.files()?.iter().map(|file| load(file)).collect::<Result<Vec<Report>, LoadError>>()?;
        let report = Report::merged(reports)?;
        if let Some(output) = &self.output {
            std::fs::create_dir_all(output)?;
            std::fs::write(output.join("report.json"), json(&report)?)?;
            std::fs::write(output.join("report.html"), html(&report))?;
            std::fs::write(output.join("junit.xml"), junit(&report))?;
        }
        print(&shown_with_verdicts(&report))?;
        if let Some(output) = &self.output {
            print(&format!("report: {}\n", output.join("report.html").display()))?;
        }
        Ok(ExitCode::from(u8::from(!report.objectives().is_empty() && !report.verdicts().passed())))
    }

    fn files(&self) -> Result<Vec<PathBuf>, String> {
        let folder = &self.folder;
        let entries =
            std::fs::read_dir(folder).map_err(|error| format!("{} can't be read: {error}", folder.display()))?;
        let mut files: Vec<_> = entries.filter_map(|entry| report_of(&entry.ok()?.path())).collect();
        if files.is_empty() {
            return Err(format!(
                "expected reports in {}, each as a .json file or as the report.json of a folder in it, but there are none",
                folder.display()
            ));
        }
        files.sort();
        Ok(files)
    }
}

fn report_of(path: &Path) -> Option<PathBuf> {
    let inside = path.join("report.json");
    if inside.is_file() {
        Some(inside)
    } else {
        Some(path.to_owned()).filter(|path| path.extension().is_some_and(|end| end == "json"))
    }
}
