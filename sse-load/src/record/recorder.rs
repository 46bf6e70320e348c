//! The sink of one measuring thread.

use std::sync::{Mutex, PoisonError};

use super::Recording;

/// Where one measuring thread records. The lock is only ever contended by the progress line, once a second, and is taken
/// once a request, never per event.
#[derive(Debug, Default)]
pub struct Recorder {
    recording: Mutex<Recording>,
}

impl Recorder {
    /// Lets `write` add to the recording.
    pub fn with<R>(&self, write: impl FnOnce(&mut Recording) -> R) -> R {
        write(&mut self.recording.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes what was recorded so far and leaves nothing.
    #[must_use]
    pub fn take(&self) -> Recording {
        self.with(std::mem::take)
    }
}
