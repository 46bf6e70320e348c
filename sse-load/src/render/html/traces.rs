//! The slowest requests as timelines.

use std::fmt::Write as _;
use std::time::Duration;

use maud::{Markup, PreEscaped, html};

use super::frame::{Frame, Size, WHOLE};
use super::over_time::time;
use super::plot::drawing;
use super::scale::{Axis, number};
use super::tables::{Table, table};
use crate::render::plain::{one_line, shortened};
use crate::render::units::{count, duration, seconds};
use crate::report::{SlowestRequests, Trace};

/// The height of a timeline, and half of that of a token's tick.
const ROW: u32 = 44;
const TICK: i32 = 14;
/// What the axis takes below.
const BELOW: u32 = 120;
const LONGEST_NAME: usize = 40;
const LONGEST_FAILURE: usize = 120;

/// Both orders of slowness.
pub(super) fn slowest(slowest: &SlowestRequests) -> Markup {
    let SlowestRequests { to_first_token, to_end } = slowest;
    html! {
        @for (id, title, traces) in [
            ("slowest-first-token", "Slowest to the first token", to_first_token),
            ("slowest-end", "Slowest to the end", to_end),
        ] {
            @if !traces.is_empty() {
                (figure(id, title, traces))
            }
        }
    }
}

fn figure(id: &str, title: &str, traces: &[Trace]) -> Markup {
    let longest = traces.iter().map(|trace| trace.end).max().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "there are few timelines")]
    let rows = traces.len() as f64;
    let height = ROW * u32::try_from(traces.len()).unwrap_or(0) + BELOW;
    let x = Axis::from_zero("time since the request began", longest.as_secs_f64(), time);
    let frame = Frame::new(&x, &Axis::linear("", 0.0..rows, number), Size(WHOLE, height));
    let described = "One line a request, slowest first: it waits for the first token, then each generated event is a tick. The table below says the same in numbers.";
    html! {
        figure.timelines id=(id) {
            figcaption {
                h3 { (title) }
                p.about { "One line a request: it waits (thin), then each generated event is a tick. A cross ends a request that failed." }
            }
            (drawing(title, described, frame.size, &html! {
                g.axes { (PreEscaped(&frame.svg)) }
                @for (place, trace) in (0_u32..).zip(traces) {
                    (timeline(&frame, rows - 0.5 - f64::from(place), place + 1, trace))
                }
            }))
            (table(&rows_of(traces)))
        }
    }
}

fn timeline(frame: &Frame, row: f64, number: u32, trace: &Trace) -> Markup {
    let y = frame.y(row);
    let at = |moment: Duration| frame.x(moment.as_secs_f64());
    let end = at(trace.end);
    let failed = trace.failure.is_some();
    html! {
        g.trace {
            title { (format!("{number}. {}: {}", one_line(&trace.request), duration(trace.end))) }
            text x="4" y=(y + 8) { (number) }
            path.wait d=(format!("M{} {y}H{}", at(Duration::ZERO), trace.generated.first().map_or(end, |first| at(*first)))) {}
            @if let Some(headers) = trace.headers {
                path.head d=(format!("M{} {}v{}", at(headers), y - TICK, 2 * TICK)) {}
            }
            @if let Some(first) = trace.generated.first() {
                path.stream d=(format!("M{} {y}H{end}", at(*first))) {}
                path.tokens d=(ticks(trace, y, at)) {}
            }
            @if failed {
                path.failed d=(format!("M{} {}l16 16m0 -16l-16 16", end - 8, y - 8)) {}
            }
        }
    }
}

/// A tick for each event that stands at a place of its own.
fn ticks(trace: &Trace, y: i32, at: impl Fn(Duration) -> i32) -> String {
    let mut places: Vec<_> = trace.generated.iter().map(|event| at(*event)).collect();
    places.dedup();
    let (mut path, mut last) = (String::new(), None);
    for place in places {
        let _ = match last {
            None => write!(path, "M{place} {}v{}", y - TICK, 2 * TICK),
            Some(last) => write!(path, "m{} {}v{}", place - last, -2 * TICK, 2 * TICK),
        };
        last = Some(place);
    }
    path
}

fn rows_of(traces: &[Trace]) -> Table {
    let head = ["#", "request", "task", "began at", "head", "first token", "end", "events", "tokens", "failure"];
    let time = |time: Option<Duration>| time.map_or_else(|| "–".to_owned(), duration);
    let rows = traces.iter().enumerate().map(|(place, trace)| {
        vec![
            (place + 1).to_string(),
            shortened(&trace.request, LONGEST_NAME),
            format!("{}::{}", trace.origin.user, trace.origin.task),
            format!("t+{}", seconds(trace.at)),
            time(trace.headers),
            time(trace.generated.first().copied()),
            duration(trace.end),
            count(trace.events),
            trace.tokens.map_or_else(|| "–".to_owned(), count),
            trace.failure.as_deref().map(|failure| shortened(failure, LONGEST_FAILURE)).unwrap_or_default(),
        ]
    });
    Table {
        caption: "The same in numbers".to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        texts: &[1, 2, 9],
    }
}
