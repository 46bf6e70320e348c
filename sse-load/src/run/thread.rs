//! A measuring thread: a runtime of its own, and the users that live on it from their start to their end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};

use super::class::AnyClass;
use super::health;
use super::lane::Lane;
use super::recruiter::Recruiter;
use super::tenure::{Tenure, Turns};
use crate::client::{Host, Place, Sink, Working};
use crate::clock::Timestamp;
use crate::load::Stay;
use crate::transport::Connections;

/// One user that is to come.
pub(super) struct UserStart {
    pub(super) stay: Stay,
    /// Which of all stays it is.
    pub(super) place: Place,
    pub(super) class: Arc<dyn AnyClass>,
    pub(super) host: Option<Arc<Host>>,
}

/// What a measuring thread does.
#[derive(Default)]
pub(super) struct Work {
    /// In the order in which they come.
    pub(super) users: Vec<UserStart>,
    pub(super) lanes: Vec<Lane>,
    pub(super) turns: Turns,
}

/// What a measuring thread needs.
pub(super) struct Crew {
    pub(super) work: Work,
    pub(super) working: Working,
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
    async fn run(self) {
        let Self { work: Work { users, lanes, turns }, working, seed, connections, begin, sink } = self;
        let recruiter = Arc::new(Recruiter::new(seed, connections, sink));
        // Of its own, so that it takes its turn behind the users' tasks.
        let ticking = tokio::spawn(health::tick(Arc::clone(recruiter.sink())));
        let mut sources = JoinSet::new();
        for lane in lanes {
            sources.spawn(lane.run(Arc::clone(&recruiter), working.clone(), begin));
        }
        sources.spawn(bring_users(users, turns, recruiter, working, begin));
        all_gone(&mut sources).await;
        ticking.abort();
    }
}

/// Starts each user at its time, and waits for the end of all.
async fn bring_users(
    users: Vec<UserStart>,
    turns: Turns,
    recruiter: Arc<Recruiter>,
    working: Working,
    begin: Timestamp,
) {
    let stop = Arc::clone(recruiter.stop());
    let mut living = JoinSet::new();
    for UserStart { stay, place, class, host } in users {
        tokio::select! {
            () = tokio::time::sleep_until((begin + stay.from).instant().into()) => {}
            () = stop.draining() => break,
            () = turns.gone() => break,
        }
        if let Some(context) = recruiter.context(class.name(), host, stay.user, stream(&stay), place) {
            let until = stay.until.map(|until: Duration| begin + until);
            let tenure = Tenure::new(working.clone(), Arc::clone(&stop), until, turns.clone());
            living.spawn(class.live(context, tenure));
        }
        // Who has begun goes on before the next one comes, or the first samples would wait for a crowd's connections.
        tokio::task::yield_now().await;
    }
    drop(working);
    tokio::select! {
        () = all_gone(&mut living) => {}
        () = stop.cutting_off() => living.shutdown().await,
    }
}

/// A user that comes again makes other choices.
fn stream(stay: &Stay) -> u64 {
    (u64::from(stay.number) << 24) | stay.user
}

/// Waits for the end of every task.
pub(super) async fn all_gone(tasks: &mut JoinSet<()>) {
    while let Some(gone) = tasks.join_next().await {
        join(gone);
    }
}

/// A panic that got this far is not a task's, but a defect: it ends the thread.
pub(super) fn join(gone: Result<(), JoinError>) {
    if let Err(error) = gone
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}
