//! When users are there.

use std::sync::Arc;

use crate::client::Sink;
use crate::clock::Timestamp;

/// A user who is there until this is dropped, however its life ends.
pub(super) struct Presence {
    sink: Arc<Sink>,
    since: Timestamp,
}

impl Presence {
    pub(super) fn begins(sink: &Arc<Sink>) -> Self {
        Self { sink: Arc::clone(sink), since: Timestamp::now() }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let (now, window) = (Timestamp::now(), self.sink.stop.window());
        self.sink.recorder.with(|recording| recording.course.record_user(self.since, now, window));
    }
}
