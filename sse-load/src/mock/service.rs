//! From a request to its answer.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;

use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode, Version};
use serde_json::Value;

use super::clock;
use super::dialect::{Usage, Writer};
use super::fault::{Fault, choose};
use super::lateness::LatenessCounter;
use super::log::{Finish, LoggedRequest};
use super::pacer::Alarms;
use super::program::{Program, Shape};
use super::schedule::Schedule;
use super::script::Script;
use super::stream::{EventStream, Pace, ReplyBody};
use super::traffic::{Exchange, Traffic};

const MAX_BODY: usize = 64 << 20;

/// What the server's thread and the server's owner share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) epoch: Instant,
    pub(super) routes: Routes,
    pub(super) seed: u64,
    pub(super) stamped: bool,
    pub(super) log_bodies: bool,
    pub(super) traffic: Arc<Traffic>,
    pub(super) lateness: Arc<LatenessCounter>,
}

/// The scripts by path.
#[derive(Debug)]
pub(super) struct Routes {
    pub(super) by_path: HashMap<String, Route>,
    /// For every other path.
    pub(super) default: Option<Route>,
}

/// A script and how often it was asked for.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) script: Arc<Script>,
    requests: AtomicU64,
}

impl Route {
    pub(super) fn new(script: Script) -> Self {
        Self { script: Arc::new(script), requests: AtomicU64::new(0) }
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) connection: u64,
    pub(super) peer: SocketAddr,
}

impl Shared {
    pub(super) async fn answer(
        &self,
        alarms: &Alarms,
        origin: Origin,
        request: Request<Incoming>,
    ) -> Response<ReplyBody> {
        let received = clock::now();
        if request.method() == Method::OPTIONS {
            return preflight();
        }
        let (head, body) = request.into_parts();
        let Ok(body) = read(body).await else {
            return whole(
                StatusCode::PAYLOAD_TOO_LARGE,
                r#"{"error":"expected a whole body of at most 64 MiB"}"#.into(),
            );
        };
        let logged = self.logged(&head, &body, origin, received);
        let mut exchange = Exchange::begin(&self.traffic, origin.peer, logged);
        let path = head.uri.path();
        let Some(route) = self.routes.by_path.get(path).or(self.routes.default.as_ref()) else {
            exchange.finish(Finish::Completed);
            return not_found(path);
        };
        let number = route.requests.fetch_add(1, SeqCst) + 1;
        let fault = choose(&route.script.faults, self.seed, number);
        if let Some(Fault::Status { code, body }) = fault {
            exchange.finish(Finish::Faulted);
            // The codes were checked when the server started.
            let code = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return whole(code, body.clone());
        }
        let pace = Pace::new(alarms.clone(), Arc::clone(&self.lateness), received);
        streamed(self.stream(&route.script, number, fault, &body, exchange, pace))
    }

    fn logged(&self, head: &Parts, body: &[u8], origin: Origin, received: Instant) -> LoggedRequest {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        LoggedRequest {
            method: head.method.to_string(),
            version: if head.version == Version::HTTP_2 { "HTTP/2" } else { "HTTP/1.1" },
            path: head.uri.path().into(),
            query: head.uri.query().unwrap_or_default().into(),
            headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: if self.log_bodies { body.to_vec() } else { Vec::new() },
            connection: origin.connection,
            at: received.saturating_duration_since(self.epoch),
            finished: None,
            tokens: 0,
        }
    }

    fn stream(
        &self,
        script: &Arc<Script>,
        number: u64,
        fault: Option<&Fault>,
        body: &[u8],
        exchange: Exchange,
        pace: Pace,
    ) -> EventStream {
        // A body that is no JSON has no wishes.
        let wishes: Value = serde_json::from_slice(body).unwrap_or_default();
        let schedule = Schedule::draw(script, self.seed, number);
        let shape = Shape {
            dialect: &script.dialect,
            tokens: schedule.tokens,
            ttft: schedule.ttft(),
            include_usage: wishes.pointer("/stream_options/include_usage") == Some(&Value::Bool(true)),
            hold: script.hold,
        };
        let usage = Usage {
            prompt: script.prompt_tokens.map_or(body.len().div_ceil(4) as u64, u64::from),
            completion: schedule.tokens,
        };
        let model = wishes.get("model").and_then(Value::as_str).unwrap_or("mock");
        EventStream {
            exchange,
            script: Arc::clone(script),
            writer: Writer::new(number, model, usage, self.stamped.then_some(self.epoch)),
            program: Program::new(shape, fault),
            schedule,
            pace,
            at_end: if fault.is_some() { Finish::Faulted } else { Finish::Completed },
            current: None,
        }
    }
}

/// The body is too long, or its client left.
struct Unread;

async fn read(mut body: Incoming) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| Unread)?;
        bytes.extend_from_slice(frame.data_ref().map_or(&[], |data: &Bytes| &data[..]));
        if bytes.len() > MAX_BODY {
            return Err(Unread);
        }
    }
    Ok(bytes)
}

fn preflight() -> Response<ReplyBody> {
    let mut response = whole(StatusCode::NO_CONTENT, String::new());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, Authorization"));
    response
}

fn not_found(path: &str) -> Response<ReplyBody> {
    let body = serde_json::json!({"error": format!("no route for {path}")});
    whole(StatusCode::NOT_FOUND, body.to_string())
}

fn whole(status: StatusCode, body: String) -> Response<ReplyBody> {
    let kind = if body.starts_with('{') { "application/json" } else { "text/plain; charset=utf-8" };
    let body = Some(Bytes::from(body)).filter(|body| !body.is_empty());
    let mut response = allowed_everywhere(ReplyBody::Whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn streamed(stream: EventStream) -> Response<ReplyBody> {
    let mut response = allowed_everywhere(ReplyBody::Events(Box::new(stream)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Pages of every origin may read the answer.
fn allowed_everywhere(body: ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    let everyone = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everyone);
    response
}
