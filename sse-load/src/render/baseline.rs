//! The printed block of a comparison with a baseline.

use std::fmt;

use super::causes::WIDTH;
use super::columns::{Align, lines};
use super::notes::report_path;
use super::plain::{one_line, shortened, wrapped};
use super::units::{count, counted};
use super::verdicts::{LONGEST_NAME, mark, percent, value};
use crate::baseline::{Compared, Comparison};
use crate::slo::{Quantity, Verdict};
use crate::stats::Ratio;

/// From here on it is said how many times as much it is.
const MANY: f64 = 10.0;

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
        let rows: Vec<_> = figures.iter().map(row).collect();
        for (figure, line) in figures.iter().zip(lines(&rows, |_| Align::Left)) {
            write!(f, "\n  {line}")?;
            if !figure.reason.is_empty() {
                write!(f, "\n{INDENT}{}", one_line(&figure.reason))?;
            }
        }
        let path = |what: &str, path: &std::path::Path| format!("{what}: {}", one_line(&path.display().to_string()));
        let candidate =
            self.candidate().filter(|_| !self.is_updated()).map(|file| path("this run as a baseline", file));
        let baseline = Some(self.file()).filter(|file| file.file_name().is_some()).map(|file| path("baseline", file));
        let notes = baseline.into_iter().chain(candidate).chain(report_path(self.artifacts()));
        notes.into_iter().try_for_each(|note| write!(f, "\n  {note}"))
    }
}

fn outcome(comparison: &Comparison, figures: &[Compared]) -> String {
    let name = comparison.name();
    if comparison.is_updated() {
        return format!("baseline `{name}` was written anew; look at what changed, and commit it");
    }
    if figures.is_empty() {
        return format!("can't be compared with baseline `{name}`");
    }
    let number = |verdict: Verdict| figures.iter().filter(|figure| figure.verdict == verdict).count();
    let improved = figures.iter().filter(|figure| figure.is_improved()).count();
    let counts =
        [(number(Verdict::Miss), "worse"), (number(Verdict::Invalid), "not comparable"), (improved, "improved")];
    let all = counted(figures.len() as u64, "figure");
    let mut counts = counts.into_iter().filter(|(number, _)| *number > 0);
    let first = counts.next().map(|(number, what)| format!("{number} of {all} {what}"));
    let first = first.unwrap_or_else(|| format!("{all}, none worse"));
    let outcome = counts.fold(first, |outcome, (number, what)| format!("{outcome}, {number} {what}"));
    format!("{outcome}    baseline `{name}` · tolerance {}", Ratio::from(comparison.get_tolerance()))
}

/// What it means, figure, before and after, change, interval, samples.
fn row(figure: &Compared) -> Vec<String> {
    let name = shortened(&figure.request, LONGEST_NAME);
    if figure.verdict == Verdict::Invalid {
        let figure = match figure.quantity.metric() {
            Some(metric) => format!("{name} {}", metric.name().replace('_', " ")),
            None => name,
        };
        return vec![mark(Verdict::Invalid).to_owned(), figure];
    }
    let sides = [figure.before, figure.after].map(|side| side.map_or_else(|| "–".to_owned(), value));
    let (was, is) = figure.n;
    let (low, high) = figure.interval;
    vec![
        word(figure).to_owned(),
        format!("{name} {}", figure.quantity),
        sides.join(" → "),
        change(figure, figure.change),
        format!("[{}, {}]", change(figure, low), change(figure, high)),
        format!("n = {} → {}", count(was), count(is)),
    ]
}

/// In the words of a comparison. What may be anything is no sign that nothing changed.
fn word(figure: &Compared) -> &'static str {
    let is_bounded = figure.interval.0 > 0.0 || matches!(figure.quantity, Quantity::ErrorRate(_));
    match figure.verdict {
        Verdict::Miss => "REGRESSION",
        Verdict::Invalid => mark(Verdict::Invalid),
        _ if figure.is_improved() => "improved",
        Verdict::Pass => "no worse",
        Verdict::Inconclusive if figure.may_be_unchanged() && is_bounded && figure.interval.1.is_finite() => {
            "no change shown"
        }
        Verdict::Inconclusive => "cannot tell",
    }
}

/// In per cent of what it was; of an error rate in points, since it is in per cent itself.
fn change(figure: &Compared, change: f64) -> String {
    match figure.quantity {
        Quantity::ErrorRate(_) => format!("{:+.2} pp", change * 100.0),
        _ if change.is_infinite() => "∞".to_owned(),
        _ if change >= MANY => format!("×{change:.0}"),
        _ => percent(change - 1.0),
    }
}
