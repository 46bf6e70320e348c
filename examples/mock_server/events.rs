//! The file with the events.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::Value;

/// Why there are no events.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("can't read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is not JSON: {source}", path = path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("{path} must hold a JSON array of events, and it holds {kind}", path = path.display())]
    NoArray { path: PathBuf, kind: &'static str },
}

/// The elements of the file's array, each as JSON on one line.
pub(crate) fn load(path: &Path) -> Result<Vec<String>, LoadError> {
    let path = || path.to_owned();
    let text = fs::read(path()).map_err(|source| LoadError::Read { path: path(), source })?;
    let json = serde_json::from_slice(&text).map_err(|source| LoadError::Json { path: path(), source })?;
    let kind = match json {
        Value::Array(events) => return Ok(events.iter().map(Value::to_string).collect()),
        Value::Object(_) => "an object",
        Value::String(_) => "a string",
        Value::Number(_) => "a number",
        Value::Bool(_) => "a boolean",
        Value::Null => "null",
    };
    Err(LoadError::NoArray { path: path(), kind })
}
