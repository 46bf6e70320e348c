//! Makes the contexts of a measuring thread's users.

use std::sync::Arc;

use crate::client::{Context, Host, Identity, Place, Sink, Stop};
use crate::record::TaskErrorKey;
use crate::sample::Origin;
use crate::transport::{Connections, HttpClient, TransportError};

/// Makes the contexts of a measuring thread's users.
pub(super) struct Recruiter {
    seed: u64,
    connections: Connections,
    /// The client that all users of the thread share, if they do.
    shared: Option<Result<HttpClient, TransportError>>,
    sink: Arc<Sink>,
}

impl Recruiter {
    pub(super) fn new(seed: u64, connections: Connections, sink: Arc<Sink>) -> Self {
        let shared = connections.are_shared().then(|| HttpClient::new(&connections));
        Self { seed, connections, shared, sink }
    }

    pub(super) fn sink(&self) -> &Arc<Sink> {
        &self.sink
    }

    pub(super) fn stop(&self) -> &Arc<Stop> {
        &self.sink.stop
    }

    /// The context of a new user; where it gets no client that is counted, and there is none.
    pub(super) fn context(
        &self,
        class: &'static str,
        host: Option<Arc<Host>>,
        index: u64,
        stream: u64,
        place: Place,
    ) -> Option<Context> {
        let identity = Identity { class, index, seed: self.seed, stream, place };
        match self.shared.clone().unwrap_or_else(|| HttpClient::new(&self.connections)) {
            Ok(http) => Some(Context::new(identity, host, http, Arc::clone(&self.sink))),
            Err(error) => {
                let origin = Origin { user: class, task: "on_start", file: "", line: 0, tags: &[] };
                let message = format!("the user was not started: {error}");
                self.sink.recorder.record_task_error(TaskErrorKey { origin, message });
                None
            }
        }
    }
}
