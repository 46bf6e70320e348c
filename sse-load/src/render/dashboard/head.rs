//! How a run stands, as the head of its page: what the view on a terminal has.

use std::fmt::Write as _;
use std::time::Duration;

use maud::{Markup, html};

use crate::progress::{Frame, Generator, Throughput};

use crate::render::plain::shortened;
use crate::render::progress::{phase, share, standing, strain, time};
use crate::render::units::{count, duration, rate};
use crate::render::verdicts::{figure, limit, value};
use crate::slo::Judged;

/// The width and height of the course of a figure, in its own units.
const COURSE: (f64, f64) = (160.0, 28.0);

/// Characters of what failed most often.
const LONGEST_TROUBLE: usize = 200;

/// The head of the page at one moment.
///
/// ```
/// # use sse_load::progress::Frame;
/// fn shown(frame: &Frame) -> String {
///     sse_load::render::dashboard::head(frame)
/// }
/// ```
#[must_use]
pub fn head(frame: &Frame) -> String {
    html! {
        div.status {
            span.phase { (phase(frame.phase)) }
            progress max="1" value=(format!("{:.4}", share(frame))) aria-label="time of this phase" {}
            span { (time(frame)) }
        }
        ul.cards {
            (load(frame))
            (card("In flight", &count(frame.in_flight), &html! { "requests" }))
            (card("Requests", &count(frame.requests), &html! { span class=[(frame.failed > 0).then_some("failed")] { (count(frame.failed)) " failed" } }))
            (card("TTFT p50", &of(frame.ttft.map(|(p50, _)| p50)), &html! { "of the last 10 s" }))
            (card("TTFT p95", &of(frame.ttft.map(|(_, p95)| p95)), &course(&frame.ttft_p95)))
            (throughput(frame.throughput))
        }
        @if !frame.expected.is_empty() {
            ul.standings { @for judged in &frame.expected { (verdict(judged)) } }
        }
        (generator(&frame.generator))
        @if let Some((text, times)) = &frame.trouble {
            p.generator { "most often: " span.failed { (count(*times)) " × " (shortened(text, LONGEST_TROUBLE)) } }
        }
    }
    .into_string()
}

fn card(name: &str, value: &str, more: &Markup) -> Markup {
    html! { li { span.name { (name) } strong { (value) } span.more { (more) } } }
}

fn load(frame: &Frame) -> Markup {
    let planned = html! { "as planned for now" };
    html! {
        @if let Some(users) = frame.load.users { (card("Users", &count(users), &planned)) }
        @if let Some(arrivals) = frame.load.arrivals { (card("Arrivals / s", &rate(arrivals), &planned)) }
    }
}

fn of(time: Option<Duration>) -> String {
    time.map_or_else(|| "–".to_owned(), duration)
}

fn throughput(throughput: Option<Throughput>) -> Markup {
    let more = html! { "of the last 10 s" };
    match throughput {
        Some(Throughput::Tokens(tokens)) => card("Tokens / s", &rate(tokens), &more),
        Some(Throughput::Events(events)) => card("Events / s", &rate(events), &more),
        None => card("Tokens / s", "–", &more),
    }
}

/// A line from 0 to the highest value; it breaks where there is none.
#[expect(clippy::cast_precision_loss, reason = "points are few")]
fn course(points: &[Option<Duration>]) -> Markup {
    let highest = points.iter().flatten().max().map_or(0.0, Duration::as_secs_f64);
    if highest <= 0.0 {
        return html! { "its course: –" };
    }
    let (width, height) = COURSE;
    let (mut path, mut pen_is_up) = (String::new(), true);
    for (place, point) in points.iter().enumerate() {
        let Some(point) = point else {
            pen_is_up = true;
            continue;
        };
        let x = 2.0 + (width - 4.0) * place as f64 / points.len().saturating_sub(1).max(1) as f64;
        let y = height - 2.0 - (height - 4.0) * point.as_secs_f64() / highest;
        // A point between two gaps is a line too, of no length.
        let (command, end) = if pen_is_up { ('M', "h0") } else { ('L', "") };
        let _ = write!(path, "{command}{x:.1} {y:.1}{end}");
        pen_is_up = false;
    }
    let described = format!("its course, at most {}", duration(Duration::from_secs_f64(highest)));
    html! {
        svg.course viewBox=(format!("0 0 {width} {height}")) preserveAspectRatio="none" role="img" aria-label=(described) {
            title { (described) }
            path d=(path) {}
        }
    }
}

/// One of what is expected, as it stands.
fn verdict(judged: &Judged) -> Markup {
    let word = standing(judged);
    let class = match word {
        "pass" => "pass",
        "MISS" => "miss",
        "doubtful" => "inconclusive",
        _ => "open",
    };
    html! {
        li.(class) {
            span.badge { (word) } " "
            span { (figure(&judged.objective.scope, judged.objective.quantity)) } " "
            strong { (judged.value.map_or_else(|| "–".to_owned(), value)) } " "
            span.limit { (limit(&judged.objective)) }
        }
    }
}

fn generator(generator: &Generator) -> Markup {
    let word = generator.word();
    let class = if word == "ok" { "pass" } else { "inconclusive" };
    html! { p.generator { "generator " span.badge.(class) { (word) } (shortened(&strain(generator), 200)) } }
}
