//! Where a user's finished requests go.

use std::sync::Arc;

use super::{Budget, Shared, Stop};
use crate::record::{Recorder, TokenQueue, Uncounted, Window};
use crate::sample::{Outcome, Sample};
use crate::tokenize::{Encoding, Tokenizer};

/// How the tokens of a success are counted where the server did not, or where its count is to be checked.
#[derive(Debug)]
pub(super) struct Counting {
    pub(super) prompt: Option<String>,
    pub(super) tokenizer: Arc<dyn Tokenizer>,
    pub(super) max_usage_error: Option<u64>,
}

impl Counting {
    /// What the one success of a request needs; the prompt goes with it.
    pub(super) fn take(&mut self) -> Self {
        Self { prompt: self.prompt.take(), tokenizer: Arc::clone(&self.tokenizer), ..*self }
    }
}

/// The way from a user to the records: the thread's recorder, and the token counter for what the server did not count.
#[derive(Debug)]
pub struct Sink {
    /// The recorder of the thread that the user lives on.
    pub recorder: Arc<Recorder>,
    /// The queue of the token counter.
    pub uncounted: TokenQueue,
    /// What counts the tokens of requests that name no tokenizer, if the load test does.
    pub tokenizer: Option<Arc<dyn Tokenizer>>,
    /// What the run may spend, if that is bounded.
    pub budget: Option<Arc<Budget>>,
    /// The end of the run.
    pub stop: Arc<Stop>,
    /// What all users of the run share.
    pub shared: Arc<Shared>,
}

impl Sink {
    /// What counts the tokens of a request that names no tokenizer: that of the load test, or else the encoding of its model.
    pub(super) fn tokenizer_for(&self, model: Option<&str>) -> Arc<dyn Tokenizer> {
        let of_model = || model.map_or_else(Encoding::default, Encoding::for_model).shared();
        self.tokenizer.clone().unwrap_or_else(of_model)
    }

    /// The measured window; what is no load, such as a goodbye, is in no window.
    pub(super) fn window(&self, is_load: bool) -> Window {
        if is_load { self.stop.window() } else { Window::NEVER }
    }

    /// Records a request whose tokens need no counting.
    pub(super) fn record(&self, sample: Sample, is_load: bool) {
        let window = self.window(is_load);
        self.recorder.record(sample, window);
    }

    /// Records a success, by way of the token counter if there is text to count.
    pub(super) fn record_success(
        &self,
        sample: Sample,
        is_load: bool,
        reply: impl FnOnce() -> Vec<String>,
        counting: Counting,
    ) {
        debug_assert_eq!(sample.outcome, Outcome::Success);
        let Counting { prompt, tokenizer, max_usage_error } = counting;
        let prompt = prompt.filter(|_| sample.tokens.prompt.is_none());
        let reply = (sample.tokens.completion.is_none() || max_usage_error.is_some()).then(reply);
        if prompt.is_none() && reply.is_none() {
            return self.record(sample, is_load);
        }
        let window = self.window(is_load);
        let uncounted = Uncounted { sample, prompt, reply, tokenizer, max_usage_error, window };
        // The counter may have too much to do, or be gone with a panic to tell: the request itself must not be lost.
        match self.uncounted.send(uncounted) {
            Ok(()) => self.recorder.hand_over(),
            Err(unsent) => self.record(unsent.given_up(), is_load),
        }
    }
}
