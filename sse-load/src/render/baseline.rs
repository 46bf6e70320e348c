//! The printed block of a comparison with a baseline.

use std::fmt;

use super::causes::WIDTH;
use super::compared::{outcomes, rows};
use super::notes::report_path;
use super::plain::{one_line, wrapped};
use crate::baseline::{Compared, Comparison};
use crate::stats::Ratio;

/// What stands under a figure is set off by this.
const INDENT: &str = "          ";

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = self.figures();
        write!(f, "{}: {}", one_line(self.test()), outcome(self, &figures))?;
        for why in self.refusal().into_iter().chain(self.obstacles()) {
            for (place, line) in wrapped(&one_line(&why), WIDTH - INDENT.len(), WIDTH - INDENT.len()).iter().enumerate()
            {
                let mark = if place == 0 { "  INVALID " } else { INDENT };
                write!(f, "\n{mark}{line}")?;
            }
        }
        for line in rows(&figures) {
            write!(f, "\n  {line}")?;
        }
        let path = |what: &str, path: &std::path::Path| format!("{what}: {}", one_line(&path.display().to_string()));
        let candidate =
            self.candidate().filter(|_| !self.is_updated()).map(|file| path("this run as a baseline", file));
        let baseline = Some(self.file()).filter(|file| file.file_name().is_some()).map(|file| path("baseline", file));
        let notes = baseline.into_iter().chain(candidate).chain(report_path(self.artifacts()));
        notes.into_iter().try_for_each(|note| write!(f, "\n  {note}"))
    }
}

pub(super) fn outcome(comparison: &Comparison, figures: &[Compared]) -> String {
    let name = comparison.name();
    if comparison.is_updated() && comparison.is_first() {
        return format!("baseline `{name}` was written; look at it, and commit it");
    }
    if comparison.refusal().is_some() {
        return format!("baseline `{name}` was not written");
    }
    if comparison.is_updated() {
        return format!("baseline `{name}` was written anew; look at what changed, and commit it");
    }
    if figures.is_empty() {
        return format!("can't be compared with baseline `{name}`");
    }
    let outcome = outcomes(figures);
    format!("{outcome}    baseline `{name}` · tolerance {}", Ratio::from(comparison.get_tolerance()))
}
