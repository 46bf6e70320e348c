//! Shows a report.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sse_load::render::{html, json, junit, locust, markdown};
use sse_load::report::{LoadError, Report};

use super::Outcome;

const BELOW: &str = "\
Examples:
  cargo sse-load show chat_ttft
  cargo sse-load show target/sse-load/chat_ttft/report.json --format html > report.html
  cargo sse-load show chat_ttft --format markdown > comment.md
  gh pr comment --body-file comment.md

Exit codes:
  0  Every objective that the load test expects of itself passed, or it expects none.
  1  One is missed, invalid, or not proven.
  2  The report can't be read.";

/// Show a report: its table and the verdicts on what it expected.
///
/// Ends with 1 if an objective that the load test expected was missed, could not be judged, or is not proven. These are the ones of
/// .expect([..]): what a test asserts after the run is on the page and in the junit.xml beside the report, and not in it.
#[derive(Args)]
#[command(after_long_help = BELOW)]
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
    /// For a comment or a step summary: short enough for GitHub.
    Markdown,
    /// A page with plots.
    Html,
    /// The verdicts, for CI systems.
    Junit,
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
            Form::Table => shown_with_verdicts(&report),
            Form::Markdown => markdown(&report),
            Form::Html => html(&report),
            Form::Junit => junit(&report),
            Form::Json => format!("{}\n", json(&report)?),
            Form::LocustStats => locust::stats(&report),
            Form::LocustHistory => locust::stats_history(&report),
        };
        print(&text)?;
        Ok(ExitCode::from(u8::from(!report.objectives().is_empty() && !report.verdicts().passed())))
    }
}

/// The table, and the verdicts on what the load test expected.
pub(super) fn shown_with_verdicts(report: &Report) -> String {
    if report.objectives().is_empty() {
        format!(
            "{report}\n\nno objective was declared by .expect([..]): what the test asserts after the run is not in its report\n"
        )
    } else {
        format!("{report}\n\n{}\n", report.verdicts())
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
