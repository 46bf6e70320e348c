//! The request builder.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;

use super::attempt::{Attempt, Check, Missed};
use super::bounds::Bounds;
use super::context::Expected;
use super::payload::{Payload, Prepared, Raw};
use super::redact::without_url_secrets;
use super::sink::Counting;
use super::{Budget, BuildError, Context, HangUp, Reply, RequestError, Retry, Timeouts};
use crate::clock::Timestamp;
use crate::protocol::{Format, MakeProtocol};
use crate::tokenize::Tokenizer;
use crate::transport::Request;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request that is being built; [`send`](Self::send) sends it, once.
#[must_use = "nothing is sent before `.send().await`"]
pub struct SseRequest<'c, P = Raw> {
    pub(super) context: &'c mut Context,
    pub(super) path: String,
    method: Option<Method>,
    pub(super) headers: HeaderMap,
    query: Vec<(String, String)>,
    pub(super) payload: P,
    prompt: Option<String>,
    tokenizer: Option<Arc<dyn Tokenizer>>,
    max_usage_error: Option<u64>,
    name: Option<Arc<str>>,
    turn: Option<u32>,
    format: Box<dyn MakeProtocol>,
    bounds: Bounds,
    unterminated_event: bool,
    timeouts: Timeouts,
    checks: Vec<Check>,
    retry: Option<Retry>,
    hang_up: Option<HangUp>,
    error: Option<BuildError>,
}

impl<'c, P: Payload> SseRequest<'c, P> {
    pub(super) fn new(context: &'c mut Context, path: String, payload: P) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.extend(context.headers.clone());
        Self {
            context,
            path,
            method: None,
            headers,
            query: Vec::new(),
            payload,
            prompt: None,
            tokenizer: None,
            max_usage_error: None,
            name: None,
            turn: None,
            format: Box::new(Format::default()),
            bounds: Bounds::default(),
            unterminated_event: false,
            timeouts: Timeouts::default(),
            checks: Vec::new(),
            retry: None,
            hang_up: None,
            error: None,
        }
    }

    /// The method. Default: `GET`, and `POST` as soon as there is a body.
    pub fn method(mut self, method: &str) -> Self {
        match Method::from_bytes(method.to_ascii_uppercase().as_bytes()) {
            Ok(method) => self.method = Some(method),
            Err(_) => self.refuse(BuildError::Method(method.to_owned())),
        }
        self
    }

    /// A header; it replaces one of the same name, be it one of [`Context::default_header`]. `Accept` and `Cache-Control` are set
    /// for streams by default.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        match header(name, value.as_ref()) {
            Ok((name, value)) => drop(self.headers.insert(name, value)),
            Err(error) => self.refuse(error),
        }
        self
    }

    /// `Authorization: Bearer` with this token. No message and no report shows it.
    pub fn bearer_auth(mut self, token: impl AsRef<str>) -> Self {
        self.secret_header(AUTHORIZATION, &format!("Bearer {}", token.as_ref()));
        self
    }

    pub(super) fn secret_header(&mut self, name: HeaderName, value: &str) {
        match HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.headers.insert(name, value);
            }
            Err(_) => self.refuse(BuildError::HeaderValue(name.to_string())),
        }
    }

    /// A parameter of the URL's query; each call adds one.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The prompt, for counting its tokens if the server does not send their number.
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.prompt = Some(prompt.into());
        self
    }

    /// What counts the tokens that the server does not. Default: that of the [`LoadTest`](crate::LoadTest::tokenizer), or else
    /// the encoding of the body's `model`. Keep one and clone the `Arc`, so that a prompt that was counted is known again.
    ///
    /// ```no_run
    /// use sse_load::tokenize::Encoding;
    ///
    /// # async fn task(ctx: &mut sse_load::client::Context) -> Result<(), sse_load::client::RequestError> {
    /// ctx.sse_request("/sse").tokenizer(Encoding::Cl100kBase.shared()).send().await?;
    /// # Ok(()) }
    /// ```
    pub fn tokenizer(mut self, tokenizer: Arc<dyn Tokenizer>) -> Self {
        self.tokenizer = Some(tokenizer);
        self
    }

    /// Checks the server's usage: it must be there, and its tokens of the reply may differ by at most so many from what the
    /// [`tokenizer`](Self::tokenizer) counts over the joined text. Some servers count the token that ends the reply too, one
    /// more; tokens that are not shown, such as hidden reasoning, can't be checked. Default: usage is believed.
    ///
    /// A difference makes the request a failure of class `validation`. It is found after the stream, off the measuring
    /// threads, so [`send`](Self::send) does not wait for it; only where there is no usage does `send` return the failure.
    ///
    /// ```no_run
    /// # async fn task(ctx: &mut sse_load::client::Context) -> Result<(), sse_load::client::RequestError> {
    /// ctx.openai_chat("gpt-4o").user("Tell me a joke.").max_usage_error(1).send().await?;
    /// # Ok(()) }
    /// ```
    pub fn max_usage_error(mut self, most: u64) -> Self {
        if self.max_usage_error.is_none() {
            self = self.validate(super::shape::usage);
        }
        self.max_usage_error = Some(most);
        self
    }

    /// The name that the request is reported under. Default: its path without the query, which may hold a key.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Which turn of a conversation the request is, from 1: the report has the figures of each turn too, as `{name} turn {n}`.
    /// [`Conversation`](super::Conversation) counts them by itself.
    pub fn turn(mut self, turn: u32) -> Self {
        self.turn = Some(turn);
        self
    }

    /// The wire format: a [`Format`], or a function that makes a [`Protocol`](crate::protocol::Protocol) of your own.
    /// Default: recognised from the path and the stream.
    pub fn format(mut self, format: impl MakeProtocol) -> Self {
        self.format = Box::new(format);
        self
    }

    /// The largest event, in bytes; a larger one fails the request. Default: 16 MiB.
    pub fn max_event_bytes(mut self, most: usize) -> Self {
        self.bounds.event = self.bounds.event.with_max_event_bytes(most);
        self
    }

    /// Takes a last event whose blank line never came before the body ended, as some servers leave it out. Default: it is
    /// dropped, as the standard says, and the stream counts as truncated.
    pub fn unterminated_event(mut self) -> Self {
        self.unterminated_event = true;
        self
    }

    /// The most events, with output or without; one more fails the request. One with output keeps some 30 bytes beside its
    /// text. Comments are no events: [`max_body_bytes`](Self::max_body_bytes) bounds them. Default: 1,000,000.
    pub fn max_events(mut self, most: u64) -> Self {
        self.bounds.events = most;
        self
    }

    /// The largest body, in bytes after decompression; a larger one fails the request. Default: 64 MiB.
    pub fn max_body_bytes(mut self, most: u64) -> Self {
        self.bounds.body_bytes = most;
        self
    }

    /// How long the whole request may take. Default: 1 hour.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeouts.total = limit;
        self
    }

    /// How long the first generated event may take, counted from the start of the request; bytes that come before it, such
    /// as the head and pings, don't prolong it. Default: 5 minutes.
    pub fn ttft_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.ttft = limit;
        self
    }

    /// How long not a single byte may come, from the first generated event on; until then
    /// [`ttft_timeout`](Self::ttft_timeout) is the limit. Comments and pings are bytes too. Default: 2 minutes.
    pub fn stall_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.stall = limit;
        self
    }

    /// A check of the reply; what it returns as an error makes the request a failure of class `validation`. Each call adds
    /// one, and the first refusal is reported; [`shape`](super::shape) has ready ones.
    ///
    /// ```no_run
    /// # async fn task(ctx: &mut sse_load::client::Context) -> Result<(), sse_load::client::RequestError> {
    /// ctx.sse_request("/sse")
    ///     .validate(|reply| if reply.text().contains("42") { Ok(()) } else { Err("the answer is missing") })
    ///     .send()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn validate<E: fmt::Display>(mut self, check: impl FnOnce(&Reply) -> Result<(), E> + Send + 'static) -> Self {
        self.checks.push(Box::new(move |reply| check(reply).map_err(|error| error.to_string())));
        self
    }

    /// Tries again after some failures. Default: never.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Leaves before the end. Default: never.
    pub fn hang_up(mut self, hang_up: HangUp) -> Self {
        self.hang_up = Some(hang_up);
        self
    }

    /// Sends the request and reads the stream to its end: one HTTP request, no redirect, never a reconnect, unless
    /// [`retry`](Self::retry) asks for more attempts.
    ///
    /// The one exception is a kept connection over HTTP/1.1 that the server had closed, so that not one byte of a response
    /// came: the request was not served, and goes out once more. The time of both is measured, and the report counts it
    /// ([`Counts::resent`](crate::record::Counts::resent)).
    ///
    /// # Errors
    /// [`RequestError::Failed`] when the request failed; it is counted, so pass the error on with `?`.
    /// [`RequestError::Build`] when a part of it was wrong, and [`RequestError::Stopped`] when the run is ending: then
    /// nothing was sent. [`RequestError::HungUp`] when [`hang_up`](Self::hang_up) asked for it.
    pub async fn send(mut self) -> Result<Reply, RequestError> {
        // A task that tries again and again, with a request that is refused or can't be built, must not keep its thread from
        // ending the run. And of the client that goes through proxies the connection of the request before goes back to its
        // pool on a task of its own: without this turn it would be missed now and then, and a second one opened.
        let arrival = self.context.arrival.take();
        let schedule = arrival.map(Expected::now);
        tokio::task::yield_now().await;
        // After the turn, which may have been long: the window may have ended meanwhile. An arrival was due before its end.
        if self.context.refuses(schedule, Timestamp::now()) {
            return Err(RequestError::Stopped);
        }
        let Prepared { body, model, prompt } = self.payload.prepare()?;
        let request = self.build(body)?;
        let counting = Counting {
            prompt: self.prompt.take().or(prompt),
            tokenizer: self.tokenizer.take().unwrap_or_else(|| self.context.sink.tokenizer_for(model.as_deref())),
            max_usage_error: self.max_usage_error,
        };
        let budget = self.context.sink.budget.clone();
        let estimate = |budget: &Arc<Budget>| budget.estimate(request.body.as_deref(), model.as_deref());
        let estimate = budget.as_ref().map(estimate).transpose()?;
        let mut attempt = Attempt {
            name: self.name.take().unwrap_or_else(|| default_name(&self.path).into()),
            format: &*self.format,
            turn: self.turn,
            schedule,
            retry: self.retry.as_ref(),
            bounds: self.bounds,
            unterminated_event: self.unterminated_event,
            leaving: self.hang_up.map(|hang_up| hang_up.decide(self.context.random())).unwrap_or_default(),
            timeouts: self.timeouts,
            counting,
            checks: self.checks,
            reservation: None,
            made: 0,
        };
        loop {
            if let Some((budget, estimate)) = budget.as_ref().zip(estimate) {
                let Context { is_load, sink, .. } = &*self.context;
                attempt.reservation = Some(budget.afford(estimate, *is_load, &sink.stop).await?);
            }
            let Missed { error, pause } = match attempt.run(self.context, &request).await {
                Ok(reply) => return Ok(reply),
                Err(missed) => missed,
            };
            let Some(pause) = pause else { return Err(error) };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.context.sink.stop.draining(), if self.context.is_load => return Err(error),
            }
            attempt.schedule = arrival.map(Expected::now);
        }
    }

    /// The request, ready before its clock starts.
    fn build(&mut self, body: Option<Bytes>) -> Result<Request, BuildError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let mut url = match &self.context.host {
            Some(host) => host.join(&self.path)?,
            // `localhost:8080/x` is a URL too, of the scheme `localhost`.
            None => url::Url::parse(&self.path).ok().filter(is_http).ok_or(BuildError::NoHost)?,
        };
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let default = if body.is_some() { Method::POST } else { Method::GET };
        let method = self.method.take().unwrap_or(default);
        Ok(Request { method, url, headers: std::mem::take(&mut self.headers), body })
    }

    /// Keeps the first mistake; [`send`](Self::send) returns it.
    fn refuse(&mut self, error: BuildError) {
        self.error.get_or_insert(error);
    }
}

impl SseRequest<'_> {
    /// A JSON body. Its `model` also says how tokens are counted if neither the server counts them nor a
    /// [`tokenizer`](Self::tokenizer) is set.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                self.headers.entry(CONTENT_TYPE).or_insert(JSON);
                self.payload = Raw::json(bytes);
            }
            Err(error) => self.refuse(BuildError::Json(error.to_string())),
        }
        self
    }

    /// A body as it is.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.payload.0.body = Some(body.into());
        self
    }
}

impl<P> fmt::Debug for SseRequest<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseRequest")
            .field("path", &default_name(&self.path))
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A header of these parts.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), BuildError> {
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BuildError::HeaderName(name.to_owned()))?;
    let value = HeaderValue::from_str(value).map_err(|_| BuildError::HeaderValue(name.to_owned()))?;
    Ok((parsed, value))
}

fn is_http(url: &url::Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// The path without its query, and without the user of a whole URL: either may hold a key.
fn default_name(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    without_url_secrets(path)
}
