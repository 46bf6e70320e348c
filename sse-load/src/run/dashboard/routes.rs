//! What is served, and where.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::channel::Channel;
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::feed::Shown;
use super::guard::Guard;
use super::token::random;
use super::viewer::Viewer;
use crate::render::dashboard::{SCRIPT, STYLE, page};
use crate::render::{Exposition, prometheus};
use crate::report::PlanSummary;
use crate::run::interrupt::Presses;

/// Nothing but the page's own style and script, which ask this server alone.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Events on their way to one viewer.
const ON_THEIR_WAY: usize = 1;

type Body = Either<Full<Bytes>, Channel<Bytes, Infallible>>;

/// What is served of one run.
pub(super) struct Site {
    page: Bytes,
    /// What tells this run from others at the same address.
    run: String,
    guard: Guard,
    presses: Arc<Presses>,
    shown: watch::Sender<Shown>,
}

impl Site {
    pub(super) fn new(
        name: &str,
        plan: &PlanSummary,
        guard: Guard,
        presses: Arc<Presses>,
        shown: watch::Sender<Shown>,
    ) -> io::Result<Self> {
        let run = random()?;
        Ok(Self { page: page(name, plan, &run).into(), run, guard, presses, shown })
    }

    /// The answer to a request. `gone` is cancelled for a viewer who does not read.
    pub(super) fn answer(&self, request: &Request<Incoming>, gone: &CancellationToken) -> Response<Body> {
        if let Err((status, why)) = self.guard.admits(request.headers()) {
            return whole(status, "text/plain; charset=utf-8", why);
        }
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/") => whole(StatusCode::OK, "text/html; charset=utf-8", self.page.clone()),
            (&Method::GET, "/page.css") => whole(StatusCode::OK, "text/css; charset=utf-8", STYLE),
            (&Method::GET, "/page.js") => whole(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT),
            (&Method::GET, "/events") => self.events(gone.clone()),
            (&Method::GET, "/metrics") => self.metrics(request),
            (&Method::POST, "/stop") => self.stop(request),
            (_, "/" | "/page.css" | "/page.js" | "/events" | "/metrics" | "/stop") => {
                whole(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "GET, and POST for /stop\n")
            }
            _ => {
                whole(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "there are /, /events, /metrics and /stop\n")
            }
        }
    }

    fn events(&self, gone: CancellationToken) -> Response<Body> {
        let (sender, events) = Channel::new(ON_THEIR_WAY);
        tokio::spawn(Viewer::new(self.shown.subscribe(), sender).look(self.run.clone(), gone));
        answered(StatusCode::OK, "text/event-stream", Either::Right(events))
    }

    fn metrics(&self, request: &Request<Incoming>) -> Response<Body> {
        let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        let form = Exposition::of_accept(accept.unwrap_or_default());
        match &self.shown.borrow().latest {
            Some(latest) => whole(StatusCode::OK, form.content_type(), prometheus(&latest.frame, &latest.totals, form)),
            None => whole(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", "the run has not begun yet\n"),
        }
    }

    fn stop(&self, request: &Request<Incoming>) -> Response<Body> {
        let text = "text/plain; charset=utf-8";
        if let Err((status, why)) = self.guard.may_stop(request.headers()) {
            return whole(status, text, why);
        }
        if self.shown.borrow().has_ended {
            return whole(StatusCode::CONFLICT, text, "the run has ended\n");
        }
        match self.presses.press() {
            1 => whole(StatusCode::ACCEPTED, text, "No request begins any more; those in flight finish.\n"),
            _ => whole(StatusCode::ACCEPTED, text, "What is in flight is cut off.\n"),
        }
    }
}

fn whole(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    answered(status, kind, Either::Left(Full::new(body.into())))
}

fn answered(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
