//! Counts of connections and requests, and the life of one request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};

use super::activity::{Activity, Observer};
use super::log::{Finish, LoggedRequest, RequestLog};

/// Everything that the server counts.
#[derive(Debug)]
pub(super) struct Traffic {
    pub(super) connections: AtomicU64,
    pub(super) open_connections: AtomicUsize,
    pub(super) requests: AtomicU64,
    pub(super) in_flight: AtomicUsize,
    pub(super) peak_in_flight: AtomicUsize,
    pub(super) log: RequestLog,
    pub(super) observer: Observer,
}

impl Traffic {
    pub(super) fn new(log: RequestLog, observer: Observer) -> Self {
        Self {
            connections: AtomicU64::new(0),
            open_connections: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            peak_in_flight: AtomicUsize::new(0),
            log,
            observer,
        }
    }
}

/// An open connection; it is counted until it is dropped.
#[derive(Debug)]
pub(super) struct OpenConnection {
    pub(super) id: u64,
    traffic: Arc<Traffic>,
}

impl OpenConnection {
    pub(super) fn new(traffic: &Arc<Traffic>) -> Self {
        traffic.open_connections.fetch_add(1, SeqCst);
        Self { id: traffic.connections.fetch_add(1, SeqCst) + 1, traffic: Arc::clone(traffic) }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.traffic.open_connections.fetch_sub(1, SeqCst);
    }
}

/// A request in flight. Dropped before it is finished, it ended as [`Exchange::if_left`] says.
#[derive(Debug)]
pub(super) struct Exchange {
    traffic: Arc<Traffic>,
    number: u64,
    peer: SocketAddr,
    logged: Option<usize>,
    running: bool,
    pub(super) tokens: u32,
    events: u32,
    /// How the request ended if the client leaves now.
    pub(super) if_left: Finish,
}

impl Exchange {
    pub(super) fn begin(traffic: &Arc<Traffic>, request: LoggedRequest) -> Self {
        let number = traffic.requests.fetch_add(1, SeqCst) + 1;
        let peer = request.peer;
        let now = traffic.in_flight.fetch_add(1, SeqCst) + 1;
        traffic.peak_in_flight.fetch_max(now, SeqCst);
        traffic.observer.notify(|| Activity::Started {
            request: number,
            peer,
            target: format!("{} {}", request.method, request.path),
        });
        Self {
            traffic: Arc::clone(traffic),
            number,
            peer,
            logged: traffic.log.add(request),
            running: true,
            tokens: 0,
            events: 0,
            if_left: Finish::ClientGone,
        }
    }

    pub(super) fn event_sent(&mut self) {
        self.events = self.events.saturating_add(1);
        self.traffic.observer.notify(|| Activity::Sent { request: self.number, peer: self.peer, event: self.events });
    }

    /// Notes the end, once. It happens before the client can see it, so that the log is true when the client looks.
    pub(super) fn finish(&mut self, finish: Finish) {
        if !std::mem::replace(&mut self.running, false) {
            return;
        }
        if let Some(place) = self.logged {
            self.traffic.log.finish(place, finish, self.tokens);
        }
        self.traffic.in_flight.fetch_sub(1, SeqCst);
        self.traffic.observer.notify(|| Activity::Ended {
            request: self.number,
            peer: self.peer,
            events: self.events,
            finish,
        });
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.finish(self.if_left);
    }
}
