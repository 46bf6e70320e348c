//! The open loop: arrivals on their schedule, whatever the server does.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::alarm::Alarm;
use super::class::AnyClass;
use super::pool::{AnyPool, Arrival};
use super::recruiter::Recruiter;
use super::thread::{all_gone, join};
use crate::client::Host;
use crate::clock::Timestamp;
use crate::load;
use crate::sample::Schedule;

/// A class that serves arrivals, with its host.
pub(super) type ServingClass = (Arc<dyn AnyClass>, Option<Arc<Host>>);

/// The arrivals of one source that one thread serves: every n-th.
pub(super) struct Lane {
    pub(super) schedule: load::Schedule,
    /// The number of the source; it decides the streams of random numbers.
    pub(super) source: u64,
    /// This thread's number, and how many there are.
    pub(super) place: (u64, u64),
    /// The classes, and which of them serves arrivals 0, 1, 2 and so on, over and over.
    pub(super) classes: Vec<ServingClass>,
    pub(super) turns: Arc<[usize]>,
    /// Users who may be at work at once, over all threads.
    pub(super) slots: Arc<Semaphore>,
    /// No arrival from this number on.
    pub(super) most: u64,
}

impl Lane {
    /// Serves arrivals until they end or the run drains; then waits for those that are being served.
    pub(super) async fn run(self, recruiter: Arc<Recruiter>, begin: Timestamp) {
        let Ok(mut alarm) = Alarm::new() else { return };
        let stop = Arc::clone(recruiter.stop());
        let pools: Vec<_> = self
            .classes
            .iter()
            .map(|(class, host)| Arc::clone(class).pool(host.clone(), Arc::clone(&recruiter)))
            .collect();
        let mut serving = JoinSet::new();
        // Arrivals are served in their order, so none is ready before one that had to wait.
        let mut ready = begin;
        let mut mine = self.mine(begin);
        for (index, at) in mine.by_ref() {
            tokio::select! {
                biased;
                () = stop.draining() => { count_missed(&recruiter, at); break }
                () = alarm.until(at) => {}
            }
            let slot = tokio::select! {
                biased;
                slot = self.slot(&mut ready) => slot,
                () = stop.draining() => { count_missed(&recruiter, at); break }
            };
            count_begun(&recruiter, at);
            let schedule = Schedule { at, ready: ready.max(at) };
            let pool = Arc::clone(&pools[self.turns[usize::try_from(index).unwrap_or(0) % self.turns.len()]]);
            let arrival = Arrival { index, stream: stream(self.source, index), schedule };
            serving.spawn(async move {
                pool.serve(arrival).await;
                drop(slot);
            });
            while let Some(served) = serving.try_join_next() {
                join(served);
            }
        }
        mine.map_while(|(_, at)| is_due(&recruiter, at).then_some(at)).for_each(|at| count_missed(&recruiter, at));
        tokio::select! {
            () = all_gone(&mut serving) => {}
            () = stop.cutting_off() => serving.shutdown().await,
        }
        close(pools, &stop).await;
    }

    /// The arrivals of this thread, with their numbers and moments.
    fn mine(&self, begin: Timestamp) -> impl Iterator<Item = (u64, Timestamp)> + use<> {
        let (place, of) = self.place;
        let all = (0..self.most).zip(self.schedule.clone()).map(move |(index, at)| (index, begin + at));
        all.filter(move |(index, _)| index % of == place)
    }

    /// A free user's place; `ready` becomes the moment when it was free, if that was waited for.
    async fn slot(&self, ready: &mut Timestamp) -> Option<OwnedSemaphorePermit> {
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return Some(slot);
        }
        // It is never closed.
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok();
        *ready = Timestamp::now();
        slot
    }
}

/// Streams of arrivals lie above those of users, apart for each source.
fn stream(source: u64, index: u64) -> u64 {
    (1 << 62) | (source << 48) | index
}

/// Whether an arrival was due before the window ended.
fn is_due(recruiter: &Recruiter, at: Timestamp) -> bool {
    recruiter.stop().window().end.is_some_and(|end| at <= end)
}

fn count_begun(recruiter: &Recruiter, at: Timestamp) {
    if recruiter.stop().window().is_after_begin(at) {
        recruiter.sink().recorder.with(|recording| recording.arrivals.begun += 1);
    }
}

/// Counts an arrival that was due in the window and that no user was free for.
fn count_missed(recruiter: &Recruiter, at: Timestamp) {
    if is_due(recruiter, at) && recruiter.stop().window().is_after_begin(at) {
        recruiter.sink().recorder.with(|recording| recording.arrivals.missed += 1);
    }
}

/// Lets the free users go.
async fn close(pools: Vec<Arc<dyn AnyPool>>, stop: &crate::client::Stop) {
    for pool in pools {
        tokio::select! {
            () = pool.close() => {}
            () = stop.cutting_off() => return,
        }
    }
}
