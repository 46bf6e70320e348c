//! Shows a report.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sse_load::render::{json, locust, markdown};
use sse_load::report::{LoadError, Report};

use super::Outcome;

/// Show a report: its table and the verdicts on what it expected.
///
/// Ends with 1 if an objective that the load test expected was missed, could not be judged, or is not proven.
#[derive(Args)]
pub(super) struct Show {
    /// A report.json, its folder, or the name of a load test.
    report: PathBuf,
    /// What it is shown as.
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// For a terminal.
    Table,
    /// For a comment or a step summary.
    Markdown,
    /// All of it.
    Json,
    /// The `_stats.csv` of Locust.
    LocustStats,
    /// The `_stats_history.csv` of Locust.
    LocustHistory,
}

impl Show {
    pub(super) fn run(self) -> Outcome {
        let report = load(&self.report)?;
        let text = match self.format {
            Form::Table => report.to_string(),
            Form::Markdown => markdown(&report),
            Form::Json => json(&report)?,
            Form::LocustStats => locust::stats(&report),
            Form::LocustHistory => locust::stats_history(&report),
        };
        if report.objectives().is_empty() {
            print(&format!("{}\n", text.trim_end()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let verdicts = report.verdicts();
        let block = match self.format {
            Form::Table => format!("\n{verdicts}\n"),
            Form::Markdown => format!("\n```text\n{verdicts}\n```\n"),
            _ => String::new(),
        };
        print(&format!("{}\n{block}", text.trim_end()))?;
        Ok(ExitCode::from(u8::from(!verdicts.passed())))
    }
}

/// Prints a text; a reader who has seen enough, such as `head`, is no error.
pub(super) fn print(text: &str) -> std::io::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Loads a report by its file, its folder or its name.
pub(super) fn load(path: &Path) -> Result<Report, LoadError> {
    let is_name = path.components().count() == 1 && !path.exists();
    let folder = if is_name { Path::new("target/sse-load").join(path) } else { path.to_owned() };
    Report::load(if folder.extension().is_some_and(|end| end == "json") { folder } else { folder.join("report.json") })
}
