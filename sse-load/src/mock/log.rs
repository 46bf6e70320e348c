//! The requests that the server has seen.

use std::mem::size_of;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a request ended, as the server saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finish {
    /// The whole answer was given out. A held stream counts as complete once its last event is sent.
    Completed,
    /// The client left before the end.
    ClientGone,
    /// A fault was injected, and the answer was given out with it.
    Faulted,
}

/// One request, as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The method, in capitals.
    pub method: String,
    /// `HTTP/1.1` or `HTTP/2`.
    pub version: &'static str,
    /// The path, without the query.
    pub path: String,
    /// The query without its question mark; empty if there was none.
    pub query: String,
    /// Names (in small letters) and values, in the order of arrival. Bytes that are no UTF-8 are replaced by `�`.
    pub headers: Vec<(String, String)>,
    /// The whole body; empty if bodies are not logged.
    pub body: Vec<u8>,
    /// The connection that it came on, from 1 in the order of accepting.
    pub connection: u64,
    /// The address at the other end of that connection.
    pub peer: SocketAddr,
    /// When its head was read, since the server's epoch.
    pub at: Duration,
    /// How it ended; `None` while it runs.
    pub finished: Option<Finish>,
    /// Tokens sent. It is 0 while the request runs.
    pub tokens: u32,
}

impl LoggedRequest {
    /// The first value of a header; the name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        size_of::<Self>() + self.path.len() + self.query.len() + headers + self.body.len()
    }
}

/// The log. It takes requests until its memory is used up, and none after that.
#[derive(Debug)]
pub(super) struct RequestLog(Mutex<Entries>);

#[derive(Debug)]
struct Entries {
    requests: Vec<LoggedRequest>,
    bytes_left: usize,
}

impl RequestLog {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Mutex::new(Entries { requests: Vec::new(), bytes_left: bytes }))
    }

    /// The place of the request in the log, if it still had room.
    pub(super) fn add(&self, request: LoggedRequest) -> Option<usize> {
        let mut entries = self.lock();
        if let Some(left) = entries.bytes_left.checked_sub(request.bytes()) {
            entries.bytes_left = left;
            entries.requests.push(request);
            Some(entries.requests.len() - 1)
        } else {
            // A smaller request after it must not slip in, or the log would have holes.
            entries.bytes_left = 0;
            None
        }
    }

    pub(super) fn finish(&self, place: usize, finish: Finish, tokens: u32) {
        if let Some(request) = self.lock().requests.get_mut(place) {
            request.finished = Some(finish);
            request.tokens = tokens;
        }
    }

    pub(super) fn requests(&self) -> Vec<LoggedRequest> {
        self.lock().requests.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: usize) -> LoggedRequest {
        LoggedRequest {
            method: "POST".into(),
            version: "HTTP/1.1",
            path: "/".into(),
            query: String::new(),
            headers: vec![("content-type".into(), "text/plain".into())],
            body: vec![0; body],
            connection: 1,
            peer: ([127, 0, 0, 1], 1).into(),
            at: Duration::ZERO,
            finished: None,
            tokens: 0,
        }
    }

    #[test]
    fn a_full_log_takes_no_more_and_has_no_holes() {
        let log = RequestLog::new(2_000);
        assert_eq!(log.add(request(1_000)), Some(0));
        assert_eq!(log.add(request(1_000)), None);
        assert_eq!(log.add(request(0)), None);
        assert_eq!(log.requests().len(), 1);
    }

    #[test]
    fn the_end_is_noted_at_its_place() {
        let log = RequestLog::new(10_000);
        log.add(request(0));
        log.add(request(1));
        log.finish(1, Finish::Faulted, 5);
        log.finish(9, Finish::Completed, 5);
        let ends: Vec<_> = log.requests().iter().map(|one| (one.finished, one.tokens)).collect();
        assert_eq!(ends, [(None, 0), (Some(Finish::Faulted), 5)]);
    }

    #[test]
    fn a_header_is_found_in_any_case() {
        assert_eq!(request(0).header("Content-Type"), Some("text/plain"));
        assert_eq!(request(0).header("accept"), None);
    }
}
