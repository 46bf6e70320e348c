//! A user's HTTP client.

use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, COOKIE, HeaderValue};
use http::{HeaderMap, Method};
use reqwest::cookie::CookieStore as _;
use rustls::client::Resumption;
use url::Url;

use super::connect_stamp::{ConnectStamp, stamped};
use super::connections::{HttpVersion, Policy};
use super::cookies::CookieJar;
use super::error::causes;
use super::{Connections, Response, TransportError, TransportErrorKind};
use crate::clock::Timestamp;

/// What is sent, built before the clock of the request starts. It has no `Debug`-print of its parts, which may hold keys.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL, query included.
    pub url: Url,
    /// All headers but those that HTTP itself needs.
    pub headers: HeaderMap,
    /// The body, if any.
    pub body: Option<Bytes>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("path", &self.url.path()).finish_non_exhaustive()
    }
}

/// TLS sessions that a client keeps for its next connections.
const SESSIONS: usize = 32;

/// The connections of one user, or of several where they are [pooled](Connections::pooled).
///
/// One call is one HTTP request: no redirect is followed, no failure is tried again, and no proxy is taken from the environment
/// unless [asked for](Connections::environment_proxies).
/// The one exception is a kept connection that the server had closed already: see [`send`](Self::send).
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    cookies: Option<Arc<CookieJar>>,
    keeps_connections: bool,
    version: HttpVersion,
    connect_timeout: Duration,
}

impl HttpClient {
    /// A client with no connection yet. Clones of it share their connections.
    ///
    /// # Errors
    /// When TLS can't be set up on this machine, or with the certificates that were given.
    pub fn new(connections: &Connections) -> Result<Self, TransportError> {
        let mut tls = connections.tls().map_err(|error| TransportError::setup(error.to_string()))?;
        // Sessions of other users must not shorten the handshake of this one.
        tls.resumption = Resumption::in_memory_sessions(SESSIONS);
        let keeps_connections = connections.policy != Policy::NewEachTime;
        let mut builder = reqwest::Client::builder()
            .connector_layer(ConnectStamp)
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("sse-load/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connections.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
            // Other crates of the build may have switched these features on.
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .gzip(connections.gzip);
        builder = match connections.version {
            HttpVersion::Http1 => builder.http1_only(),
            HttpVersion::Negotiated => builder,
            HttpVersion::Http2 => builder.http2_prior_knowledge(),
        };
        let cookies = connections.cookies.then(Arc::<CookieJar>::default);
        if let Some(cookies) = &cookies {
            builder = builder.cookie_provider(Arc::clone(cookies));
        }
        if !connections.environment_proxies {
            builder = builder.no_proxy();
        }
        if !keeps_connections {
            builder = builder.pool_max_idle_per_host(0);
        }
        // HTTP/2 has no such header.
        if !keeps_connections && connections.version != HttpVersion::Http2 {
            builder = builder.default_headers([(CONNECTION, HeaderValue::from_static("close"))].into_iter().collect());
        }
        builder
            .build()
            .map(|client| {
                let (version, connect_timeout) = (connections.version, connections.connect_timeout);
                Self { client, cookies, keeps_connections, version, connect_timeout }
            })
            .map_err(|error| TransportError::new(TransportErrorKind::Setup, error))
    }

    /// The client for calls that are not streams; it uses the same connections.
    #[must_use]
    pub fn plain(&self) -> &reqwest::Client {
        &self.client
    }

    /// Adds the cookies that the server is due, unless the request has some of its own.
    pub fn add_cookies(&self, request: &mut Request) {
        if let Some(cookies) = self.cookies.as_ref().and_then(|jar| jar.cookies(&request.url)) {
            request.headers.entry(COOKIE).or_insert(cookies);
        }
    }

    /// Forgets all cookies.
    pub fn clear_cookies(&self) {
        self.cookies.iter().for_each(|jar| jar.clear());
    }

    /// Notes the cookies that there are, for [`return_to_start`](Self::return_to_start).
    pub fn note_start(&self) {
        self.cookies.iter().for_each(|jar| jar.note_start());
    }

    /// Has the cookies again that were noted.
    pub fn return_to_start(&self) {
        self.cookies.iter().for_each(|jar| jar.return_to_start());
    }

    /// How long a connection may take.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Sends the request and waits for the response head.
    ///
    /// A server may close a connection that it promised to keep just as the next request goes out on it. That request was never
    /// served, and is sent once more; `resent` is set before it goes out, so that it says so whatever becomes
    /// of the request, and reports count it.
    ///
    /// # Errors
    /// When no connection can be had, or it breaks before the head is complete.
    pub async fn send(&self, request: Request, resent: &mut bool) -> Result<Response, TransportError> {
        // The builder makes basic authorization of a user name in the URL; an `Authorization` of the request's own wins.
        let mut outgoing = self.client.request(request.method, request.url).headers(request.headers);
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let outgoing = outgoing.build().map_err(|error| TransportError::no_response(error, self.version))?;
        let again = if self.keeps_connections { outgoing.try_clone() } else { None };
        let (mut outcome, mut connected) = stamped(self.client.execute(outgoing)).await;
        if let (Err(error), Some(again), None) = (&outcome, again, connected)
            && closed_by_server(error)
        {
            *resent = true;
            (outcome, connected) = stamped(self.client.execute(again)).await;
        }
        let response = outcome.map_err(|error| TransportError::no_response(error, self.version))?;
        Ok(Response::new(response, connected, Timestamp::now()))
    }
}

/// Whether the connection was closed before one byte of a response came.
fn closed_by_server(error: &reqwest::Error) -> bool {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message) {
            return Some(true);
        }
        let kind = cause.downcast_ref::<std::io::Error>()?.kind();
        Some(matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted))
    };
    causes(error).find_map(closed).unwrap_or(false)
}
