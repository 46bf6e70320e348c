//! `cargo sse-load`: looks at the reports of load tests, compares them, and tries an endpoint.

mod compare;
mod init;
mod merge;
mod probe;
mod show;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// Look at the reports of load tests, compare them, and try a streaming endpoint.
///
/// A report is a `report.json`, the folder that it lies in, or the name of a load test, whose report is looked for in
/// `target/sse-load`.
#[derive(Parser)]
#[command(name = "cargo sse-load", bin_name = "cargo sse-load", version, max_term_width = 100)]
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
    /// Print what a shell needs to complete this command: `cargo sse-load completions bash`.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

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
    fn it_runs_by_cargo_and_by_itself() {
        let of = |given: &[&str]| arguments(given.iter().map(OsString::from));
        assert_eq!(of(&["cargo-sse-load", "sse-load", "show", "a"]), of(&["cargo-sse-load", "show", "a"]));
    }
}
