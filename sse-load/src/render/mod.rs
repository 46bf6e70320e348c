//! Renderers: pure functions of a report or of verdicts.

mod baseline;
mod causes;
mod columns;
mod compared;
mod comparison;
mod console;
mod curve;
mod health;
mod html;
mod json;
pub mod locust;
mod markdown;
mod notes;
mod objective;
mod plain;
mod progress;
mod traces;
mod units;
mod verdicts;

pub use html::{capacity_page, comparison_page, curve_page, hosts_page, html};
pub use json::json;
pub(crate) use json::pretty;
pub(crate) use markdown::fenced;
pub use markdown::markdown;
pub use progress::{Screen, live, logged};
pub use units::{count, duration, seconds};
