//! When bytes arrived.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Timestamp;

/// When the bytes of a read arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// When the kernel received them; when they were read, where it does not tell.
    pub(super) at: Timestamp,
    /// How long they had lain in the socket's buffer when they were read; `None` where the kernel does not tell.
    pub(super) buffered: Option<Duration>,
}

/// The last arrival on a connection: its socket notes it, and who reads from it looks.
///
/// The two halves are set one after the other. On the thread that a connection lives on nobody can look in between.
#[derive(Debug)]
pub(super) struct LastArrival {
    at: AtomicU64,
    buffered: AtomicU64,
}

/// The kernel did not tell.
const UNKNOWN: u64 = u64::MAX;

impl LastArrival {
    pub(super) fn new(at: Timestamp) -> Self {
        Self { at: AtomicU64::new(at.as_nanos()), buffered: AtomicU64::new(UNKNOWN) }
    }

    pub(super) fn note(&self, arrival: Arrival) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(UNKNOWN);
        self.at.store(arrival.at.as_nanos(), Ordering::Release);
        self.buffered.store(arrival.buffered.map_or(UNKNOWN, nanos), Ordering::Release);
    }

    pub(super) fn get(&self) -> Arrival {
        let at = Timestamp::from_nanos(self.at.load(Ordering::Acquire));
        let buffered = Some(self.buffered.load(Ordering::Acquire)).filter(|nanos| *nanos != UNKNOWN);
        Arrival { at, buffered: buffered.map(Duration::from_nanos) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_had_again() {
        let last = LastArrival::new(Timestamp::from_nanos(7));
        assert_eq!(last.get(), Arrival { at: Timestamp::from_nanos(7), buffered: None });
        let arrival = Arrival { at: Timestamp::from_nanos(9), buffered: Some(Duration::ZERO) };
        last.note(arrival);
        assert_eq!(last.get(), arrival);
    }
}
