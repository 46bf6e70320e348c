//! The levels of a search and of a sweep.

use sse_load::capacity::{Capacity, Curve, Point, Search, Trial};
use sse_load::prelude::*;
use sse_load::report::Report;

use super::cases;
use super::file::assert_golden;
use super::run::Run;

fn objectives() -> Vec<Objective> {
    vec![ttft("chat_completion").p95().at_most(ms(130)), error_rate().at_most(0.05)]
}

fn point(level: f64, stretch: u32, report: Report) -> Point {
    let verdicts = report.check(objectives());
    Point::new(Trial { level, stretch }, report, &verdicts)
}

/// As a search finds them: not in their order.
fn curve(points: impl IntoIterator<Item = Point>) -> Curve {
    let mut curve = Curve::new("chat_capacity".to_owned(), objectives());
    points.into_iter().for_each(|point| curve.push(point));
    curve.set_folder(Some("target/sse-load/chat_capacity".into()));
    curve
}

fn searched(curve: Curve) -> Capacity {
    Capacity::new(curve, &Search { from: 16.0, up_to: 500.0, precision: 0.5, whole: false })
}

pub(crate) fn found() -> Capacity {
    let chats = |n| Run::named("chat_capacity_n").chats(n).report();
    searched(curve(vec![
        point(16.0, 1, chats(80)),
        point(32.0, 1, cases::a_tenth_fails()),
        point(22.6, 2, chats(120)),
        point(26.9, 1, chats(145)),
    ]))
}

fn assert_table(name: &str, text: &str) {
    assert_golden(&format!("{name}.txt"), &format!("{text}\n"));
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    assert!(widest <= 102, "{widest} characters");
}

#[test]
fn a_capacity_that_was_found() {
    assert_table("found.capacity", &found().to_string());
    let json = serde_json::to_string_pretty(&found()).expect("it serialises");
    assert_golden("found.capacity.json", &format!("{json}\n"));
}

#[test]
fn a_search_that_ended_at_a_level_which_proves_nothing() {
    let points = [point(16.0, 1, cases::all_well()), point(32.0, 1, cases::no_request())];
    assert_table("invalid.capacity", &searched(curve(points)).to_string());
}

#[test]
fn a_search_that_was_cut_short() {
    let mut curve = curve([]);
    curve.cut_short("Ctrl-C ended level 16".to_owned());
    assert_table("cut_short.capacity", &searched(curve).to_string());
}

#[test]
fn a_sweep_says_nothing_of_a_bracket() {
    assert_table("sweep.curve", &found().curve().to_string());
}

#[test]
fn every_level_as_one_line() {
    let lines: Vec<_> = found().curve().points().iter().map(ToString::to_string).collect();
    assert_golden("levels.txt", &format!("{}\n", lines.join("\n")));
}

#[test]
fn the_last_trial_of_a_level_stands_for_it() {
    let report = || Run::named("repeated").chats(60).report();
    let curve = curve([point(16.0, 1, report()), point(16.0, 2, report())]);
    assert_eq!(curve.points().len(), 1);
    assert_eq!(curve.tried()[0].trial, Trial { level: 16.0, stretch: 2 });
}

#[test]
fn a_miss_is_proven_whatever_cannot_be_had_beside_it() {
    let report = cases::a_tenth_fails();
    let verdicts = report.check([ttft("nobody").p95().at_most(ms(1)), error_rate().at_most(0.01)]);
    assert_eq!(Point::new(Trial { level: 1.0, stretch: 1 }, report, &verdicts).verdict(), Verdict::Miss);
}
