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

/// The text that tokens may be counted over.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) prompt: Option<String>,
    pub(super) reply: Vec<String>,
    pub(super) encoding: Encoding,
}

impl Sink {
    /// Records a request whose tokens need no counting.
    pub(super) fn record(&self, sample: Sample) {
        let window_end = self.stop.window_end();
        self.recorder.with(|recording| recording.record(sample, window_end));
    }

    /// Records a success, by way of the token counter if the server did not count everything.
    pub(super) fn record_success(&self, sample: Sample, texts: impl FnOnce() -> Texts) {
        debug_assert_eq!(sample.outcome, Outcome::Success);
        let (count_prompt, count_reply) = (sample.tokens.prompt.is_none(), sample.tokens.completion.is_none());
        if !count_prompt && !count_reply {
            return self.record(sample);
        }
        let Texts { prompt, reply, encoding } = texts();
        let uncounted = Uncounted {
            sample,
            prompt: prompt.filter(|_| count_prompt),
            reply: count_reply.then_some(reply),
            encoding,
            window_end: self.stop.window_end(),
        };
        // A counter that is gone took its panic with it; the request itself must not be lost.
        match self.uncounted.send(uncounted) {
            Ok(()) => self.recorder.hand_over(),
            Err(unsent) => unsent.into_iter().for_each(|unsent| self.record(unsent.sample)),
        }
    }
}
