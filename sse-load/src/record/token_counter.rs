//! Counts tokens on a thread of its own, after the stream and off the measuring threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::bounded::{Inlet, Outlet, Weighs, bounded};
use super::count_cache::CountCache;
use super::{GoodIf, Recorder, Recording, Tap, Window};
use crate::clock::Timestamp;
use crate::sample::{Counted, Failure, FailureClass, Outcome, Sample, SeenEvent, TokenSource};
use crate::tokenize::Tokenizer;

/// What waits to be counted is no more than this; a request that finds no room counts by its events.
const MOST_WAITING: usize = 64 * 1024 * 1024;

/// A finished request whose tokens are to be counted.
#[derive(Debug)]
pub struct Uncounted {
    /// The request; what its tokens lack is counted.
    pub sample: Sample,
    /// The prompt, if it is to be counted.
    pub prompt: Option<String>,
    /// The whole text of each channel of the reply, if it is to be counted. Never single chunks: their sum is 10 to 50 % off.
    pub reply: Option<Vec<String>>,
    /// What counts.
    pub tokenizer: Arc<dyn Tokenizer>,
    /// The most tokens by which the server's count of the reply may be off, if that is to be checked.
    pub max_usage_error: Option<u64>,
    /// The measured window, with its end if it had ended when the request finished.
    pub window: Window,
}

impl Uncounted {
    /// The request without a tokenizer's help: a reply that the server did not count has as many tokens as generated events,
    /// a prompt has no count, and a count that was to be checked makes the request one that was cut off.
    #[must_use]
    pub fn given_up(self) -> Sample {
        let mut sample = self.sample;
        if self.reply.is_some() && sample.tokens.completion.is_none() {
            sample.tokens.completion = Some(events(&sample));
        }
        if self.max_usage_error.is_some() {
            sample.outcome = Outcome::CutOff;
        }
        sample
    }
}

impl Weighs for Uncounted {
    fn bytes(&self) -> usize {
        let texts = self.prompt.iter().chain(self.reply.iter().flatten()).map(String::capacity).sum::<usize>();
        let stamps = &self.sample.stamps;
        let stamps = stamps.generated.capacity() * size_of::<Timestamp>()
            + (stamps.buffered.capacity() + stamps.tokens.capacity()) * size_of::<u32>();
        let details = self.sample.details.as_ref();
        let details = details.map_or(0, |details| details.events.capacity() * size_of::<SeenEvent>());
        size_of::<Self>() + texts + stamps + details
    }
}

fn events(sample: &Sample) -> Counted {
    Counted { tokens: sample.stamps.generated.len() as u64, source: TokenSource::Events }
}

/// The way to the thread that counts. It holds a bounded number of bytes, and whoever finds it full does not wait.
#[derive(Clone, Debug)]
pub struct TokenQueue(Inlet<Uncounted>);

impl TokenQueue {
    /// Hands a request over.
    ///
    /// # Errors
    /// Gives the request back when too much waits already, and when the thread is gone.
    pub fn send(&self, uncounted: Uncounted) -> Result<(), Box<Uncounted>> {
        self.0.send(Box::new(uncounted))
    }
}

/// How many requests count by their events, although they were to be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotCounted {
    /// Nobody wanted to wait for the tokenizer any more.
    pub given_up: u64,
    /// Too much waited for the tokenizer already.
    pub refused: u64,
}

/// The thread that counts, and the recorder that it records with.
#[derive(Debug)]
pub struct TokenCounter {
    queue: TokenQueue,
    /// Gives how many requests were given up.
    thread: JoinHandle<u64>,
    recorder: Arc<Recorder>,
    /// What is still to be counted is recorded by its events.
    gives_up: Arc<AtomicBool>,
    ended: oneshot::Receiver<()>,
}

impl TokenCounter {
    /// Starts the thread, which tells `tap` what it has counted, and counts good requests.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(tap: Tap, good_if: &GoodIf) -> std::io::Result<Self> {
        Self::holding(MOST_WAITING, tap, good_if)
    }

    /// The same, with so many bytes that may wait.
    fn holding(most: usize, tap: Tap, good_if: &GoodIf) -> std::io::Result<Self> {
        let (queue, waiting) = bounded(most);
        let gives_up = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&gives_up);
        let recorder = Arc::new(Recorder::new(tap, good_if));
        let own = Arc::clone(&recorder);
        let (ending, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("sse-load-tokens".to_owned()).spawn(move || {
            // Dropped at the end, however the end comes.
            let _ending: oneshot::Sender<()> = ending;
            count_all(&waiting, &shared, &own)
        })?;
        Ok(Self { queue: TokenQueue(queue), thread, recorder, gives_up, ended })
    }

    /// The way to the thread, one for each measuring thread.
    #[must_use]
    pub fn queue(&self) -> TokenQueue {
        self.queue.clone()
    }

    /// Where it records what it has counted.
    #[must_use]
    pub fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.recorder)
    }

    /// Waits until everything that was handed over so far is counted. What comes later is given back to its sender.
    pub async fn counted(&mut self) {
        // A thread that is gone already has its panic to tell.
        self.queue.0.end();
        // The sender is dropped without a word when the thread ends.
        let _ = (&mut self.ended).await;
    }

    /// Asks no tokenizer any more: what is left counts by its events.
    pub fn give_up(&self) {
        self.gives_up.store(true, Ordering::Relaxed);
    }

    /// What was counted and not yet taken, and how many requests were not counted.
    ///
    /// # Errors
    /// With the panic of the thread, should it have one.
    pub fn finish(self) -> std::thread::Result<(Recording, NotCounted)> {
        self.queue.0.end();
        let given_up = self.thread.join()?;
        Ok((self.recorder.take(), NotCounted { given_up, refused: self.queue.0.refused() as u64 }))
    }
}

fn count_all(waiting: &Outlet<Uncounted>, gives_up: &AtomicBool, recorder: &Recorder) -> u64 {
    let mut prompts = CountCache::default();
    let mut skipped = 0;
    while let Some(uncounted) = waiting.next() {
        let window = uncounted.window;
        let skip = gives_up.load(Ordering::Relaxed);
        skipped += u64::from(skip);
        let tokenizer = Arc::clone(&uncounted.tokenizer);
        let sample = if skip { uncounted.given_up() } else { count(*uncounted, &mut prompts) };
        let tokens = [sample.tokens.prompt, sample.tokens.completion];
        let by_tokenizer = tokens.iter().flatten().any(|counted| counted.source == TokenSource::Tokenizer);
        if by_tokenizer && sample.outcome == Outcome::Success && window.contains(sample.stamps.intended()) {
            recorder.with(|recording| recording.note_tokenizer(&sample, tokenizer.name()));
        }
        recorder.record(sample, window);
    }
    skipped
}

fn count(uncounted: Uncounted, prompts: &mut CountCache) -> Sample {
    let Uncounted { mut sample, prompt, reply, tokenizer, max_usage_error, .. } = uncounted;
    let counted = |tokens| Counted { tokens, source: TokenSource::Tokenizer };
    if let Some(prompt) = prompt {
        sample.tokens.prompt = prompts.tokens(&tokenizer, prompt, |text| tokens(&*tokenizer, text)).map(counted);
    }
    if let Some(channels) = reply {
        let all = channels.iter().try_fold(0_u64, |sum, text| Some(sum.saturating_add(tokens(&*tokenizer, text)?)));
        match (sample.tokens.completion, max_usage_error) {
            (Some(usage), Some(most)) => {
                if let Err(failure) = compare(usage.tokens, all, tokenizer.name(), most) {
                    sample.outcome = Outcome::Failed(failure);
                }
            }
            _ => sample.tokens.completion = Some(all.map_or_else(|| events(&sample), counted)),
        }
    }
    sample
}

/// Whether the server's count is what the tokenizer of this name counted, or close enough.
fn compare(usage: u64, counted: Option<u64>, name: &str, most: u64) -> Result<(), Failure> {
    let failure = |detail| Failure::new(FailureClass::Validation, "usage is not what is counted").with_detail(detail);
    match counted {
        Some(counted) if usage.abs_diff(counted) <= most => Ok(()),
        Some(counted) => Err(failure(format!(
            "usage says {usage} completion tokens, {name} counts {counted}; they may differ by {most}"
        ))),
        None => Err(failure(format!("usage says {usage} completion tokens, {name} panicked when it counted"))),
    }
}

/// `None` when the tokenizer panics: it is the user's, and what the run measured must not go with it.
fn tokens(tokenizer: &dyn Tokenizer, text: &str) -> Option<u64> {
    catch_unwind(AssertUnwindSafe(|| tokenizer.count(text))).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU64;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::sample::{Metric, Origin, Stamps, Tokens};
    use crate::tokenize::Encoding;

    fn uncounted() -> Uncounted {
        let usage = Counted { tokens: 99, source: TokenSource::Usage };
        let sample = Sample {
            name: "chat".into(),
            origin: Origin { user: "U", task: "t", file: "f", line: 1, tags: &[] },
            stamps: Stamps::default(),
            tokens: Tokens { prompt: Some(usage), completion: None },
            outcome: Outcome::Success,
            malformed: 0,
            body_bytes: 0,
            resent: false,
            retry: false,
            turn: None,
            details: None,
        };
        let reply = Some(vec!["tiktoken is great!".to_owned(), String::new()]);
        Uncounted {
            sample,
            prompt: None,
            reply,
            tokenizer: Encoding::Cl100kBase.shared(),
            max_usage_error: None,
            window: Window::default(),
        }
    }

    /// Counts characters; panics at the letter `x`.
    #[derive(Debug, Default)]
    struct Characters {
        calls: AtomicU64,
    }

    impl Tokenizer for Characters {
        fn name(&self) -> &'static str {
            "characters"
        }

        fn count(&self, text: &str) -> u64 {
            self.calls.fetch_add(1, Ordering::Relaxed);
            assert!(!text.contains('x'), "no answer to x");
            text.chars().count() as u64
        }
    }

    /// A request without usage, whose reply came in two events.
    fn of(tokenizer: &Arc<Characters>, prompt: &str, reply: &str) -> Uncounted {
        let mut request = uncounted();
        request.sample.stamps.generated = vec![Timestamp::from_nanos(0); 2];
        request.sample.tokens.prompt = None;
        request.prompt = Some(prompt.to_owned());
        request.reply = Some(vec![reply.to_owned()]);
        request.tokenizer = Arc::<Characters>::clone(tokenizer);
        request
    }

    #[test]
    fn what_is_given_up_counts_by_its_events() {
        let counter = TokenCounter::start(Tap::default(), &GoodIf::default()).expect("a thread");
        counter.give_up();
        counter.queue().send(of(&Arc::default(), "abc", "abc")).expect("the thread runs");
        let (recording, not_counted) = counter.finish().expect("no panic");
        let (_, series) = recording.series().next().expect("one series");
        assert_eq!((not_counted.given_up, series.counts.succeeded), (1, 1));
        assert_eq!(series.metric(Metric::CompletionTokens).max(), Some(2));
        assert_eq!(series.completion_sources, [(TokenSource::Events, 1)].into());
        assert!(series.metric(Metric::PromptTokens).is_empty());
    }

    /// Counts nothing before it is told to, and says when it was asked.
    #[derive(Debug)]
    struct Stuck {
        asked: Sender<()>,
        released: Mutex<Receiver<()>>,
    }

    impl Tokenizer for Stuck {
        fn name(&self) -> &'static str {
            "stuck"
        }

        fn count(&self, text: &str) -> u64 {
            self.asked.send(()).expect("the test waits for it");
            self.released.lock().expect("no panic").recv().expect("the test releases it");
            text.len() as u64
        }
    }

    #[test]
    fn what_there_is_no_room_for_comes_back_at_once_and_is_told() {
        let ((asked, is_asked), (release, released)) = (channel(), channel());
        let tokenizer = Arc::new(Stuck { asked, released: Mutex::new(released) });
        let request = || Uncounted {
            reply: Some(vec!["a".repeat(1_000)]),
            tokenizer: Arc::<Stuck>::clone(&tokenizer),
            ..uncounted()
        };
        let room = 3 * request().bytes();
        let counter = TokenCounter::holding(room, Tap::default(), &GoodIf::default()).expect("a thread");
        let queue = counter.queue();
        queue.send(request()).expect("room for the first");
        is_asked.recv().expect("the first is out of the queue");
        let sent = [(); 5].map(|()| queue.send(request()).map_err(|unsent| unsent.given_up().tokens.completion));
        let unsent = Err(Some(Counted { tokens: 0, source: TokenSource::Events }));
        assert_eq!(sent, [Ok(()), Ok(()), Ok(()), unsent, unsent]);
        (0..4).for_each(|_| release.send(()).expect("it waits for this"));
        let (recording, not_counted) = counter.finish().expect("no panic");
        let (_, series) = recording.series().next().expect("one series");
        assert_eq!(series.completion_sources, [(TokenSource::Tokenizer, 4)].into());
        assert_eq!(not_counted, NotCounted { given_up: 0, refused: 2 });
    }

    #[test]
    fn a_tokenizer_that_panics_costs_its_own_counts_and_nothing_else() {
        let counter = TokenCounter::start(Tap::default(), &GoodIf::default()).expect("a thread");
        let tokenizer = Arc::default();
        for (prompt, reply) in [("abc", "x"), ("x", "abcd"), ("abc", "abcd")] {
            counter.queue().send(of(&tokenizer, prompt, reply)).expect("the thread runs");
        }
        let (recording, not_counted) = counter.finish().expect("the panic stayed with the tokenizer");
        let (_, series) = recording.series().next().expect("one series");
        assert_eq!((not_counted.given_up, series.counts.succeeded), (0, 3));
        assert_eq!(series.completion_sources, [(TokenSource::Tokenizer, 2), (TokenSource::Events, 1)].into());
        assert_eq!(series.prompt_sources, [(TokenSource::Tokenizer, 2)].into());
        let replies = series.metric(Metric::CompletionTokens);
        assert_eq!((replies.min(), replies.max()), (Some(2), Some(4)));
    }

    #[test]
    fn usage_is_checked_against_the_count() {
        let counter = TokenCounter::start(Tap::default(), &GoodIf::default()).expect("a thread");
        let tokenizer = Arc::default();
        for (usage, reply, most) in [(4, "abcd", 0), (5, "abcd", 1), (5, "abcd", 0), (2, "abcd", 1), (4, "x", 9)] {
            let mut request = of(&tokenizer, "abc", reply);
            request.sample.tokens.completion = Some(Counted { tokens: usage, source: TokenSource::Usage });
            request.max_usage_error = Some(most);
            counter.queue().send(request).expect("the thread runs");
        }
        let (recording, _) = counter.finish().expect("the panic stayed with the tokenizer");
        let (_, series) = recording.series().next().expect("one series");
        assert_eq!((series.counts.succeeded, series.counts.failed), (2, 3));
        assert_eq!(series.completion_sources, [(TokenSource::Usage, 2)].into(), "usage stays what counts");
    }

    #[test]
    fn usage_that_was_to_be_checked_and_was_not_makes_no_success() {
        let counter = TokenCounter::start(Tap::default(), &GoodIf::default()).expect("a thread");
        counter.give_up();
        let mut request = of(&Arc::default(), "abc", "abcd");
        request.max_usage_error = Some(1);
        counter.queue().send(request).expect("the thread runs");
        let (recording, not_counted) = counter.finish().expect("no panic");
        let (_, series) = recording.series().next().expect("one series");
        assert_eq!((not_counted.given_up, series.counts.succeeded, series.counts.cut_off), (1, 0, 1));
    }

    #[test]
    fn a_prompt_that_every_user_sends_is_counted_once() {
        let counter = TokenCounter::start(Tap::default(), &GoodIf::default()).expect("a thread");
        let (one, other) = (Arc::default(), Arc::default());
        for tokenizer in [&one, &one, &one, &other] {
            counter.queue().send(of(tokenizer, "the same prompt", "abcd")).expect("the thread runs");
        }
        let (recording, _) = counter.finish().expect("no panic");
        let (_, series) = recording.series().next().expect("one series");
        assert_eq!(series.prompt_sources, [(TokenSource::Tokenizer, 4)].into());
        assert_eq!(series.metric(Metric::PromptTokens).min(), Some(15));
        let calls = |tokenizer: &Characters| tokenizer.calls.load(Ordering::Relaxed);
        assert_eq!((calls(&one), calls(&other)), (1 + 3, 1 + 1), "a prompt each, and every reply");
    }

    #[test]
    fn what_the_server_did_not_count_is_counted_over_the_joined_text() {
        let counter = TokenCounter::start(Tap::default(), &GoodIf::default()).expect("a thread");
        counter.queue().send(uncounted()).expect("the thread runs");

        let (recording, not_counted) = counter.finish().expect("no panic");
        assert_eq!(not_counted, NotCounted::default());
        let (_, series) = recording.series().next().expect("one series");
        assert_eq!(series.metric(Metric::CompletionTokens).max(), Some(6));
        assert_eq!(series.metric(Metric::PromptTokens).max(), Some(99));
        assert_eq!(series.completion_sources[&TokenSource::Tokenizer], 1);
    }
}
