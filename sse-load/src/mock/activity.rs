//! What the server tells an observer while it works.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use super::log::Finish;

/// Something that happened in the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activity {
    /// A request came in.
    Started {
        /// Its number on this server, from 1.
        request: u64,
        /// The client's address.
        peer: SocketAddr,
        /// Method and path.
        target: String,
    },
    /// An event went out.
    Sent {
        /// The request's number.
        request: u64,
        /// The client's address.
        peer: SocketAddr,
        /// The number of the event in its stream, from 1.
        event: u32,
    },
    /// The answer ended.
    Ended {
        /// The request's number.
        request: u64,
        /// The client's address.
        peer: SocketAddr,
        /// Events that went out; an answer that is no stream has none.
        events: u32,
        /// How it ended.
        finish: Finish,
    },
}

/// The function that hears of activities, if there is one.
#[derive(Clone, Default)]
pub(super) struct Observer(Option<Arc<Observe>>);

type Observe = dyn Fn(&Activity) + Send + Sync;

impl Observer {
    pub(super) fn new(observe: impl Fn(&Activity) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    /// The activity is only made if somebody listens. An observer that panicked ends its connection and hears no more
    /// of it: a second panic would abort the process.
    pub(super) fn notify(&self, activity: impl FnOnce() -> Activity) {
        if let Some(observe) = &self.0
            && !thread::panicking()
        {
            observe(&activity());
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer" } else { "no observer" })
    }
}
