//! A user's HTTP client.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use super::{Response, TransportError, TransportErrorKind, tls};
use crate::clock::Timestamp;

/// What is sent, built before the clock of the request starts.
#[derive(Clone, Debug)]
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

/// The connections of one user: kept alive and reused, never shared with another user.
///
/// One call is one HTTP request: no redirect is followed, nothing is sent twice, and no proxy is taken from the environment.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
}

impl HttpClient {
    /// A client that waits `connect_timeout` at most for a connection.
    ///
    /// # Errors
    /// When TLS can't be set up on this machine.
    pub fn new(connect_timeout: Duration) -> Result<Self, TransportError> {
        let tls = tls::config().map_err(TransportError::setup)?;
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("sse-load/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .tcp_nodelay(true)
            .build()
            .map(|client| Self { client })
            .map_err(|error| TransportError::new(TransportErrorKind::Setup, error))
    }

    /// The client for calls that are not streams; it uses the same connections.
    #[must_use]
    pub fn plain(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends the request and waits for the response head.
    ///
    /// # Errors
    /// When no connection can be had, or it breaks before the head is complete.
    pub async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut outgoing = reqwest::Request::new(request.method, request.url);
        *outgoing.headers_mut() = request.headers;
        *outgoing.body_mut() = request.body.map(reqwest::Body::from);
        let response = self
            .client
            .execute(outgoing)
            .await
            .map_err(|error| TransportError::new(TransportErrorKind::Connect, error))?;
        Ok(Response::new(response, Timestamp::now()))
    }
}
