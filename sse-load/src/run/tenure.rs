//! How long a user stays, and how often it acts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::client::Stop;
use crate::clock::Timestamp;

/// How many tasks may begin: of all users together, and of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    /// Those left for all users.
    pub(super) shared: Option<Arc<AtomicU64>>,
    pub(super) of_each: Option<u64>,
}

/// The stay of one user.
pub(super) struct Tenure {
    stop: Arc<Stop>,
    until: Option<Timestamp>,
    turns: Turns,
}

impl Tenure {
    pub(super) fn new(stop: Arc<Stop>, until: Option<Timestamp>, turns: Turns) -> Self {
        Self { stop, until, turns }
    }

    /// Whether the user begins no further task.
    pub(super) fn is_over(&self) -> bool {
        self.stop.is_draining() || self.until.is_some_and(|until| Timestamp::now() >= until)
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
            () = leaves => {}
        }
    }

    /// Whether no turn is left, so that nothing has to be waited for.
    pub(super) fn has_no_turn(&self) -> bool {
        self.turns.of_each == Some(0)
            || self.turns.shared.as_ref().is_some_and(|left| left.load(Ordering::Relaxed) == 0)
    }

    /// Takes one turn, if the stay is not over and turns are left.
    pub(super) fn takes_turn(&mut self) -> bool {
        if self.is_over() || self.has_no_turn() {
            return false;
        }
        if let Some(shared) = &self.turns.shared {
            let taken = shared.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if taken.is_err() {
                return false;
            }
        }
        self.turns.of_each = self.turns.of_each.map(|left| left - 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::secs;

    #[test]
    fn turns_run_out_for_one_and_for_all() {
        let turns = Turns { shared: Some(Arc::new(AtomicU64::new(5))), of_each: Some(3) };
        let mut users = [0; 3].map(|_| Tenure::new(Arc::default(), None, turns.clone()));
        let taken = users.each_mut().map(|user| (0..9).filter(|_| user.takes_turn()).count());
        assert_eq!(taken, [3, 2, 0]);
        assert!(users.iter().all(Tenure::has_no_turn));
    }

    #[test]
    fn a_stay_that_is_over_takes_no_turn() {
        let stop = Arc::new(Stop::default());
        let now = Timestamp::now();
        assert!(Tenure::new(Arc::clone(&stop), Some(now + secs(3_600)), Turns::default()).takes_turn());
        assert!(!Tenure::new(Arc::clone(&stop), Some(now), Turns::default()).takes_turn());
        stop.drain();
        assert!(!Tenure::new(stop, None, Turns::default()).takes_turn());
    }
}
