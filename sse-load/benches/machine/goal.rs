//! The goals that the benches hold the library to.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::ops::{Bound, RangeBounds};

/// Prints a goal (`..=1.3` is at most that, `1.5..` at least) and whether it was met, and adds it to the table that `run.sh` makes.
#[expect(clippy::disallowed_methods, reason = "no load test is set by it")]
pub(crate) fn hold(what: &str, goal: impl RangeBounds<f64>, measured: f64, unit: &str) {
    let (sign, limit) = match (goal.start_bound(), goal.end_bound()) {
        (Bound::Included(least), Bound::Unbounded) => ('≥', *least),
        (_, Bound::Included(most) | Bound::Excluded(most)) => ('≤', *most),
        _ => panic!("a goal has a limit"),
    };
    let met = match measured / limit {
        _ if goal.contains(&measured) => "met".to_owned(),
        ratio if ratio.is_finite() => format!("missed, {ratio:.2} times the goal"),
        _ => "missed".to_owned(),
    };
    let row = format!("| {what} | {sign} {limit} {unit} | {measured:.3} {unit} | {met} |");
    println!("goal {row}");
    if let Some(table) = std::env::var_os("BENCH_GOALS") {
        let file = OpenOptions::new().append(true).create(true).open(table);
        file.and_then(|mut file| writeln!(file, "{row}")).expect("the table can be written");
    }
}
