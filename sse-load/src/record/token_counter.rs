//! Counts tokens on a thread of its own, after the stream and off the measuring threads.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use super::Recording;
use crate::clock::Timestamp;
use crate::sample::{Counted, Sample, TokenSource};
use crate::tokenize::Encoding;

/// A finished request whose tokens the server did not count.
#[derive(Debug)]
pub struct Uncounted {
    /// The request; what its tokens lack is counted.
    pub sample: Sample,
    /// The prompt, if it is to be counted.
    pub prompt: Option<String>,
    /// The whole text of each channel of the reply, if it is to be counted. Never single chunks: their sum is 10 to 50 % off.
    pub reply: Option<Vec<String>>,
    /// How to split text into tokens.
    pub encoding: Encoding,
    /// When the measured window ended, if it had when the request finished.
    pub window_end: Option<Timestamp>,
}

/// The way to the thread that counts.
#[derive(Clone, Debug)]
pub struct TokenQueue(Sender<Job>);

/// A request to count, or the end of the run.
type Job = Option<Box<Uncounted>>;

impl TokenQueue {
    /// Hands a request over.
    ///
    /// # Errors
    /// Gives the request back when the thread is gone.
    pub fn send(&self, uncounted: Uncounted) -> Result<(), Option<Box<Uncounted>>> {
        self.0.send(Some(Box::new(uncounted))).map_err(|unsent| unsent.0)
    }
}

/// The thread that counts, and the recording that it fills.
#[derive(Debug)]
pub struct TokenCounter {
    queue: TokenQueue,
    thread: JoinHandle<Recording>,
}

impl TokenCounter {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel();
        let thread =
            std::thread::Builder::new().name("sse-load-tokens".to_owned()).spawn(move || count_all(&waiting))?;
        Ok(Self { queue: TokenQueue(queue), thread })
    }

    /// The way to the thread, one for each measuring thread.
    #[must_use]
    pub fn queue(&self) -> TokenQueue {
        self.queue.clone()
    }

    /// Waits until everything that was handed over so far is counted. What comes later is given back to its sender.
    ///
    /// # Errors
    /// With the panic of the thread, should it have one.
    pub fn finish(self) -> std::thread::Result<Recording> {
        // A thread that is gone already has its panic to tell.
        let _ = self.queue.0.send(None);
        self.thread.join()
    }
}

fn count_all(waiting: &Receiver<Job>) -> Recording {
    let mut recording = Recording::default();
    while let Ok(Some(uncounted)) = waiting.recv() {
        let window_end = uncounted.window_end;
        recording.record(count(*uncounted), window_end);
    }
    recording
}

fn count(uncounted: Uncounted) -> Sample {
    let Uncounted { mut sample, prompt, reply, encoding, .. } = uncounted;
    let counted = |tokens| Counted { tokens, source: TokenSource::Tokenizer };
    if let Some(prompt) = prompt {
        sample.tokens.prompt = Some(counted(encoding.count(&prompt)));
    }
    if let Some(channels) = reply {
        sample.tokens.completion = Some(counted(channels.iter().map(|text| encoding.count(text)).sum()));
    }
    sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Metric, Origin, Outcome, Stamps, Tokens};

    #[test]
    fn what_the_server_did_not_count_is_counted_over_the_joined_text() {
        let counter = TokenCounter::start().expect("a thread");
        let queue = counter.queue();
        let usage = Counted { tokens: 99, source: TokenSource::Usage };
        let sample = Sample {
            name: "chat".into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1 },
            stamps: Stamps::default(),
            tokens: Tokens { prompt: Some(usage), completion: None },
            outcome: Outcome::Success,
            malformed: 0,
            resent: false,
        };
        let reply = Some(vec!["tiktoken is great!".to_owned(), String::new()]);
        let encoding = Encoding::for_model("gpt-4");
        queue.send(Uncounted { sample, prompt: None, reply, encoding, window_end: None }).expect("the thread runs");

        let recording = counter.finish().expect("no panic");
        let (_, series) = recording.series().next().expect("one series");
        assert_eq!(series.metric(Metric::CompletionTokens).max(), Some(6));
        assert_eq!(series.metric(Metric::PromptTokens).max(), Some(99));
        assert_eq!(series.completion_sources[&TokenSource::Tokenizer], 1);
    }
}
