//! Connections that wait for their next request, or have several at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use url::Url;

use super::http1::Http1;
use super::http2::Http2;
use crate::clock::Timestamp;

/// A connection that waits longer is not used again: few servers keep one for so long.
const LONGEST_WAIT: Duration = Duration::from_secs(90);

/// Whom a connection leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    scheme: Box<str>,
    host: Box<str>,
    port: Option<u16>,
}

impl Origin {
    pub(super) fn of(url: &Url) -> Self {
        Self {
            scheme: url.scheme().into(),
            host: url.host_str().unwrap_or_default().into(),
            port: url.port_or_known_default(),
        }
    }

    fn serves(&self, url: &Url) -> bool {
        *self.scheme == *url.scheme() && url.host_str() == Some(&*self.host) && url.port_or_known_default() == self.port
    }
}

/// A connection over HTTP/1.1 and whom it leads to.
pub(super) struct Line {
    pub(super) origin: Origin,
    pub(super) connection: Http1,
}

/// A connection that a request can go out on.
pub(super) enum Opened {
    /// It has one request at a time.
    Http1(Box<Line>),
    /// It may have others.
    Http2(Http2),
}

/// The connections of one client.
#[derive(Default)]
pub(super) struct Kept(Mutex<Connections>);

#[derive(Default)]
struct Connections {
    /// The longest first.
    waiting: Vec<(Box<Line>, Timestamp)>,
    shared: Vec<(Origin, Http2)>,
}

impl Kept {
    /// A connection to there that is open, as far as is known: of those that wait the one that was used last.
    pub(super) fn take(&self, url: &Url) -> Option<Opened> {
        let mut kept = self.lock();
        kept.shared.retain(|(_, connection)| connection.is_open());
        if let Some((_, connection)) = kept.shared.iter().find(|(origin, _)| origin.serves(url)) {
            return Some(Opened::Http2(connection.clone()));
        }
        while let Some(place) = kept.waiting.iter().rposition(|(line, _)| line.origin.serves(url)) {
            let (mut line, since) = kept.waiting.remove(place);
            if Timestamp::now() - since < LONGEST_WAIT && line.connection.is_free() {
                return Some(Opened::Http1(line));
            }
        }
        None
    }

    /// Keeps a connection whose request is done, if it can have another.
    pub(super) fn put(&self, mut line: Box<Line>) {
        if line.connection.is_free() {
            let mut kept = self.lock();
            kept.wait(line, Timestamp::now());
        }
    }

    /// Has all that ask for it use this connection.
    pub(super) fn share(&self, origin: Origin, connection: &Http2) {
        self.lock().shared.push((origin, connection.clone()));
    }

    /// Gives a connection to nobody any more.
    pub(super) fn forget(&self, connection: &Http2) {
        self.lock().shared.retain(|(_, known)| !known.is(connection));
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// Closes those that waited for too long, or that the server closed: nobody may ever ask for their origins again.
    fn wait(&mut self, line: Box<Line>, now: Timestamp) {
        let is_of_use =
            |(line, since): &mut (Box<Line>, Timestamp)| now - *since < LONGEST_WAIT && line.connection.is_free();
        // Servers close what waits longest, too, so that one look is enough mostly.
        let useless = self.waiting.iter_mut().position(is_of_use).unwrap_or(self.waiting.len());
        self.waiting.drain(..useless);
        self.waiting.push((line, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::http1::tests::{close, connection};

    fn line(host: &str, connection: Http1) -> Box<Line> {
        Box::new(Line { origin: Origin::of(&format!("http://{host}").parse().expect("a URL")), connection })
    }

    fn waiting(kept: &Connections) -> Vec<&str> {
        kept.waiting.iter().map(|(line, _)| &*line.origin.host).collect()
    }

    #[tokio::test]
    async fn a_connection_that_nobody_asks_for_again_is_closed_after_a_while() {
        let mut kept = Connections::default();
        let ((old, _old, _), (next, _next, _), (last, _last, _)) =
            (connection().await, connection().await, connection().await);
        let start = Timestamp::now();
        kept.wait(line("old", old), start);
        kept.wait(line("next", next), start + LONGEST_WAIT / 2);
        assert_eq!(waiting(&kept), ["old", "next"]);
        kept.wait(line("last", last), start + LONGEST_WAIT);
        assert_eq!(waiting(&kept), ["next", "last"]);
    }

    #[tokio::test]
    async fn a_connection_that_the_server_closed_is_closed_here_too() {
        let mut kept = Connections::default();
        let ((gone, theirs, twin), (last, _last, _)) = (connection().await, connection().await);
        kept.wait(line("gone", gone), Timestamp::now());
        close(theirs, &twin).await;
        kept.wait(line("last", last), Timestamp::now());
        assert_eq!(waiting(&kept), ["last"]);
    }
}
