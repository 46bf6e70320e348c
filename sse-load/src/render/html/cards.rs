//! The figures that are looked at first.

use maud::{Markup, html};

use crate::render::console::{load, token_rate, window};
use crate::render::units::{count, duration, rate};
use crate::report::{Report, Times};
use crate::stats::Ratio;

/// More characters than this are written smaller.
const LONG: usize = 10;

/// One figure.
struct Card {
    name: &'static str,
    value: String,
    /// What stands under it.
    more: String,
}

pub(super) fn cards(report: &Report) -> Markup {
    html! {
        ul.cards {
            @for card in of(report) {
                li {
                    span.name { (card.name) }
                    strong class=[(card.value.chars().count() > LONG).then_some("long")] { (card.value) }
                    span.more { (card.more) }
                }
            }
        }
    }
}

fn of(report: &Report) -> Vec<Card> {
    let total = report.total();
    let failed = match total.failures() {
        0 => "none failed".to_owned(),
        failed => format!("{} failed", count(failed)),
    };
    let error_rate =
        if total.count() == 0 { "–".to_owned() } else { Ratio::of(total.failures(), total.count()).to_string() };
    vec![
        Card { name: "Requests", value: count(total.count()), more: format!("{}/s", rate(total.request_rate())) },
        Card { name: "Error rate", value: error_rate, more: failed },
        percentile("TTFT p50", &total.ttft(), 0.5),
        percentile("TTFT p95", &total.ttft(), 0.95),
        Card { name: "Tokens / s", value: token_rate(total), more: "of successful replies".to_owned() },
        Card {
            name: "Measured window",
            value: window(report.window(), report.ending(), report.plan().run_time),
            more: load(report.plan()),
        },
    ]
}

/// A percentile; where failures make it unbounded, that of the successes stands under it.
fn percentile(name: &'static str, times: &Times<'_>, q: f64) -> Card {
    let text = |times: &Times<'_>| times.try_p(q).map_or_else(|_| "–".to_owned(), duration);
    let more = match times.failures() {
        0 => "time to first token".to_owned(),
        _ => format!("of successes {}", text(&times.of_successes())),
    };
    Card { name, value: text(times), more }
}
