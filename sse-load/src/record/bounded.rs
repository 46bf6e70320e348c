//! A queue between threads that holds a bounded number of bytes, and that nobody waits for who puts something in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

/// What takes room in a queue.
pub(super) trait Weighs {
    /// The bytes that it takes, nearly. They stay the same while it waits.
    fn bytes(&self) -> usize;
}

/// A queue that holds so many bytes: its way in, and its way out.
pub(super) fn bounded<T>(most: usize) -> (Inlet<T>, Outlet<T>) {
    let (sender, entries) = mpsc::channel();
    let fill = Arc::new(Fill { most, bytes: AtomicUsize::new(0), refused: AtomicUsize::new(0) });
    (Inlet { sender, fill: Arc::clone(&fill) }, Outlet { entries, fill })
}

/// The way in.
#[derive(Debug)]
pub(super) struct Inlet<T> {
    sender: Sender<Entry<T>>,
    fill: Arc<Fill>,
}

/// The way out.
#[derive(Debug)]
pub(super) struct Outlet<T> {
    entries: Receiver<Entry<T>>,
    fill: Arc<Fill>,
}

/// Something, or the end.
type Entry<T> = Option<Box<T>>;

/// How full a queue is.
#[derive(Debug)]
struct Fill {
    most: usize,
    bytes: AtomicUsize,
    refused: AtomicUsize,
}

impl<T> Clone for Inlet<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), fill: Arc::clone(&self.fill) }
    }
}

impl<T: Weighs> Inlet<T> {
    /// Puts something in.
    ///
    /// # Errors
    /// Gives it back where the queue is full, and where nobody takes anything out any more.
    pub(super) fn send(&self, one: Box<T>) -> Result<(), Box<T>> {
        let size = one.bytes();
        let before = self.fill.bytes.fetch_add(size, Ordering::Relaxed);
        // One that is larger than all there may be passes alone.
        let fits = before == 0 || before.saturating_add(size) <= self.fill.most;
        let unsent = if fits { self.sender.send(Some(one)).err().and_then(|unsent| unsent.0) } else { Some(one) };
        unsent.map_or(Ok(()), |unsent| {
            self.fill.bytes.fetch_sub(size, Ordering::Relaxed);
            self.fill.refused.fetch_add(1, Ordering::Relaxed);
            Err(unsent)
        })
    }
}

impl<T> Inlet<T> {
    /// Nothing comes any more, and what comes all the same does not come out.
    pub(super) fn end(&self) {
        // Where nobody takes anything out, that is the end.
        let _ = self.sender.send(None);
    }

    /// How many were given back.
    pub(super) fn refused(&self) -> usize {
        self.fill.refused.load(Ordering::Relaxed)
    }
}

impl<T: Weighs> Outlet<T> {
    /// Waits for what comes next; `None` at the end.
    pub(super) fn next(&self) -> Option<Box<T>> {
        self.take(self.entries.recv().ok()?)
    }

    /// The same, if it comes before so much time is over.
    ///
    /// # Errors
    /// When nothing came.
    pub(super) fn next_within(&self, patience: Duration) -> Result<Option<Box<T>>, Pause> {
        match self.entries.recv_timeout(patience) {
            Ok(entry) => Ok(self.take(entry)),
            Err(RecvTimeoutError::Timeout) => Err(Pause),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
        }
    }

    fn take(&self, entry: Entry<T>) -> Entry<T> {
        if let Some(one) = &entry {
            self.fill.bytes.fetch_sub(one.bytes(), Ordering::Relaxed);
        }
        entry
    }
}

/// Nothing came for as long as was waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause;

#[cfg(test)]
mod tests {
    use super::*;

    impl Weighs for Vec<u8> {
        fn bytes(&self) -> usize {
            self.len()
        }
    }

    #[test]
    fn what_finds_the_queue_full_comes_back_until_something_is_taken_out() {
        let (inlet, outlet) = bounded(100);
        let send = |size| inlet.send(Box::new(vec![0_u8; size]));
        assert_eq!((send(60), send(40)), (Ok(()), Ok(())));
        assert_eq!((send(1), inlet.refused()), (Err(Box::new(vec![0])), 1));
        assert_eq!(outlet.next().map(|one| one.len()), Some(60));
        assert_eq!((send(61).is_err(), send(60)), (true, Ok(())));
        assert_eq!(inlet.refused(), 2);
    }

    #[test]
    fn what_is_larger_than_the_queue_passes_alone() {
        let (inlet, outlet) = bounded(1);
        for _ in 0..2 {
            assert_eq!(inlet.send(Box::new(vec![0_u8; 9])), Ok(()));
            assert!(inlet.send(Box::new(vec![0])).is_err());
            assert_eq!(outlet.next().map(|one| one.len()), Some(9));
        }
    }

    #[test]
    fn what_comes_after_the_last_who_takes_it_is_gone_comes_back() {
        let (inlet, outlet) = bounded(100);
        drop(outlet);
        assert_eq!((inlet.send(Box::new(vec![7_u8])), inlet.refused()), (Err(Box::new(vec![7])), 1));
    }

    #[test]
    fn the_end_comes_after_what_was_there() {
        let (inlet, outlet) = bounded(100);
        assert_eq!(outlet.next_within(Duration::ZERO), Err(Pause));
        assert_eq!(inlet.send(Box::new(vec![7_u8])), Ok(()));
        inlet.end();
        assert_eq!(outlet.next_within(Duration::ZERO), Ok(Some(Box::new(vec![7]))));
        assert_eq!(outlet.next(), None);
    }
}
