//! From a request to its answer.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode, Version};
use serde_json::Value;

use super::answer::Answer;
use super::clock;
use super::dialect::{Format, Outbox, Reply, Wishes, Writer};
use super::fault::{Fault, choose};
use super::lateness::LatenessCounter;
use super::log::{Finish, LoggedRequest};
use super::pacer::Alarms;
use super::program::{Program, Shape};
use super::routes::Routes;
use super::schedule::Schedule;
use super::script::Script;
use super::stream::{EventStream, Pace, ReplyBody};
use super::traffic::{Exchange, Traffic};
use super::wire::Wire;

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
        let mut exchange = Exchange::begin(&self.traffic, logged);
        let path = head.uri.path();
        let Some(route) = self.routes.find(path) else {
            exchange.finish(Finish::Completed);
            return not_found(path);
        };
        let number = route.next_request();
        let fault = choose(&route.script.faults, self.seed, number);
        if let Some(Fault::Status(answer)) = fault {
            exchange.finish(Finish::Faulted);
            return answered(answer);
        }
        let order = Order { script: &route.script, number, fault, path, body: &body };
        let pace = Pace::new(alarms.clone(), Arc::clone(&self.lateness), received);
        self.streamed(&order, exchange, pace)
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
            peer: origin.peer,
            at: received.saturating_duration_since(self.epoch),
            finished: None,
            tokens: 0,
        }
    }

    fn streamed(&self, order: &Order<'_>, exchange: Exchange, pace: Pace) -> Response<ReplyBody> {
        let Order { script, number, fault, path, body } = order;
        let format = script.dialect.format(path);
        let schedule = Schedule::draw(script, self.seed, *number);
        // A body that is no JSON has no wishes.
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let wishes = Wishes::of(path, &json);
        let prompt_tokens = body.len().div_ceil(4) as u64;
        let mut reply = Reply::new(script, *number, schedule.tokens, prompt_tokens, wishes, format.as_ref());
        if let Some(fault) = fault {
            reply.apply(fault);
        }
        let head = Head::of(script, *fault, format.as_ref());
        let line_end = script.line_end.unwrap_or(format.line_end());
        let out = Outbox::new(format.framing(), line_end, self.stamped.then_some(self.epoch));
        let shape = Shape { tokens: schedule.tokens, bundle: script.bundle, ttft: schedule.ttft(), hold: script.hold };
        let mut wire = Wire::new(head.gzip, script.split_writes);
        if script.bom {
            wire.write("\u{feff}".into());
        }
        head.before(EventStream {
            exchange,
            script: Arc::clone(script),
            writer: Writer::new(reply, format, out),
            wire,
            program: Program::new(shape, *fault),
            schedule,
            pace,
            at_end: if fault.is_some() { Finish::Faulted } else { Finish::Completed },
            current: None,
        })
    }
}

/// What a streamed answer goes by.
struct Order<'a> {
    script: &'a Arc<Script>,
    number: u64,
    fault: Option<&'a Fault>,
    path: &'a str,
    body: &'a [u8],
}

/// What the head of a streamed answer says.
struct Head<'a> {
    content_type: &'a str,
    gzip: bool,
}

impl<'a> Head<'a> {
    fn of(script: &Script, fault: Option<&'a Fault>, format: &dyn Format) -> Self {
        Self {
            content_type: match fault {
                Some(Fault::ContentType(kind)) => kind,
                _ => format.content_type(),
            },
            gzip: script.gzip || matches!(fault, Some(Fault::GzipBomb { .. })),
        }
    }

    fn before(&self, stream: EventStream) -> Response<ReplyBody> {
        let mut response = allowed_everywhere(ReplyBody::Events(Box::new(stream)));
        let headers = response.headers_mut();
        // It was checked when the server started.
        headers.extend(HeaderValue::try_from(self.content_type).ok().map(|kind| (header::CONTENT_TYPE, kind)));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if self.gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
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

/// The status and the headers were checked when the server started.
fn answered(answer: &Answer) -> Response<ReplyBody> {
    let code = StatusCode::from_u16(answer.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = whole(code, answer.body.clone());
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Pages of every origin may read the answer.
fn allowed_everywhere(body: ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    let everyone = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everyone);
    response
}
