//! What can go wrong below HTTP.

use std::error::Error as _;

/// At which point the connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No client could be set up.
    Setup,
    /// Before a response head was there.
    Connect,
    /// In the middle of the body.
    Body,
}

/// An error of the connection. Its text never holds the URL, which may carry a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TransportError {
    kind: TransportErrorKind,
    text: String,
}

impl TransportError {
    pub(super) fn new(kind: TransportErrorKind, error: reqwest::Error) -> Self {
        Self { kind, text: innermost(&error.without_url()) }
    }

    pub(super) fn setup(text: impl Into<String>) -> Self {
        Self { kind: TransportErrorKind::Setup, text: text.into() }
    }

    /// At which point.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

/// The last cause in the chain says what happened ("Connection refused"); those above it only say where.
fn innermost(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}
