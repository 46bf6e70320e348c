//! Shows verdicts where people look who read a CI run.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{Error, ErrorKind, Write as _};
use std::panic::Location;
use std::path::{Path, PathBuf};

use super::Verdicts;
use crate::report::Artifacts;

/// GitHub takes no step summary that is larger, and shows nothing of it then ("Workflow commands for GitHub Actions", job summaries).
const LARGEST_SUMMARY: u64 = 1 << 20;

/// Where the files of a report take up later checks.
pub(crate) const PLACE_OF_CHECKS: &str = "<!-- checks -->";

/// What can stand on the page of a report, as the renderer above makes it.
pub(crate) trait OnPage {
    /// The block as HTML.
    fn on_page(&self) -> String;
}

/// What can stand among the test cases of a report, as the renderer above makes it.
pub(crate) trait InSuite {
    /// A test suite as `JUnit` XML.
    fn suite(&self) -> String;
}

impl Verdicts {
    /// Shows a check after the run: in the step summary and in the files of the report.
    pub(crate) fn publish(&self) {
        self.say_skipped();
        append_to_step_summary(&self.artifacts, self);
        add(self.artifacts.page(), &self.on_page());
        add(self.artifacts.junit(), &self.suite());
    }

    /// Says that inconclusive verdicts were skipped, if they were.
    pub(crate) fn say_skipped(&self) {
        if self.is_skipped() {
            // Not by a macro, whose output libtest keeps to itself where a test passes. Nobody may be there to read it.
            let _ = writeln!(
                std::io::stderr(),
                "sse-load: skipped, since the samples prove neither a pass nor a miss:\n{self}"
            );
        }
    }

    /// Panics with the block, at the caller's line, if one objective did not pass.
    #[track_caller]
    pub(crate) fn assert(&self) {
        if !self.passed() {
            annotate(&self.artifacts, self, Location::caller());
            panic!("{self}");
        }
    }
}

/// Adds the block to the step summary, if there is one.
pub(crate) fn append_to_step_summary(artifacts: &Artifacts, block: &impl Display) {
    if let Some(path) = &artifacts.step_summary {
        append(path, &format!("{}\n", fenced(&block.to_string())));
    }
}

/// Adds Markdown to the step summary. That it can't be written must not fail a test that passed.
pub(crate) fn append(path: &Path, text: &str) {
    let write = || {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        let length = file.metadata()?.len() + text.len() as u64;
        if length > LARGEST_SUMMARY {
            return Err(Error::other(format!("it would be {length} bytes, and GitHub drops it all above 1 MiB")));
        }
        file.write_all(text.as_bytes())
    };
    if let Err(error) = write() {
        eprintln!("sse-load: the summary could not be appended to {}: {error}", path.display());
    }
}

/// Lines as a code block. Its fence is longer than every run of backticks within (`CommonMark` 4.5).
pub(crate) fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

/// Adds a check to a file of the report, if it has one. That it can't be written must not fail a test that passed.
pub(crate) fn add(path: Option<PathBuf>, check: &str) {
    let Some(path) = path else {
        return;
    };
    let write = || {
        let (file, mut draft) = (fs::read_to_string(&path)?, path.clone());
        draft.as_mut_os_string().push(".new");
        fs::write(&draft, file.replacen(PLACE_OF_CHECKS, &format!("{check}{PLACE_OF_CHECKS}"), 1))?;
        fs::rename(draft, &path)
    };
    match write() {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            eprintln!("sse-load: the verdicts could not be added to {}: {error}", path.display());
        }
        _ => {}
    }
}

/// Shows the block at the line that asserts, in the files of a pull request, where the run is one of GitHub Actions. Printed, so that
/// libtest and nextest show it with the failed test's output, in which the runner finds it.
pub(crate) fn annotate(artifacts: &Artifacts, block: &impl Display, place: &Location<'_>) {
    if artifacts.annotations {
        println!("{}", annotation(&block.to_string(), place));
    }
}

/// An error of GitHub's workflow commands ("Workflow commands for GitHub Actions", setting an error message): its first line is the
/// title. Their parser ends properties at commas and colons and commands at the end of the line, so these are escaped.
fn annotation(block: &str, place: &Location<'_>) -> String {
    let title = block.lines().next().unwrap_or_default();
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let (file, line) = (property(place.file()), place.line());
    format!("::error file={file},line={line},title={}::{}", property(title), data(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_is_one_line_whatever_the_block_says() {
        let place = Location::caller();
        let line = annotation("chat: 1 of 2, 50 % missed\n  MISS  ttft\r\n  100%", place);
        let file = file!();
        assert_eq!(
            line,
            format!(
                "::error file={file},line={},title=chat%3A 1 of 2%2C 50 %25 missed::chat: 1 of 2, 50 %25 missed%0A  MISS  ttft%0D%0A  100%25",
                place.line()
            )
        );
    }
}
