//! `cargo sse-load`: looks at the reports of load tests, compares them, and tries an endpoint.

mod compare;
mod init;
mod man;
mod merge;
mod probe;
mod show;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

const BELOW: &str = "\
Examples:
  cargo sse-load init
  cargo sse-load probe http://127.0.0.1:8080/v1/chat/completions --model m
  cargo sse-load show chat_ttft
  cargo sse-load show chat_ttft --format markdown > comment.md
  cargo sse-load compare main.json chat_ttft
  cargo sse-load merge shards --output whole

Exit codes:
  0  It is done, and what was judged passed.
  1  An objective is missed, invalid or not proven; a figure got worse; a request failed.
  2  What was asked for can't be done. The message says why.

Files:
  target/sse-load/NAME/report.json  The report of a load test, with every figure.
  target/sse-load/NAME/report.html  The same as a page with plots.
  target/sse-load/NAME/junit.xml    The verdicts as JUnit XML.

Environment:
  SSE_LOAD_REPORT_DIR  Where `probe` writes its report, instead of target/sse-load.
  LLM_HOST, LLM_MODEL, LLM_API_KEY
                       What the load test of `init` is aimed at.";

/// Look at the reports of load tests, compare them, and try a streaming endpoint.
///
/// A report is a `report.json`, the folder that it lies in, or the name of a load test, whose report is looked for in
/// `target/sse-load`.
#[derive(Parser)]
#[command(name = "cargo sse-load", bin_name = "cargo sse-load", version, max_term_width = 100, after_long_help = BELOW)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Show(show::Show),
    Compare(compare::Compare),
    Merge(merge::Merge),
    Probe(probe::Probe),
    Init(init::Init),
    /// Print what a shell needs to complete this command.
    #[command(after_long_help = COMPLETIONS)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    Man(man::Man),
}

const COMPLETIONS: &str = "\
Examples:
  cargo sse-load completions bash > ~/.local/share/bash-completion/completions/cargo-sse-load
  cargo sse-load completions zsh > ~/.zfunc/_cargo-sse-load
  cargo sse-load completions fish > ~/.config/fish/completions/cargo-sse-load.fish";

/// What a command says of what it was asked.
type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let outcome = match Arguments::parse_from(arguments(std::env::args_os())).command {
        Command::Show(show) => show.run(),
        Command::Compare(compare) => compare.run(),
        Command::Merge(merge) => merge.run(),
        Command::Probe(probe) => probe.run(),
        Command::Init(init) => init.run(),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "cargo-sse-load", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Man(man) => man.run(Arguments::command()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}

/// Cargo passes the name of its subcommand, a shell does not.
fn arguments(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<_> = given.collect();
    if arguments.get(1).is_some_and(|first| first == "sse-load") {
        arguments.remove(1);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_help_fits_into_a_hundred_columns() {
        let mut command = Arguments::command();
        command.build();
        let all = std::iter::once(command.clone()).chain(command.get_subcommands().cloned());
        for mut command in all {
            let help = command.render_long_help().to_string();
            let widest = help.lines().max_by_key(|line| line.chars().count()).unwrap_or_default();
            assert!(widest.chars().count() <= 100, "{}: {widest}", command.get_name());
            assert!(command.get_name() == "help" || help.contains("\nExamples:\n"), "{help}");
        }
    }

    #[test]
    fn it_runs_by_cargo_and_by_itself() {
        let of = |given: &[&str]| arguments(given.iter().map(OsString::from));
        assert_eq!(of(&["cargo-sse-load", "sse-load", "show", "a"]), of(&["cargo-sse-load", "show", "a"]));
    }
}
