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
#[derive(Clone, Debug, PartialEq, Eq)]
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
            self.lock().waiting.push((line, Timestamp::now()));
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
