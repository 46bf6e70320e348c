//! A response whose body is read in stamped pieces.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{TransportError, TransportErrorKind};
use crate::clock::Timestamp;

/// A response whose head is there and whose body is still to come.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    connected: Option<Timestamp>,
    at: Timestamp,
}

/// One piece of the body.
#[derive(Clone, Debug)]
pub struct Read {
    /// The bytes, never empty.
    pub bytes: Bytes,
    /// When the read returned, before anything looked into it.
    pub at: Timestamp,
}

impl Response {
    pub(super) fn new(inner: reqwest::Response, connected: Option<Timestamp>, at: Timestamp) -> Self {
        Self { inner, connected, at }
    }

    /// When the connection was there that the request opened; `None` if it went out on a kept one.
    #[must_use]
    pub fn connected(&self) -> Option<Timestamp> {
        self.connected
    }

    /// When the head was complete.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// When the connection breaks before the body's end.
    pub async fn read(&mut self) -> Result<Option<Read>, TransportError> {
        loop {
            let piece =
                self.inner.chunk().await.map_err(|error| TransportError::new(TransportErrorKind::Body, error))?;
            let at = Timestamp::now();
            match piece {
                Some(bytes) if bytes.is_empty() => {}
                Some(bytes) => return Ok(Some(Read { bytes, at })),
                None => return Ok(None),
            }
        }
    }
}
