//! Renderers: pure functions of a report or of verdicts.

mod causes;
mod columns;
mod console;
mod json;
mod markdown;
mod notes;
mod plain;
mod units;
mod verdicts;

pub use json::json;
pub use markdown::markdown;
pub use units::{count, duration, seconds};
