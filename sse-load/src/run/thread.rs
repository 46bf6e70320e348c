//! A measuring thread: a runtime of its own, and the users that live on it from their start to their end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::class::AnyClass;
use crate::client::{Context, Host, Identity, Sink};
use crate::clock::Timestamp;
use crate::record::TaskErrorKey;
use crate::sample::Origin;
use crate::transport::{Connections, HttpClient, TransportError};

/// One user that is to start.
pub(super) struct UserStart {
    pub(super) index: u64,
    pub(super) class: Arc<dyn AnyClass>,
    pub(super) host: Option<Arc<Host>>,
    /// From the start of the run.
    pub(super) after: Duration,
}

/// What a measuring thread needs.
pub(super) struct Crew {
    pub(super) users: Vec<UserStart>,
    pub(super) seed: u64,
    pub(super) connections: Connections,
    pub(super) begin: Timestamp,
    pub(super) sink: Arc<Sink>,
}

/// A measuring thread that runs.
pub(super) struct MeasuringThread {
    /// Resolves when the thread has ended, by itself or by a panic.
    pub(super) ended: oneshot::Receiver<()>,
    pub(super) handle: std::thread::JoinHandle<()>,
}

impl MeasuringThread {
    /// Starts the thread.
    pub(super) fn start(number: usize, crew: Crew) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (ending, ended) = oneshot::channel();
        let handle = std::thread::Builder::new().name(format!("sse-load-{number}")).spawn(move || {
            // Dropped at the end, however the end comes; the runtime before it, since its own end takes time.
            let _ending: oneshot::Sender<()> = ending;
            let runtime = runtime;
            runtime.block_on(crew.run());
        })?;
        Ok(Self { ended, handle })
    }

    /// Whether the thread has done its last work, so that joining it takes no time. (The handle's `is_finished` turns true a
    /// moment later, and until then the thread would pass for a blocked one.)
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.ended.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }
}

impl Crew {
    async fn run(mut self) {
        let stop = Arc::clone(&self.sink.stop);
        let shared = self.connections.are_shared().then(|| HttpClient::new(&self.connections));
        let mut living = JoinSet::new();
        for start in std::mem::take(&mut self.users) {
            tokio::select! {
                () = tokio::time::sleep_until((self.begin + start.after).instant().into()) => {}
                () = stop.draining() => break,
            }
            let http = shared.clone().unwrap_or_else(|| HttpClient::new(&self.connections));
            self.spawn(start, http, &mut living);
        }
        tokio::select! {
            () = all_gone(&mut living) => {}
            () = stop.cutting_off() => living.shutdown().await,
        }
    }

    fn spawn(&self, start: UserStart, http: Result<HttpClient, TransportError>, living: &mut JoinSet<()>) {
        let identity = Identity { class: start.class.name(), index: start.index, seed: self.seed };
        match http {
            Ok(http) => {
                let context = Context::new(identity, start.host, http, Arc::clone(&self.sink));
                living.spawn(start.class.live(context));
            }
            Err(error) => {
                let origin = Origin { user: identity.class, task: "on_start", file: "", line: 0 };
                let key = TaskErrorKey { origin, message: format!("the user was not started: {error}") };
                self.sink.recorder.with(|recording| recording.task_errors.add(key, Timestamp::now(), ""));
            }
        }
    }
}

/// Waits for the end of every user. A panic that got this far is not a task's, but a defect: it ends the thread.
async fn all_gone(living: &mut JoinSet<()>) {
    while let Some(gone) = living.join_next().await {
        if let Err(error) = gone
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}
