//! What a task gets.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::payload::{Anthropic, Gemini, Ollama, OpenAiChat, OpenAiResponses, Raw, Tgi};
use super::request::header;
use super::{BuildError, Host, Sink, SseRequest};
use crate::clock::Timestamp;
use crate::sample::{Origin, Schedule};
use crate::transport::{HttpClient, PlainClient};

/// Which user a context belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The user class.
    pub class: &'static str,
    /// The user's number, from 0, over all classes; in the open loop that of the arrival.
    pub index: u64,
    /// The seed of the run; with the stream it decides every choice of this user.
    pub seed: u64,
    /// The stream of random numbers: no other user, stay or arrival has it.
    pub stream: u64,
    /// Its place among all who draw from a feeder.
    pub place: Place,
}

impl Identity {
    /// The stream of random numbers of set-up and tear-down: above those of users and arrivals, below those of moments.
    const STREAM_OF_FIXTURE: u64 = 1 << 63;

    /// That of set-up and tear-down, which are no user's.
    #[must_use]
    pub const fn of_fixture(class: &'static str, seed: u64) -> Self {
        Self { class, index: 0, seed, stream: Self::STREAM_OF_FIXTURE, place: Place { number: 0, of: 1 } }
    }

    /// The numbers of the user and of its stay, or of the arrival; none for set-up and tear-down.
    pub(super) fn numbers(&self) -> (Option<u64>, Option<u64>, Option<u64>) {
        match self.place {
            _ if self.stream == Self::STREAM_OF_FIXTURE => (None, None, None),
            Place { of: 0, .. } => (None, None, Some(self.index)),
            Place { number, .. } => (Some(self.index), Some(number), None),
        }
    }
}

/// A place among all stays of users, or among all arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which it is, from 0; without stays that end, the user's number.
    pub number: u64,
    /// How many there are in all; 0 where nobody knows, as with arrivals.
    pub of: u64,
}

impl Place {
    /// That of an arrival.
    pub(crate) const fn of_arrival(number: u64) -> Self {
        Self { number, of: 0 }
    }
}

/// The first request of an arrival.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    schedule: Schedule,
    /// When the task began.
    begun: Timestamp,
}

impl Expected {
    /// The schedule of a request that the task asks for now.
    pub(super) fn now(self) -> Schedule {
        Schedule { own: Timestamp::now() - self.begun, ..self.schedule }
    }
}

/// What a task gets: requests, the user's connections, the user's own random choices.
///
/// ```no_run
/// use sse_load::client::{Context, RequestError};
///
/// async fn joke(ctx: &mut Context) -> Result<(), RequestError> {
///     let reply = ctx.sse_request("/sse").name("joke").send().await?;
///     println!("{} after {:?}", reply.text(), reply.ttft());
///     Ok(())
/// }
/// ```
pub struct Context {
    identity: Identity,
    pub(super) host: Option<Arc<Host>>,
    pub(super) http: HttpClient,
    pub(super) sink: Arc<Sink>,
    pub(super) origin: Origin,
    /// Whether its requests are load: they count in the measured window, and none begins after it.
    pub(super) is_load: bool,
    /// The arrival that the next request is the first of, in the open loop.
    pub(super) arrival: Option<Expected>,
    /// Of every request.
    pub(super) headers: HeaderMap,
    headers_at_start: HeaderMap,
    random: ChaCha8Rng,
    /// How often was drawn from each feeder, by the feeder's number.
    draws: BTreeMap<u64, u64>,
}

impl Context {
    /// The context of one user.
    #[must_use]
    pub fn new(identity: Identity, host: Option<Arc<Host>>, http: HttpClient, sink: Arc<Sink>) -> Self {
        let random = random(&identity);
        let origin = Origin { user: identity.class, task: "on_start", file: "", line: 0, tags: &[] };
        Self {
            identity,
            host,
            http,
            sink,
            origin,
            is_load: true,
            arrival: None,
            headers: HeaderMap::new(),
            headers_at_start: HeaderMap::new(),
            random,
            draws: BTreeMap::new(),
        }
    }

    /// A request whose answer is a stream; nothing is sent before [`send`](SseRequest::send).
    ///
    /// `path` is joined to the host; a whole URL is taken as it is. It is also the request's name in reports, unless
    /// [`name`](SseRequest::name) gives another.
    pub fn sse_request(&mut self, path: impl Into<String>) -> SseRequest<'_> {
        SseRequest::new(self, path.into(), Raw::default())
    }

    /// An `OpenAI` chat completion, at `/v1/chat/completions`; usage is asked for.
    ///
    /// ```no_run
    /// # async fn task(ctx: &mut sse_load::client::Context) -> Result<(), sse_load::client::RequestError> {
    /// let reply = ctx.openai_chat("gpt-4o-mini").user("Tell me a joke.").max_tokens(50).name("joke").send().await?;
    /// # Ok(()) }
    /// ```
    pub fn openai_chat(&mut self, model: impl Into<String>) -> SseRequest<'_, OpenAiChat> {
        SseRequest::chat(self, OpenAiChat::new(model))
    }

    /// An `OpenAI` response, at `/v1/responses`.
    pub fn openai_responses(&mut self, model: impl Into<String>) -> SseRequest<'_, OpenAiResponses> {
        SseRequest::chat(self, OpenAiResponses::new(model))
    }

    /// An Anthropic message, at `/v1/messages`. Default of `max_tokens`, which the API demands: 1024.
    pub fn anthropic(&mut self, model: impl Into<String>) -> SseRequest<'_, Anthropic> {
        SseRequest::chat(self, Anthropic::new(model))
    }

    /// A Gemini generation, at `/v1beta/models/{model}:streamGenerateContent`.
    pub fn gemini(&mut self, model: impl Into<String>) -> SseRequest<'_, Gemini> {
        SseRequest::chat(self, Gemini::new(model))
    }

    /// An Ollama chat, at `/api/chat`.
    pub fn ollama(&mut self, model: impl Into<String>) -> SseRequest<'_, Ollama> {
        SseRequest::chat(self, Ollama::new(model))
    }

    /// A generation by Text Generation Inference, at `/generate_stream`: its server has one model.
    pub fn tgi(&mut self) -> SseRequest<'_, Tgi> {
        SseRequest::chat(self, Tgi::new())
    }

    /// A header that this user sends with every [`sse_request`](Self::sse_request) from now on, such as that of a log-in; it
    /// replaces one of the same name, and a request's own [`header`](SseRequest::header) wins. No message and no report shows its value.
    ///
    /// A user that begins anew after a panic has none of them, and an arrival of the open loop has those that its user's
    /// `#[on_start]` set. Calls of [`http`](Self::http) don't send them.
    ///
    /// ```
    /// use sse_load::prelude::*;
    ///
    /// struct Member;
    ///
    /// #[sse_user(host = "http://127.0.0.1:8080")]
    /// impl Member {
    ///     #[on_start]
    ///     async fn log_in(ctx: &mut Context) -> Result<Self, TaskError> {
    ///         let token = ctx.sse_request("/log-in").send().await?.text().to_owned();
    ///         ctx.default_header("authorization", format!("Bearer {token}"))?;
    ///         Ok(Self)
    ///     }
    ///
    ///     #[task]
    ///     async fn chat(ctx: &mut Context) -> TaskResult {
    ///         ctx.openai_chat("m").user("Hello.").send().await?;
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// When the name or the value can't be a header's; then nothing changes.
    pub fn default_header(&mut self, name: &str, value: impl AsRef<str>) -> Result<(), BuildError> {
        let (name, mut value) = header(name, value.as_ref())?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(())
    }

    /// The user's HTTP client, for calls that are not streams; they are not measured.
    #[must_use]
    pub fn http(&self) -> &PlainClient {
        self.http.plain()
    }

    /// The host under test, without a slash at its end; empty if none was given.
    #[must_use]
    pub fn host(&self) -> String {
        self.host.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// The user's number, from 0, over all classes of the run; in the open loop the number of the arrival.
    #[must_use]
    pub fn user_index(&self) -> u64 {
        self.identity.index
    }

    /// Records a time of the task's own, such as that of a tool call between two requests: `report.custom(name)` has them, and
    /// [`custom_time`](crate::slo::custom_time) limits them. Those outside of the measured window don't count, and a name has one unit.
    ///
    /// ```no_run
    /// # use sse_load::prelude::*;
    /// # async fn call_the_tool() {}
    /// # async fn task(ctx: &mut Context) {
    /// let begun = std::time::Instant::now();
    /// call_the_tool().await;
    /// ctx.record_time("tool_call", begun.elapsed());
    /// # }
    /// ```
    pub fn record_time(&self, name: &'static str, time: Duration) {
        let (at, window) = (Timestamp::now(), self.sink.window(self.is_load));
        self.sink.recorder.with(|recording| recording.customs.record_time(name, time, at, window));
    }

    /// Records a count of the task's own, such as how many documents a search found; otherwise as [`record_time`](Self::record_time).
    pub fn record_count(&self, name: &'static str, count: u64) {
        let (at, window) = (Timestamp::now(), self.sink.window(self.is_load));
        self.sink.recorder.with(|recording| recording.customs.record_count(name, count, at, window));
    }

    /// What [`set_up`](crate::LoadTest::set_up) made or [`share`](crate::LoadTest::share) was given: the value of this type.
    ///
    /// ```no_run
    /// # struct Token(String);
    /// # async fn task(ctx: &mut sse_load::client::Context) -> Result<(), sse_load::client::RequestError> {
    /// let token = ctx.shared::<Token>();
    /// ctx.sse_request("/chat").bearer_auth(&token.0).send().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    /// When nothing of this type is shared; the message names what is.
    #[must_use]
    #[track_caller]
    pub fn shared<T: Any + Send + Sync>(&self) -> Arc<T> {
        match self.sink.shared.get() {
            Ok(value) => value,
            Err(missing) => panic!("{missing}"),
        }
    }

    /// One of `choices`, by the user's own random numbers: the run's seed decides it.
    ///
    /// # Panics
    /// When `choices` is empty.
    pub fn choose<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        assert!(!choices.is_empty(), "ctx.choose(..) needs at least one choice, and got none");
        &choices[self.random.random_range(0..choices.len())]
    }

    /// The user's random numbers, for the runner's own choices.
    #[doc(hidden)]
    pub fn random(&mut self) -> &mut ChaCha8Rng {
        &mut self.random
    }

    /// A new user begins: nothing is left of what one before it set.
    #[doc(hidden)]
    pub fn begin_anew(&mut self) {
        self.headers.clear();
        self.http.clear_cookies();
    }

    /// The user has started: every arrival finds what it has set so far.
    #[doc(hidden)]
    pub fn note_start(&mut self) {
        self.headers_at_start.clone_from(&self.headers);
        self.http.note_start();
    }

    /// From now on the context is that of another arrival.
    #[doc(hidden)]
    pub fn become_arrival(&mut self, index: u64, stream: u64) {
        self.identity = Identity { index, stream, place: Place::of_arrival(index), ..self.identity };
        self.random = random(&self.identity);
        self.draws.clear();
        self.headers.clone_from(&self.headers_at_start);
        self.http.return_to_start();
    }

    /// Whose context this is.
    #[doc(hidden)]
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The number of the next draw from a feeder, from 0.
    #[doc(hidden)]
    pub fn next_draw(&mut self, feeder: u64) -> u64 {
        let drawn = self.draws.entry(feeder).or_default();
        *drawn += 1;
        *drawn - 1
    }

    /// No request begins after the window, except that of an arrival, which was due before its end, and what is no load.
    pub(super) fn refuses(&self, schedule: Option<Schedule>, begin: Timestamp) -> bool {
        self.is_load && schedule.is_none() && self.sink.stop.has_ended_by(begin)
    }

    /// The next request is the first of an arrival, whose task begins now; or of none.
    #[doc(hidden)]
    pub fn expect(&mut self, schedule: Option<Schedule>) {
        self.arrival = schedule.map(|schedule| Expected { schedule, begun: Timestamp::now() });
    }

    /// The task that runs from now on.
    #[doc(hidden)]
    pub fn enter(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// The task that runs.
    #[doc(hidden)]
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// What is sent from now on is no load: it counts in no window, and may begin while the run ends.
    #[doc(hidden)]
    pub fn step_outside(&mut self) {
        self.is_load = false;
    }

    /// The user's way to the records.
    #[doc(hidden)]
    #[must_use]
    pub fn sink(&self) -> &Arc<Sink> {
        &self.sink
    }
}

fn random(identity: &Identity) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(identity.seed);
    random.set_stream(identity.stream);
    random
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("identity", &self.identity).field("host", &self.host).finish_non_exhaustive()
    }
}
