//! A user's HTTP client.

use std::error::Error as _;
use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use super::connects::Connects;
use super::{Response, TransportError, TransportErrorKind, tls};
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

/// The connections of one user: kept alive and reused, never shared with another user.
///
/// One call is one HTTP request: no redirect is followed, no failure is tried again, and no proxy is taken from the environment.
/// The one exception is a kept connection that the server had closed already: see [`send`](Self::send).
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    connects: Connects,
}

impl HttpClient {
    /// A client that waits `connect_timeout` at most for a connection.
    ///
    /// # Errors
    /// When TLS can't be set up on this machine.
    pub fn new(connect_timeout: Duration) -> Result<Self, TransportError> {
        let tls = tls::config().map_err(TransportError::setup)?;
        let connects = Connects::default();
        reqwest::Client::builder()
            .connector_layer(connects.clone())
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("sse-load/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .tcp_nodelay(true)
            .build()
            .map(|client| Self { client, connects })
            .map_err(|error| TransportError::new(TransportErrorKind::Setup, error))
    }

    /// The client for calls that are not streams; it uses the same connections.
    #[must_use]
    pub fn plain(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends the request and waits for the response head.
    ///
    /// A server may close a connection that it promised to keep just as the next request goes out on it. That request was never
    /// served, and is sent once more, on a new connection; `resent` is set before it goes out, so that it says so whatever becomes
    /// of the request, and reports count it.
    ///
    /// # Errors
    /// When no connection can be had, or it breaks before the head is complete.
    pub async fn send(&self, request: Request, resent: &mut bool) -> Result<Response, TransportError> {
        let failed = |error| TransportError::new(TransportErrorKind::Connect, error);
        // The builder makes basic authorization of a user name in the URL; an `Authorization` of the request's own wins.
        let mut outgoing = self.client.request(request.method, request.url).headers(request.headers);
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let outgoing = outgoing.build().map_err(failed)?;
        let connects = self.connects.count();
        let again = if connects > 0 { outgoing.try_clone() } else { None };
        let error = match self.client.execute(outgoing).await {
            Ok(response) => return Ok(Response::new(response, Timestamp::now())),
            Err(error) => error,
        };
        let reused = self.connects.count() == connects;
        let outcome = match again {
            Some(again) if reused && closed_by_server(&error) => {
                *resent = true;
                self.client.execute(again).await
            }
            _ => Err(error),
        };
        outcome.map(|response| Response::new(response, Timestamp::now())).map_err(failed)
    }
}

/// Whether the connection was closed before one byte of a response came.
fn closed_by_server(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(error) = cause {
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message) {
            return true;
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted
            );
        }
        cause = error.source();
    }
    false
}
