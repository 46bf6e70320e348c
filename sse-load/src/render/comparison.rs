//! Two hosts, figure by figure.

use std::fmt;

use super::causes::WIDTH;
use super::columns::{Align, lines};
use super::console::{load, profile};
use super::plain::{one_line, wrapped};
use super::units::{counted, seconds};
use super::verdicts::value;
use crate::comparison::{Change, Compared, Comparison, SIDES};
use crate::slo::Verdict;
use crate::stats::Estimated;

/// What stands under a row is set off by this.
const INDENT: &str = "          ";

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", one_line(self.name()), outcome(self), conditions(self))?;
        details(self).iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

fn outcome(comparison: &Comparison) -> String {
    let all = counted(comparison.compared().len() as u64, "figure");
    let better = comparison.compared().iter().filter(|compared| compared.improved).count();
    let outcomes = [
        (comparison.count(Verdict::Miss), "worse"),
        (comparison.count(Verdict::Invalid), "not comparable"),
        (better, "better"),
        (comparison.count(Verdict::Inconclusive), "undecided"),
    ];
    let told: Vec<_> = outcomes
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if told.is_empty() { format!("none of {all} worse") } else { format!("of {all} {}", told.join(", ")) }
}

fn conditions(comparison: &Comparison) -> String {
    let Some([report, _]) = comparison.blocks().first() else { return String::new() };
    let pairs = counted(comparison.blocks().len() as u64, "pair");
    let (load, each, built) = (load(report.plan()), seconds(report.plan().run_time), profile(report.profile()));
    format!("    {pairs} of blocks · {load} · {each} each · {built}")
}

fn details(comparison: &Comparison) -> Vec<String> {
    let hosts = comparison.hosts().map(|hosts| {
        let named = SIDES.into_iter().zip(hosts).map(|(side, host)| format!("{side}: {}", one_line(host)));
        named.chain([tolerance(comparison)]).collect::<Vec<_>>().join(" · ")
    });
    let cut_short = comparison.why_cut_short().map(|why| format!("blocks are missing: {}", one_line(why)));
    let folder = comparison.folder().map(|folder| format!("files: {}", one_line(&folder.display().to_string())));
    let before = hosts.into_iter().chain(cut_short).flat_map(|text| wrapped(&text, WIDTH, WIDTH));
    before.chain(rows(comparison)).chain(folder).collect()
}

fn tolerance(comparison: &Comparison) -> String {
    format!("tolerance: {} %", (comparison.tolerance() * 1_000.0).round() / 10.0)
}

fn rows(comparison: &Comparison) -> Vec<String> {
    let all: Vec<_> = comparison.compared().iter().map(row).collect();
    let mut shown = Vec::new();
    for (line, compared) in lines(&all, |_| Align::Left).into_iter().zip(comparison.compared()) {
        shown.push(line);
        let room = WIDTH - INDENT.len();
        let reason = wrapped(&one_line(&compared.reason), room, room);
        shown.extend(reason.into_iter().filter(|line| !line.is_empty()).map(|line| format!("{INDENT}{line}")));
    }
    shown
}

/// Verdict, figure, before, after, how much it changed, interval.
fn row(compared: &Compared) -> Vec<String> {
    let [before, after] = compared.values().map_or_else(|| ["–".to_owned(), String::new()], |both| both.map(value));
    let after = if after.is_empty() { after } else { format!("→ {after}") };
    let (change, interval) = compared.change.map(change).unwrap_or_default();
    vec![mark(compared).to_owned(), compared.figure.to_string(), before, after, change, interval]
}

fn mark(compared: &Compared) -> &'static str {
    match compared.verdict {
        Verdict::Miss => "WORSE",
        Verdict::Invalid => "INVALID",
        _ if compared.improved => "better",
        Verdict::Pass => "no worse",
        Verdict::Inconclusive => "undecided",
    }
}

/// `× 1.2` with `[1.15, 1.25]`, or `+0.5 %` with `[0.1 %, 0.9 %]`.
fn change(change: Change) -> (String, String) {
    let (Estimated { value, low, high }, text): (_, fn(f64) -> String) = match change {
        Change::Ratio(found) => (found, |ratio| format!("{ratio:.3}")),
        Change::Difference(found) => (found, |share| format!("{:+.2} %", share * 100.0)),
    };
    let times = if matches!(change, Change::Ratio(_)) { "× " } else { "" };
    (format!("{times}{}", text(value)), format!("[{}, {}]", text(low), text(high)))
}
