//! The goals that the benches hold the library to.

use std::fs::OpenOptions;
use std::io::Write as _;

/// Prints a goal and whether it was met, and adds it to the table that `run.sh` makes.
pub(crate) fn at_most(what: &str, most: f64, measured: f64, unit: &str) {
    let met =
        if measured <= most { "met".to_owned() } else { format!("missed, {:.2} times the goal", measured / most) };
    let row = format!("| {what} | ≤ {most} {unit} | {measured:.3} {unit} | {met} |");
    println!("goal {row}");
    if let Some(table) = std::env::var_os("SSE_LOAD_BENCH_GOALS") {
        let file = OpenOptions::new().append(true).create(true).open(table);
        file.and_then(|mut file| writeln!(file, "{row}")).expect("the table can be written");
    }
}
