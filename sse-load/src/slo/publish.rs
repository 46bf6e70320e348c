//! Shows verdicts where people look who read a CI run.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::panic::Location;

use super::Verdicts;
use crate::report::Artifacts;

/// Where the page of a report takes up the blocks of checks.
pub(crate) const PLACE_OF_CHECKS: &str = "<!-- checks -->";

/// What can stand on the page of a report, as the renderer above makes it.
pub(crate) trait OnPage {
    /// The block as HTML.
    fn on_page(&self) -> String;
}

impl Verdicts {
    /// Says that inconclusive verdicts were skipped, and adds the block to the step summary.
    pub(crate) fn publish(&self) {
        if self.is_skipped() {
            // Not by a macro, whose output libtest keeps to itself where a test passes. Nobody may be there to read it.
            let _ = writeln!(
                std::io::stderr(),
                "sse-load: skipped, since the samples prove neither a pass nor a miss:\n{self}"
            );
        }
        append_to_step_summary(&self.artifacts, self);
        add_to_page(&self.artifacts, &self.on_page());
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

/// Adds the block to the step summary. That it can't be written must not fail a test that passed.
pub(crate) fn append_to_step_summary(artifacts: &Artifacts, block: &impl Display) {
    let Some(path) = &artifacts.step_summary else {
        return;
    };
    let written = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| writeln!(file, "```text\n{block}\n```"));
    if let Err(error) = written {
        eprintln!("sse-load: the verdicts could not be appended to the step summary: {error}");
    }
}

/// Adds a block to the page of the report, if it has one. That it can't be written must not fail a test that passed.
pub(crate) fn add_to_page(artifacts: &Artifacts, block: &str) {
    let Some(path) = artifacts.page() else {
        return;
    };
    let write = || {
        let (page, draft) = (fs::read_to_string(&path)?, path.with_extension("html.new"));
        fs::write(&draft, page.replacen(PLACE_OF_CHECKS, &format!("{block}{PLACE_OF_CHECKS}"), 1))?;
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
