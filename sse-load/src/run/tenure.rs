//! How long a user stays, and how many tasks it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::CancellationToken;

use crate::client::{Stop, Working};
use crate::clock::Timestamp;

/// How many tasks may begin: of all users together, and of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    shared: Option<Arc<Shared>>,
    of_each: Option<u64>,
}

/// Turns of all users together.
#[derive(Debug)]
struct Shared {
    left: AtomicU64,
    /// None is left.
    gone: CancellationToken,
}

impl Turns {
    pub(super) fn new(of_all: Option<u64>, of_each: Option<u64>) -> Self {
        let shared = |left| Arc::new(Shared { left: AtomicU64::new(left), gone: CancellationToken::new() });
        Self { shared: of_all.map(shared), of_each }
    }

    /// Waits until no turn is left for anybody; for ever if they are not bounded.
    pub(super) async fn gone(&self) {
        match &self.shared {
            Some(shared) => shared.gone.cancelled().await,
            None => std::future::pending().await,
        }
    }

    fn none_left(&self) -> bool {
        self.of_each == Some(0) || self.shared.as_ref().is_some_and(|shared| shared.gone.is_cancelled())
    }

    fn take(&mut self) -> bool {
        if self.none_left() {
            return false;
        }
        if let Some(shared) = &self.shared {
            let before = shared.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if matches!(before, Ok(1) | Err(_)) {
                shared.gone.cancel();
            }
            if before.is_err() {
                return false;
            }
        }
        self.of_each = self.of_each.map(|left| left - 1);
        true
    }
}

/// The stay of one user.
pub(super) struct Tenure {
    /// Until the user has no more to do than to say goodbye.
    working: Option<Working>,
    stop: Arc<Stop>,
    until: Option<Timestamp>,
    turns: Turns,
}

impl Tenure {
    pub(super) fn new(working: Working, stop: Arc<Stop>, until: Option<Timestamp>, turns: Turns) -> Self {
        Self { working: Some(working), stop, until, turns }
    }

    /// The user's work is done.
    pub(super) fn end_work(&mut self) {
        self.working = None;
    }

    /// Whether the user begins no further task.
    pub(super) fn is_over(&self) -> bool {
        self.turns.none_left() || self.stop.is_draining() || self.until.is_some_and(|until| Timestamp::now() >= until)
    }

    /// Waits until the user begins no further task.
    pub(super) async fn over(&self) {
        let leaves = async {
            match self.until {
                Some(until) => tokio::time::sleep_until(until.instant().into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.stop.draining() => {}
            () = self.turns.gone() => {}
            () = leaves => {}
        }
    }

    /// Takes one turn, if the stay is not over.
    pub(super) fn takes_turn(&mut self) -> bool {
        !self.is_over() && self.turns.take()
    }

    /// A task has ended.
    pub(super) fn note_work(&self) {
        self.stop.note_work();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::secs;

    fn tenure(stop: &Arc<Stop>, until: Option<Timestamp>, turns: Turns) -> Tenure {
        Tenure::new(stop.work(), Arc::clone(stop), until, turns)
    }

    #[test]
    fn turns_run_out_for_one_and_for_all() {
        let (stop, turns) = (Arc::default(), Turns::new(Some(5), Some(3)));
        let mut users = [0; 3].map(|_| tenure(&stop, None, turns.clone()));
        let taken = users.each_mut().map(|user| (0..9).filter(|_| user.takes_turn()).count());
        assert_eq!(taken, [3, 2, 0]);
        assert!(users.iter().all(Tenure::is_over) && !stop.is_draining());
        users.iter_mut().for_each(Tenure::end_work);
        assert!(stop.is_draining(), "nothing is left to do");
    }

    #[test]
    fn a_stay_that_is_over_takes_no_turn() {
        let stop = Arc::new(Stop::default());
        let now = Timestamp::now();
        let mut stays = [Some(now + secs(3_600)), Some(now), None].map(|until| tenure(&stop, until, Turns::default()));
        assert!(stays[0].takes_turn() && !stays[1].takes_turn());
        stop.drain();
        assert!(!stays[2].takes_turn());
    }
}
