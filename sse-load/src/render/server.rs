//! What the server told of itself, in a line.

use super::plain::{one_line, shortened};
use super::units::{count, rate};
use crate::record::{ServerCourse, ServerFigure, ServerMetric, ServerUnit};
use crate::stats::{Extent, Rate, Ratio};

/// More metrics of the test's own than these are on the page and in the JSON only.
const MOST_OWN: usize = 3;

/// Longer names are cut in the middle.
const LONGEST_NAME: usize = 40;

/// The line, of the measured window.
pub(super) fn server(server: &ServerCourse) -> String {
    let known = server.metrics.iter().filter(|metric| metric.figure.is_some());
    let facts: Vec<_> = known.chain(server.own().take(MOST_OWN)).filter_map(fact).collect();
    let facts = if facts.is_empty() { "told nothing in the measured window".to_owned() } else { facts.join(", ") };
    let engine = server.engine.iter().map(|engine| one_line(engine));
    let scrapes = [format!("{} scrapes", count(server.scrapes)), format!("{} missed", count(server.missed))];
    let read: Vec<_> = engine.chain(scrapes).collect();
    format!("server: {facts} ({})", read.join(", "))
}

fn fact(metric: &ServerMetric) -> Option<String> {
    let Extent { mean, most, weight, .. } = metric.window?;
    Some(match metric.figure {
        Some(ServerFigure::RequestsWaiting) => format!("{} waiting at most", amount(most)),
        Some(ServerFigure::RequestsRunning) => format!("{} running", amount(most)),
        Some(ServerFigure::KvCache) => format!("KV cache {} at most", Ratio::from(most)),
        Some(ServerFigure::PrefixCacheHits) => format!("prefix cache hits {}", Ratio::from(mean)),
        Some(ServerFigure::Preemptions) if most <= 0.0 => return None,
        Some(ServerFigure::Preemptions) => format!("{} preempted", amount((mean * weight).round())),
        Some(ServerFigure::TokensGenerated) => format!("{} tokens/s", amount(mean)),
        None => {
            let name = shortened(&metric.name, LONGEST_NAME);
            match metric.unit {
                ServerUnit::PerSecond => format!("{name} {}/s", amount(mean)),
                ServerUnit::Count | ServerUnit::Share => format!("{name} {} at most", amount(most)),
            }
        }
    })
}

/// A number as rates are written; gauges of one's own may be negative.
fn amount(number: f64) -> String {
    let sign = if number < 0.0 { "−" } else { "" };
    format!("{sign}{}", rate(Rate::per_sec(number.abs())))
}
