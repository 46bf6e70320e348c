//! Why a scrape gave nothing.

use std::time::Duration;

use http::StatusCode;

use crate::transport::TransportError;

/// Why a scrape gave nothing. Its text holds no URL, no header, and nothing that the server said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScrapeError {
    /// There is nothing at this path.
    #[error(
        "HTTP {0}: was the server started with its metrics (llama.cpp: --metrics, SGLang: --enable-metrics), and are they at this path?"
    )]
    NotFound(StatusCode),
    /// The server wants to know who asks.
    #[error("HTTP {0}: give the key of the metrics with .bearer_auth(..) or .header(..)")]
    Forbidden(StatusCode),
    /// They are elsewhere.
    #[error("HTTP {0}: no redirect is followed; give the URL that it leads to")]
    Moved(StatusCode),
    /// Any other status but success.
    #[error("HTTP {0}")]
    Status(StatusCode),
    /// No answer in time.
    #[error("no whole answer within {0:?}: is the server too busy to tell? .every(..) gives it more time")]
    TimedOut(Duration),
    /// An answer without an end.
    #[error("the answer is longer than {0} bytes: is it the metrics of the server alone?")]
    TooLong(usize),
    /// Some other text.
    #[error("the answer has no line in Prometheus' text format: is it the right path?")]
    NoMetrics,
    /// The connection.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl ScrapeError {
    /// Of a status that is no success.
    pub(super) fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED => Self::NotFound(status),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Forbidden(status),
            _ if status.is_redirection() => Self::Moved(status),
            _ => Self::Status(status),
        }
    }
}
