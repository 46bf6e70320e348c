//! A run while it goes on.

use std::time::Duration;

use sse_load::prelude::*;
use sse_load::progress::{Frame, Generator, Load, Phase, Throughput};
use sse_load::render::{Screen, dashboard, live, logged};
use sse_load::slo::{Judged, Objective};
use sse_load::stats::{Rate, Ratio};

use super::file::assert_golden;

const SCREEN: Screen = Screen { width: 100, colour: false, unicode: true };

fn judged(objective: impl Into<Objective>, verdict: Verdict, value: Option<sse_load::slo::Value>) -> Judged {
    let objective = objective.into();
    Judged {
        objective,
        verdict,
        value,
        interval: None,
        n: 412,
        failed: 2,
        effective: 412,
        reason: String::new(),
        needs: None,
        decided_after: None,
    }
}

fn generator() -> Generator {
    Generator {
        late: Some(Duration::from_micros(1_200)),
        stalled: Ratio::from(0.0),
        used: Some(0.34.into()),
        cores: 2.0,
    }
}

/// A quarter of a minute after the begin of the measured window.
pub(super) fn measured() -> Frame {
    let course = [120, 130, 125, 310, 180, 140, 130, 120];
    Frame {
        name: "chat_ttft".to_owned(),
        phase: Phase::Measure,
        elapsed: secs(15),
        of: secs(60),
        load: Load { users: Some(50), arrivals: None },
        in_flight: 48,
        requests: 1_412,
        failed: 2,
        trouble: Some(("HTTP 503 Service Unavailable".to_owned(), 2)),
        ttft: Some((ms(120), ms(310))),
        ttft_p95: std::iter::once(None).chain(course.map(|time| Some(ms(time)))).collect(),
        throughput: Some(Throughput::Tokens(Rate::per_sec(812.4))),
        expected: vec![
            judged(ttft("chat").p95().at_most(ms(500)), Verdict::Pass, Some(ms(310).into())),
            judged(icl("chat").p99().at_most(ms(60)), Verdict::Inconclusive, Some(ms(41).into())),
            judged(ttft("search").p50().at_most(ms(60)), Verdict::Invalid, None),
            judged(error_rate().at_most(0.001), Verdict::Miss, Some(Ratio::of(2, 412).into())),
        ],
        generator: generator(),
    }
}

/// Of arrivals, and nothing has come back yet.
fn ramp() -> Frame {
    Frame {
        name: "search".to_owned(),
        phase: Phase::Ramp,
        elapsed: ms(250),
        of: secs(2),
        load: Load { users: None, arrivals: Some(Rate::per_sec(12.5)) },
        in_flight: 3,
        requests: 0,
        failed: 0,
        trouble: None,
        ttft: None,
        ttft_p95: vec![None],
        throughput: None,
        expected: Vec::new(),
        generator: Generator { late: None, stalled: Ratio::from(0.0), used: None, cores: 1.0 },
    }
}

/// Everything is as bad as can be, and texts are not to be trusted.
fn drain() -> Frame {
    let expected = (1..=11).map(|turn| {
        let objective = ttft(format!("a_name_that_is_much_longer_than_anyone_would_write_{turn}"));
        judged(objective.p95().at_most(ms(turn)), Verdict::Miss, Some(Duration::MAX.into()))
    });
    Frame {
        name: "evil\x1b[31m\nname".to_owned(),
        phase: Phase::Drain,
        elapsed: secs(40),
        of: secs(30),
        load: Load::default(),
        failed: 1_412,
        trouble: Some((
            "connection reset\x07\r\nby a peer who has a lot to say about why it did so, ".repeat(3),
            1_400,
        )),
        throughput: Some(Throughput::Events(Rate::per_sec(71_934.0))),
        expected: expected.collect(),
        generator: Generator { late: Some(ms(900)), stalled: Ratio::from(0.3), used: Some(0.99.into()), cores: 0.5 },
        ..measured()
    }
}

fn shown(frame: &Frame, screen: Screen) -> String {
    let lines = live(frame, screen);
    for line in &lines {
        assert!(line.chars().count() <= screen.width.min(100) || screen.colour, "{line}");
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_view_of_each_phase() {
    let views = [ramp(), measured(), drain()].map(|frame| shown(&frame, SCREEN));
    let text = views.join("\n");
    assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
    assert_golden("live.progress.txt", &text);
}

#[test]
fn a_view_fits_the_terminal() {
    assert_eq!(shown(&measured(), Screen { width: 500, ..SCREEN }), shown(&measured(), SCREEN));
    let narrow = [ramp(), measured(), drain()].map(|frame| shown(&frame, Screen { width: 40, ..SCREEN }));
    assert_golden("narrow.progress.txt", &narrow.join("\n"));
    assert!(live(&measured(), Screen { width: 0, ..SCREEN }).iter().all(|line| line == "…"));
}

#[test]
fn colours_are_only_added() {
    let coloured = shown(&measured(), Screen { colour: true, ..SCREEN });
    assert!(coloured.contains("\x1b[31m  MISS    \x1b[0m") && coloured.contains("\x1b[32mok\x1b[0m"), "{coloured:?}");
    let mut parts = coloured.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    let bare = parts.fold(first, |bare, part| bare + part.split_once('m').expect("a code").1);
    assert_eq!(bare, shown(&measured(), SCREEN));
}

#[test]
fn a_terminal_of_ascii_gets_nothing_else() {
    let views = [ramp(), measured(), drain()].map(|frame| shown(&frame, Screen { unicode: false, ..SCREEN }));
    assert!(views.iter().all(|view| view.is_ascii()), "{views:?}");
    assert_golden("ascii.progress.txt", &views.join("\n"));
}

#[test]
fn a_line_of_a_log_for_each_phase() {
    let lines = [ramp(), measured(), drain()].map(|frame| logged(&frame)).join("\n");
    assert_golden("log.progress.txt", &format!("{lines}\n"));
}

/// A line for each element, so that a change can be read.
#[test]
fn the_head_of_a_page_for_each_phase() {
    let heads = [ramp(), measured(), drain()].map(|frame| dashboard::head(&frame).replace("><", ">\n<"));
    let text = heads.join("\n\n");
    assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
    assert_golden("head.dashboard.html", &format!("{text}\n"));
}
