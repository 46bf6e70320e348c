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

impl Arrival {
    /// Nothing comes before `earliest`: where the kernel says so, the clock on the wall was set, and the read's stamp stands for it.
    pub(super) fn not_before(self, earliest: Timestamp) -> Self {
        match self.buffered {
            Some(buffered) if self.at < earliest => Self { at: self.at + buffered, buffered: None },
            _ => self,
        }
    }
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

    /// A request begins, and what answers it comes later; for a connection that has no other request.
    pub(super) fn begin(&self) {
        self.note(Arrival { at: Timestamp::now(), buffered: None });
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

    #[test]
    fn what_came_before_its_request_has_the_stamp_of_its_read() {
        let (at, read) = (Timestamp::from_nanos(9), Timestamp::from_nanos(12));
        let stamped = Arrival { at, buffered: Some(read - at) };
        assert_eq!(stamped.not_before(at), stamped);
        assert_eq!(stamped.not_before(Timestamp::from_nanos(10)), Arrival { at: read, buffered: None });
    }

    #[test]
    fn a_request_begins_after_what_came_before() {
        let before = Timestamp::now();
        let last = LastArrival::new(before);
        last.note(Arrival { at: before, buffered: Some(Duration::ZERO) });
        last.begin();
        assert!(last.get().at >= before);
        assert_eq!(last.get().buffered, None, "it is no arrival");
    }
}
