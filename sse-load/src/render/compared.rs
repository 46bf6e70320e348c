//! Figures side by side: before and after.

use super::causes::WIDTH;
use super::columns::{Align, lines};
use super::plain::{one_line, wrapped};
use super::units::{count, counted};
use super::verdicts::{mark, percent, value};
use crate::baseline::Compared;
use crate::slo::Verdict;

/// What stands under a figure is set off by this.
const INDENT: &str = "        ";

/// From here on it is said how many times as much it is.
const MANY: f64 = 10.0;

/// How many are worse, not comparable, improved.
pub(super) fn outcomes(figures: &[Compared]) -> String {
    let number = |verdict: Verdict| figures.iter().filter(|figure| figure.verdict == verdict).count();
    let improved = figures.iter().filter(|figure| figure.is_improved()).count();
    let counts =
        [(number(Verdict::Miss), "worse"), (number(Verdict::Invalid), "not comparable"), (improved, "improved")];
    let all = counted(figures.len() as u64, "figure");
    let mut counts = counts.into_iter().filter(|(number, _)| *number > 0);
    let first = counts.next().map(|(number, what)| format!("{number} of {all} {what}"));
    let first = first.unwrap_or_else(|| format!("{all}, none worse"));
    counts.fold(first, |outcome, (number, what)| format!("{outcome}, {number} {what}"))
}

/// Each figure in a line, and under it why it can't be compared.
pub(super) fn rows(figures: &[Compared]) -> Vec<String> {
    let rows: Vec<_> = figures.iter().map(row).collect();
    let room = WIDTH - INDENT.len();
    let mut shown = Vec::new();
    for (figure, line) in figures.iter().zip(lines(&rows, |_| Align::Left)) {
        shown.push(line);
        let reason = wrapped(&one_line(&figure.reason), room, room);
        shown.extend(reason.into_iter().filter(|line| !line.is_empty()).map(|line| format!("{INDENT}{line}")));
    }
    shown
}

/// What it means, figure, before and after, change, interval, samples.
pub(super) fn row(figure: &Compared) -> Vec<String> {
    if figure.verdict == Verdict::Invalid {
        return vec![mark(Verdict::Invalid).to_owned(), figure.figure.to_string()];
    }
    let sides = [figure.before, figure.after].map(|side| side.map_or_else(|| "–".to_owned(), value));
    let (was, is) = figure.n;
    let (low, high) = figure.interval;
    vec![
        word(figure).to_owned(),
        figure.figure.to_string(),
        sides.join(" → "),
        change(figure, figure.change),
        format!("[{}, {}]", change(figure, low), change(figure, high)),
        format!("n = {} → {}", count(was), count(is)),
    ]
}

/// In the words of a comparison. What may be anything is no sign that nothing changed.
fn word(figure: &Compared) -> &'static str {
    let is_bounded = figure.interval.0 > 0.0 || figure.figure.is_share();
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
    match change {
        _ if figure.figure.is_share() => format!("{:+.2} pp", change * 100.0),
        _ if change.is_infinite() => "∞".to_owned(),
        _ if change >= MANY => format!("×{change:.0}"),
        _ => percent(change - 1.0),
    }
}
