//! Renderers: pure functions of a report or of verdicts.

mod baseline;
mod causes;
mod columns;
mod compared;
mod comparison;
mod console;
mod curve;
pub mod dashboard;
mod health;
mod html;
mod json;
mod junit;
pub mod locust;
mod markdown;
mod notes;
mod objective;
#[cfg(feature = "otlp")]
pub(crate) mod otlp;
mod plain;
mod progress;
mod prometheus;
pub mod request_log;
mod server;
mod traces;
mod units;
mod verdicts;

pub use html::{capacity_page, comparison_page, curve_page, hosts_page, html};
pub use json::json;
pub(crate) use json::pretty;
pub use junit::junit;
pub use markdown::{markdown, markdown_block};
pub use progress::{Screen, live, logged};
pub use prometheus::{Exposition, prometheus};
pub use units::{count, duration, seconds};
