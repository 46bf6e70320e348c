//! Where a user's finished requests go.

use std::sync::Arc;

use crate::client::Stop;
use crate::record::{Recorder, TokenQueue, Uncounted};
use crate::sample::{Outcome, Sample};
use crate::tokenize::Encoding;

/// The way from a user to the records: the thread's recorder, and the token counter for what the server did not count.
#[derive(Debug)]
pub struct Sink {
    /// The recorder of the thread that the user lives on.
    pub recorder: Arc<Recorder>,
    /// The queue of the token counter.
    pub uncounted: TokenQueue,
    /// The end of the run.
    pub stop: Arc<Stop>,
}

impl Sink {
    /// Records a request whose tokens need no counting.
    pub(super) fn record(&self, sample: Sample) {
        let window_end = self.stop.window_end();
        self.recorder.with(|recording| recording.record(sample, window_end));
    }

    /// Records a success, by way of the token counter if there is text to count that the server did not.
    pub(super) fn record_success(
        &self,
        sample: Sample,
        prompt: Option<String>,
        reply: impl FnOnce() -> Vec<String>,
        encoding: Encoding,
    ) {
        debug_assert_eq!(sample.outcome, Outcome::Success);
        let prompt = prompt.filter(|_| sample.tokens.prompt.is_none());
        let reply = sample.tokens.completion.is_none().then(reply);
        if prompt.is_none() && reply.is_none() {
            return self.record(sample);
        }
        let uncounted = Uncounted { sample, prompt, reply, encoding, window_end: self.stop.window_end() };
        // A counter that is gone took its panic with it; the request itself must not be lost.
        match self.uncounted.send(uncounted) {
            Ok(()) => self.recorder.hand_over(),
            Err(unsent) => unsent.into_iter().for_each(|unsent| self.record(unsent.sample)),
        }
    }
}
