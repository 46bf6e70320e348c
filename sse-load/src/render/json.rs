//! The report as JSON.

use crate::report::Report;

/// The report as JSON, indented; `schema_version` says its form. Times are in microseconds within `metrics` and in seconds
/// elsewhere; each metric carries its whole histogram (`hdr`: HDR V2, base64).
///
/// # Errors
/// When a histogram can't be encoded.
pub fn json(report: &Report) -> serde_json::Result<String> {
    serde_json::to_string_pretty(report)
}
