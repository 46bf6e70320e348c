//! A response whose body is read in stamped pieces.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, StatusCode};
use hyper::body::{Body as _, Incoming};

use super::TransportError;
use super::arrival::Arrival;
use super::http2::Http2;
use super::kept::{Kept, Line};
use crate::clock::Timestamp;

/// A response whose head is there and whose body is still to come.
pub struct Response {
    head: Parts,
    body: Body,
    connected: Option<Timestamp>,
    at: Timestamp,
}

/// One piece of the body.
#[derive(Clone, Debug)]
pub struct Read {
    /// The bytes, never empty.
    pub bytes: Bytes,
    /// When they arrived, by the kernel; where it does not tell, when the read returned, before anything looked into them.
    pub at: Timestamp,
    /// How long they had lain in the socket's buffer; `None` where the kernel does not tell.
    pub buffered: Option<Duration>,
}

/// Where the body comes from.
pub(super) enum Body {
    /// A connection that has no other request, and where it goes when the body has ended; a broken one is closed.
    Http1 { line: Option<Box<Line>>, home: Option<Arc<Kept>> },
    /// A connection that others may share.
    Http2 { connection: Http2, body: Incoming },
    /// The client that goes through proxies.
    Plain(Box<reqwest::Response>),
}

impl Response {
    pub(super) fn new(head: Parts, body: Body, connected: Option<Timestamp>, at: Timestamp) -> Self {
        Self { head, body, connected, at }
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
        self.head.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// When the connection breaks before the body's end.
    pub async fn read(&mut self) -> Result<Option<Read>, TransportError> {
        loop {
            match self.body.piece().await? {
                Some(read) if read.bytes.is_empty() => {}
                read => return Ok(read),
            }
        }
    }
}

impl Body {
    /// The next piece, which may hold nothing.
    async fn piece(&mut self) -> Result<Option<Read>, TransportError> {
        let (bytes, Arrival { at, buffered }) = match self {
            Self::Http1 { line, home } => {
                let Some(open) = line else { return Ok(None) };
                let bytes = open.connection.piece().await;
                let arrival = open.connection.arrival();
                // After the end, or an error, nothing more is read from here.
                if !matches!(bytes, Ok(Some(_)))
                    && let Some((line, home)) = line.take().zip(home.take())
                    && bytes.is_ok()
                {
                    home.put(line);
                }
                (bytes.map_err(|error| TransportError::of_body(&error))?, arrival)
            }
            Self::Http2 { connection, body } => {
                let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
                let frame = frame.transpose().map_err(|error| TransportError::of_body(&error))?;
                // Trailers are no part of the body.
                (frame.map(|frame| frame.into_data().unwrap_or_default()), connection.arrival())
            }
            Self::Plain(response) => {
                let bytes = response.chunk().await.map_err(|error| TransportError::of_body(&error.without_url()))?;
                (bytes, Arrival { at: Timestamp::now(), buffered: None })
            }
        };
        Ok(bytes.map(|bytes| Read { bytes, at, buffered }))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.head.status).finish_non_exhaustive()
    }
}
