//! A row as a line of JSON.

use super::Row;
use crate::record::{Begin, Logged};
use crate::render::json::escaped;

/// The row of a request as one line of JSON, with its line end. Every line has all columns, in one order.
///
/// # Errors
/// Never, as far as is known: rows have numbers and texts only.
pub fn line(logged: &Logged, begin: &Begin) -> serde_json::Result<String> {
    let mut line = escaped(serde_json::to_string(&Row::of(logged, begin))?);
    line.push('\n');
    Ok(line)
}
