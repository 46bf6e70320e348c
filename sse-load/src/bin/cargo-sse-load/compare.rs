//! Compares two reports.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sse_load::render::{comparison_page, markdown_block};

use super::Outcome;
use super::show::{load, print};

const BELOW: &str = "\
Examples:
  cargo sse-load compare main.json chat_ttft
  cargo sse-load compare main.json chat_ttft --tolerance 0.1
  cargo sse-load compare main.json chat_ttft --format markdown > comment.md
  gh pr comment --body-file comment.md

Exit codes:
  0  No figure is proven to be worse, and all could be compared.
  1  One is, or the runs can't be compared.
  2  A report can't be read.";

/// Compare a run with an earlier one, as a baseline is compared: by what the samples prove.
///
/// Ends with 1 if a figure is proven to be worse by more than the tolerance, or the runs can't be compared.
#[derive(Args)]
#[command(after_long_help = BELOW)]
pub(super) struct Compare {
    /// The earlier run: a report.json, its folder, or the name of a load test.
    before: PathBuf,
    /// The later one.
    after: PathBuf,
    /// By which share a time may grow: 0.05 is 5 %.
    #[arg(long, default_value_t = 0.05, value_parser = tolerance)]
    tolerance: f64,
    /// Compare runs of different machines too: what differs may be theirs.
    #[arg(long)]
    across_machines: bool,
    /// What it is shown as.
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// Write the comparison as a page with plots to this file, too.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// For a terminal.
    Table,
    /// For a comment or a step summary: short enough for GitHub.
    Markdown,
}

impl Compare {
    pub(super) fn run(self) -> Outcome {
        let (before, after) = (load(&self.before)?, load(&self.after)?);
        let name = self.before.display().to_string();
        let mut comparison = after.compare_with(&name, &before).tolerance(self.tolerance);
        if self.across_machines {
            comparison = comparison.across_machines();
        }
        print(&match self.format {
            Form::Table => format!("{comparison}\n"),
            Form::Markdown => markdown_block(&comparison),
        })?;
        if let Some(file) = &self.html {
            let written = std::fs::write(file, comparison_page(&comparison));
            written.map_err(|error| format!("{} can't be written: {error}; name another file", file.display()))?;
        }
        Ok(ExitCode::from(u8::from(!comparison.passed())))
    }
}

fn tolerance(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..f64::INFINITY).contains(share));
    share.ok_or_else(|| "expected a share from 0 on, such as 0.05 for 5 %".to_owned())
}
