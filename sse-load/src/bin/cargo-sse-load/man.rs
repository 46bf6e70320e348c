//! Writes manual pages.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_mangen::roff::{Roff, roman};

use super::Outcome;
use super::show::print;

const EXAMPLES: &str = "\
Examples:
  cargo sse-load man ~/.local/share/man/man1
  man cargo-sse-load-show";

/// Write the manual pages: one for the command, and one for each subcommand.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Man {
    /// The folder that gets them, such as ~/.local/share/man/man1.
    folder: PathBuf,
}

impl Man {
    /// Of the whole command.
    pub(super) fn run(&self, command: Command) -> Outcome {
        // Pages are named after the program: `man` knows no name with a space.
        let mut command = command.name("cargo-sse-load").disable_help_subcommand(true);
        command.build();
        std::fs::create_dir_all(&self.folder)?;
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            let page = clap_mangen::Man::new(command.clone());
            let file = self.folder.join(page.get_filename());
            std::fs::write(&file, text(&page, command)?)?;
            print(&format!("{}\n", file.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text(page: &clap_mangen::Man, command: &Command) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    // Its own leaves out a date that is empty, so that what follows takes its place.
    let title = page.get_filename().trim_end_matches(".1").to_uppercase();
    writeln!(text, ".TH {title} 1 \"\" \"sse-load {}\" \"sse-load\"", env!("CARGO_PKG_VERSION"))?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    sections(command).to_writer(&mut text)?;
    Ok(text)
}

/// What stands below the options of `--help`: titles that end with a colon, each with lines that are shown as they are.
fn sections(command: &Command) -> Roff {
    let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let mut page = Roff::new();
    let mut is_open = false;
    for line in help.lines().filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_suffix(':').filter(|title| !title.starts_with(' ')) {
            if is_open {
                page.control("fi", []);
            }
            page.control("SH", [title.to_uppercase().as_str()]).control("nf", []);
            is_open = true;
        } else {
            page.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
    }
    if is_open {
        page.control("fi", []);
    }
    page
}
