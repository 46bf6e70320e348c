//! Writes a first load test.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::Outcome;
use super::show::print;

/// What is written.
const TEMPLATE: &str = include_str!("template.rs");

const BELOW: &str = "\
Examples:
  cargo sse-load init
  cargo sse-load init tests/chat_load.rs
  cargo test --release --test load -- --nocapture

Environment:
  LLM_HOST     The server of that load test; without it the test has its own.
  LLM_MODEL    The model.
  LLM_API_KEY  The key.";

/// Write a first load test into a crate, to be changed.
#[derive(Args)]
#[command(after_long_help = BELOW)]
pub(super) struct Init {
    /// The file, which must not be there yet.
    #[arg(default_value = "tests/load.rs")]
    file: PathBuf,
}

impl Init {
    pub(super) fn run(self) -> Outcome {
        // Cargo looks for tests beside it, and nowhere else.
        if self.file.is_relative() && !Path::new("Cargo.toml").is_file() {
            return Err("expected a Cargo.toml in this folder, but there is none: go to the folder of the crate".into());
        }
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = &self.file;
        let mut created = std::fs::File::create_new(file)
            .map_err(|error| format!("{} can't be written: {error}; name another file", file.display()))?;
        created.write_all(TEMPLATE.as_bytes())?;
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        print(&format!(
            "{} was written. Next:\n\n  cargo add --dev --path <clone of sse-load>/sse-load --features mock\n  cargo add --dev serde_json\n  cargo test --release --test {name} \
             -- --nocapture\n\nWithout LLM_HOST it runs against a server of its own.\n",
            file.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
