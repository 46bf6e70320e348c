//! The open loop: arrivals on their schedule, whatever the server does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::alarm::Alarm;
use super::class::AnyClass;
use super::pool::{AnyPool, Arrival};
use super::recruiter::Recruiter;
use super::thread::{all_gone, join};
use crate::client::{Host, Stop, Working};
use crate::clock::Timestamp;
use crate::load::{Moments, RoundRobin, Turn};
use crate::sample::Schedule;

/// A class that serves arrivals, with its host.
pub(super) type ServingClass = (Arc<dyn AnyClass>, Option<Arc<Host>>);

/// So many arrivals that are only counted let other tasks go on.
const COUNTED_AT_ONCE: usize = 10_000;

/// The arrivals of one source that one thread serves: every n-th.
pub(super) struct Lane {
    pub(super) moments: Moments,
    /// The number of the source; it decides the streams of random numbers.
    pub(super) source: u64,
    /// This thread's number, and how many there are.
    pub(super) place: (u64, u64),
    /// The classes, and whose turn each arrival is.
    pub(super) classes: Vec<ServingClass>,
    pub(super) round: Arc<RoundRobin>,
    /// Users who may be at work at once, over all threads.
    pub(super) slots: Arc<Semaphore>,
    /// No arrival from this number on.
    pub(super) most: u64,
    /// The end of the measured window; arrivals before it are due, and served even if the generator is late.
    pub(super) until: Duration,
}

impl Lane {
    /// Serves arrivals until they end or the run drains; then waits for those that are being served.
    pub(super) async fn run(self, recruiter: Arc<Recruiter>, working: Working, begin: Timestamp) {
        let stop = Arc::clone(recruiter.stop());
        let pool = |(class, host): &ServingClass| Arc::clone(class).pool(host.clone(), Arc::clone(&recruiter));
        let pools: Vec<_> = self.classes.iter().map(pool).collect();
        let mut serving = JoinSet::new();
        self.serve(&pools, &mut serving, &recruiter, &working, begin).await;
        drop(working);
        // Where the arrivals are over before the window, it ends with the last one's task, and then come the goodbyes.
        tokio::select! {
            () = all_gone(&mut serving) => {}
            () = stop.draining() => {}
        }
        for goodbye in pools.iter().flat_map(|pool| Arc::clone(pool).close()) {
            serving.spawn(goodbye);
        }
        tokio::select! {
            () = all_gone(&mut serving) => {}
            () = stop.cutting_off() => serving.shutdown().await,
        }
    }

    async fn serve(
        &self,
        pools: &[Arc<dyn AnyPool>],
        serving: &mut JoinSet<()>,
        recruiter: &Recruiter,
        working: &Working,
        begin: Timestamp,
    ) {
        let stop = recruiter.stop();
        let mut alarm = Alarm::new();
        // Arrivals are served in their order, so none is ready before one that had to wait.
        let mut ready = begin;
        let mut mine = self.mine(begin);
        while let Some((index, at)) = mine.next() {
            tokio::select! {
                biased;
                () = alarm.until(at) => {}
                () = stop.draining() => return,
            }
            if self.has_ended_early(stop, begin) {
                return self.count_missed(at, mine, recruiter).await;
            }
            let Some(slot) = self.slot(at, &mut ready, stop).await else {
                return self.count_missed(at, mine, recruiter).await;
            };
            let Turn { class, number: turn } = self.round.turn(index);
            let pool = Arc::clone(&pools[class]);
            let schedule = Schedule { at, ready, own: Duration::ZERO };
            let arrival = Arrival { index, turn, stream: stream(self.source, index), schedule };
            let working = working.clone();
            serving.spawn(async move {
                pool.serve(arrival, working).await;
                drop(slot);
            });
            while let Some(served) = serving.try_join_next() {
                join(served);
            }
        }
    }

    /// The arrivals of this thread that are due before the window ends, with their numbers and moments.
    fn mine(&self, begin: Timestamp) -> impl Iterator<Item = (u64, Timestamp)> + use<> {
        let ((place, of), until) = (self.place, self.until);
        let due = self.moments.clone().take_while(move |at| *at < until);
        (0..self.most)
            .zip(due)
            .filter(move |(index, _)| index % of == place)
            .map(move |(index, at)| (index, begin + at))
    }

    /// Whether the run drains before its time: by Ctrl-C, by a budget, or since nobody waits for it any more.
    fn has_ended_early(&self, stop: &Stop, begin: Timestamp) -> bool {
        stop.window().end.is_some_and(|end| end < begin + self.until)
    }

    /// A place among those who serve; none if the run drains before one is free. `ready` becomes the moment when a user was free: the
    /// time that was waited for one, and not that by which the generator was late.
    async fn slot(&self, at: Timestamp, ready: &mut Timestamp, stop: &Stop) -> Option<OwnedSemaphorePermit> {
        *ready = at.max(*ready);
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return Some(slot);
        }
        let asked = Timestamp::now();
        let slot = tokio::select! {
            biased;
            // It is never closed.
            slot = Arc::clone(&self.slots).acquire_owned() => slot.ok(),
            () = stop.draining() => None,
        };
        *ready = *ready + (Timestamp::now() - asked);
        slot
    }

    /// Counts the arrival at `first` and all after it that were due before the window ended: no user was free for them.
    async fn count_missed(
        &self,
        first: Timestamp,
        rest: impl Iterator<Item = (u64, Timestamp)>,
        recruiter: &Recruiter,
    ) {
        let window = recruiter.stop().window();
        let mut missed = 0;
        for (number, at) in [first].into_iter().chain(rest.map(|(_, at)| at)).enumerate() {
            if window.end.is_some_and(|end| at >= end) {
                break;
            }
            missed += u64::from(window.contains(at));
            if number % COUNTED_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
        recruiter.sink().recorder.with(|recording| recording.arrivals.missed += missed);
    }
}

/// Streams of arrivals lie above those of users, apart for each source.
fn stream(source: u64, index: u64) -> u64 {
    (1 << 62) | (source << 48) | index
}
