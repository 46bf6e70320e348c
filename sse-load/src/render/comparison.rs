//! Two hosts, figure by figure.

use std::fmt;

use super::causes::WIDTH;
use super::compared::{outcomes, rows};
use super::console::{load, profile};
use super::plain::{one_line, wrapped};
use super::units::{counted, seconds};
use crate::comparison::{ComparedHosts, SIDES};

impl fmt::Display for ComparedHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", one_line(self.name()), outcomes(self.compared()), conditions(self))?;
        details(self).iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

pub(super) fn conditions(comparison: &ComparedHosts) -> String {
    let Some([report, _]) = comparison.blocks().first() else { return String::new() };
    let pairs = counted(comparison.blocks().len() as u64, "pair");
    let (load, each, built) = (load(report.plan()), seconds(report.plan().run_time), profile(report.profile()));
    format!("    {pairs} of blocks · {load} · {each} each · {built}")
}

fn details(comparison: &ComparedHosts) -> Vec<String> {
    let hosts = comparison.hosts().map(|hosts| {
        let named = SIDES.into_iter().zip(hosts).map(|(side, host)| format!("{side}: {}", one_line(host)));
        named.chain([tolerance(comparison)]).collect::<Vec<_>>().join(" · ")
    });
    let cut_short = comparison.why_cut_short().map(|why| format!("blocks are missing: {}", one_line(why)));
    let page = comparison.folder().map(|folder| folder.join("comparison.html").display().to_string());
    let page = page.map(|page| format!("report: {}", one_line(&page)));
    let before = hosts.into_iter().chain(cut_short).flat_map(|text| wrapped(&text, WIDTH, WIDTH));
    before.chain(rows(comparison.compared())).chain(page).collect()
}

pub(super) fn tolerance(comparison: &ComparedHosts) -> String {
    format!("tolerance: {} %", (comparison.tolerance() * 1_000.0).round() / 10.0)
}
