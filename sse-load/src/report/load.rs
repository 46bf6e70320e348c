//! A report that was written.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;

use super::model::SCHEMA_VERSION;
use super::{Artifacts, Report};
use crate::stats::Histogram;

/// A report that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file can't be read.
    #[error("expected a report of sse-load at {path}, but it can't be read: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is no report.
    #[error("expected a report of sse-load as JSON{at}, but {error}: is it a report.json that a load test wrote?", at = at(path.as_deref()))]
    Json {
        /// The file, if it came from one.
        path: Option<PathBuf>,
        /// Why.
        error: serde_json::Error,
    },
    /// It is of a form that this version does not know.
    #[error(
        "expected a report of schema version {SCHEMA_VERSION}{at}, but it has {found} and was written by sse-load {version}: read it with that \
         version, or run the load test again",
        at = at(path.as_deref())
    )]
    Version {
        /// The file, if it came from one.
        path: Option<PathBuf>,
        /// Its version of the form.
        found: u32,
        /// The version of sse-load that wrote it.
        version: String,
    },
}

fn at(path: Option<&Path>) -> String {
    path.map(|path| format!(" at {}", path.display())).unwrap_or_default()
}

impl Report {
    /// Reads the `report.json` of an earlier run: it renders and asserts as it did then.
    ///
    /// ```no_run
    /// use sse_load::prelude::*;
    /// use sse_load::report::Report;
    ///
    /// let report = Report::load("target/sse-load/chat_ttft/report.json")?;
    /// report.assert([ttft("chat_completion").p95().at_most(ms(300))]);
    /// # Ok::<(), sse_load::report::LoadError>(())
    /// ```
    ///
    /// # Errors
    /// When the file can't be read, is no report, or is of another version of the form.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let read = std::fs::read_to_string(path);
        let text = read.map_err(|error| LoadError::File { path: path.to_owned(), error })?;
        let mut report = read_report(&text, Some(path))?;
        report.artifacts = Artifacts { folder: path.parent().map(Path::to_path_buf), ..Artifacts::default() };
        Ok(report)
    }

    /// Reads a report from the text that [`render::json`](crate::render::json) wrote.
    ///
    /// # Errors
    /// When it is no report, or one of another version of the form.
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        read_report(text, None)
    }
}

fn read_report(text: &str, path: Option<&Path>) -> Result<Report, LoadError> {
    #[derive(Deserialize)]
    struct Head {
        schema_version: u32,
        version: String,
    }
    let no_json = |error| LoadError::Json { path: path.map(Path::to_path_buf), error };
    let Head { schema_version, version } = serde_json::from_str(text).map_err(no_json)?;
    if schema_version != SCHEMA_VERSION {
        return Err(LoadError::Version { path: path.map(Path::to_path_buf), found: schema_version, version });
    }
    if let Some(count) = serde_json::from_str(text).map_err(no_json).map(|json| beyond(&json))? {
        return Err(no_json(serde_json::Error::custom(format!("it has a count of {count}, and no run has so many"))));
    }
    let mut report: Report = serde_json::from_str(text).map_err(no_json)?;
    if let Some(len) = report.longest_histogram().filter(|len| *len > MOST) {
        return Err(no_json(serde_json::Error::custom(format!(
            "it has a histogram of {len} values, and no run has so many"
        ))));
    }
    let window = report.window;
    for request in report.scopes_mut() {
        request.window = window;
    }
    Ok(report)
}

/// No run has more of anything: a thousand million a second for ten days. Reports may be added up without end.
const MOST: u64 = 1 << 50;

/// A count that no run has. The seed is any number, and limits may be.
fn beyond(json: &Value) -> Option<u64> {
    match json {
        Value::Number(number) => number.as_u64().filter(|count| *count > MOST),
        Value::Array(values) => values.iter().find_map(beyond),
        Value::Object(fields) => {
            let counts = fields.iter().filter(|(key, _)| !["seed", "expected"].contains(&key.as_str()));
            counts.map(|(_, value)| value).find_map(beyond)
        }
        _ => None,
    }
}

impl Report {
    /// How many values the histogram has that has the most.
    fn longest_histogram(&self) -> Option<u64> {
        let scopes = [&self.requests, &self.turns, &self.user_classes, &self.tags];
        let requests = std::iter::once(&self.total).chain(scopes.into_iter().flatten());
        let of_requests = requests.flat_map(|request| &request.metrics);
        let of_tasks = self.customs.iter().map(|custom| &custom.values);
        of_requests.chain(of_tasks).chain([self.health.lateness.histogram()]).map(Histogram::len).max()
    }
}
