//! Sends requests whose answers are streams, over connections of our own.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use url::Url;

use super::connections::{HttpVersion, Policy};
use super::connector::{AnyError, Connector};
use super::error::closed_by_server;
use super::http1::NoAnswer;
use super::kept::{Kept, Opened, Origin};
use super::request::RequestError;
use super::response::{Body, Response};
use super::{Connections, Request, TransportError};
use crate::clock::Timestamp;

/// The connections of one client, and those that it opens.
pub(super) struct Streams {
    connector: Connector,
    kept: Arc<Kept>,
    keeps: bool,
    version: HttpVersion,
    limit: Duration,
    /// Held while a connection is opened that others may share.
    opening: Mutex<()>,
    /// They were asked for HTTP/2, and have none.
    only_http1: std::sync::Mutex<HashSet<Origin>>,
}

/// A request that got no response.
struct Unanswered {
    error: AnyError,
    after: After,
}

/// How far a request came.
enum After {
    /// It never left.
    Unsent,
    /// It went out, and the connection ended before one byte of a response.
    Unread,
    /// It went out, and the server may have it.
    Sent,
}

impl Streams {
    pub(super) fn new(connections: &Connections) -> Self {
        Self {
            connector: Connector::new(connections.clone()),
            kept: Arc::default(),
            keeps: connections.policy != Policy::NewEachTime,
            version: connections.version,
            limit: connections.connect_timeout,
            opening: Mutex::new(()),
            only_http1: std::sync::Mutex::default(),
        }
    }

    /// As [`HttpClient::send`](super::HttpClient::send).
    pub(super) async fn send(&self, request: &Request, resent: &mut bool) -> Result<Response, TransportError> {
        request.check().map_err(TransportError::unsendable)?;
        if let Some(connection) = self.kept.take(&request.url) {
            let error = match self.send_on(connection, request, None).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            // One that never left is no second one: the connection was closed before.
            *resent = match error.after {
                After::Unsent => false,
                After::Unread => true,
                After::Sent => return Err(TransportError::no_response(&*error.error, self.version)),
            };
        }
        let (connection, connected) = Box::pin(self.connection(&request.url)).await?;
        let sent = self.send_on(connection, request, connected).await;
        sent.map_err(|error| TransportError::no_response(&*error.error, self.version))
    }

    /// Sends the request on this connection, which was opened for it at `connected`, or was there.
    async fn send_on(
        &self,
        connection: Opened,
        request: &Request,
        connected: Option<Timestamp>,
    ) -> Result<Response, Unanswered> {
        match connection {
            Opened::Http1(mut line) => {
                let head =
                    line.connection.send(request, !self.keeps).await.map_err(|NoAnswer { error, has_left }| {
                        let after = match (line.connection.answered(), has_left) {
                            (false, false) => After::Unsent,
                            (false, true) if closed_by_server(&error) => After::Unread,
                            _ => After::Sent,
                        };
                        Unanswered { error: error.into(), after }
                    })?;
                let at = line.connection.arrival().at;
                let home = self.keeps.then(|| Arc::clone(&self.kept));
                Ok(Response::new(head, Body::Http1 { line: Some(line), home }, connected, at))
            }
            Opened::Http2(mut connection) => {
                let unsendable = |error: RequestError| Unanswered { error: error.into(), after: After::Sent };
                let sent = connection.send(request.for_http2().map_err(unsendable)?).await;
                let (head, body) = sent
                    .map_err(|error| {
                        let is_unsent = error.message().is_some();
                        if is_unsent {
                            self.kept.forget(&connection);
                        }
                        // Others wait on it, too: all of them would come twice to a server that died of one.
                        let after = if is_unsent { After::Unsent } else { After::Sent };
                        Unanswered { error: error.into_error().into(), after }
                    })?
                    .into_parts();
                let at = connection.arrival().at;
                Ok(Response::new(head, Body::Http2 { connection, body }, connected, at))
            }
        }
    }

    /// A connection of the request's own, and when it was there; or one that another opened meanwhile.
    async fn connection(&self, url: &Url) -> Result<(Opened, Option<Timestamp>), TransportError> {
        let open = async {
            let turn = if self.may_share(url) { Some(self.opening.lock().await) } else { None };
            if turn.is_some()
                && let Some(kept) = self.kept.take(url)
            {
                return Ok((kept, None));
            }
            let opened = self.connector.open(url).await?;
            match &opened {
                Opened::Http2(connection) if self.keeps => self.kept.share(Origin::of(url), connection),
                Opened::Http1(_) if turn.is_some() => self.note_only_http1(url),
                Opened::Http1(_) | Opened::Http2(_) => {}
            }
            drop(turn);
            Ok((opened, Some(Timestamp::now())))
        };
        match tokio::time::timeout(self.limit, open).await {
            Ok(opened) => opened.map_err(|error: AnyError| TransportError::no_connection(&*error)),
            Err(elapsed) => Err(TransportError::too_late(&elapsed)),
        }
    }

    /// Whether a connection that is opened may turn out to be one for several requests.
    fn may_share(&self, url: &Url) -> bool {
        let asks = match self.version {
            HttpVersion::Http1 => false,
            HttpVersion::Negotiated => url.scheme() == "https" && !self.has_only_http1(url),
            HttpVersion::Http2 => true,
        };
        asks && self.keeps
    }

    fn note_only_http1(&self, url: &Url) {
        self.only_http1.lock().unwrap_or_else(PoisonError::into_inner).insert(Origin::of(url));
    }

    fn has_only_http1(&self, url: &Url) -> bool {
        self.only_http1.lock().unwrap_or_else(PoisonError::into_inner).contains(&Origin::of(url))
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").field("version", &self.version).field("keeps", &self.keeps).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_http2_says_nothing_of_another() {
        let streams = Streams::new(&Connections::pooled().http2());
        let (one, other) = ("https://one/a", "https://other/a");
        let url = |text: &str| Url::parse(text).expect("a URL");
        streams.note_only_http1(&url(one));
        assert!(!streams.may_share(&url("https://one:443/b")));
        assert!(streams.may_share(&url(other)));
    }
}
