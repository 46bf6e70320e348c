//! A user's HTTP client.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::{COOKIE, SET_COOKIE};
use reqwest::cookie::CookieStore as _;

use super::cookies::CookieJar;
use super::streams::Streams;
use super::{Connections, PlainClient, Request, Response, TransportError, plain};

/// The connections of one user, or of several where they are [pooled](Connections::pooled).
///
/// One call is one HTTP request: no redirect is followed, no failure is tried again, and no proxy is taken from the environment
/// unless [asked for](Connections::environment_proxies).
/// The one exception is a kept connection that the server had closed already: see [`send`](Self::send).
#[derive(Clone)]
pub struct HttpClient(Arc<Parts>);

struct Parts {
    connections: Connections,
    /// Of streams; those through a proxy go the way of other calls.
    streams: Option<Streams>,
    /// Made by the first call that needs it.
    plain: OnceLock<PlainClient>,
    cookies: Option<Arc<CookieJar>>,
}

impl HttpClient {
    /// A client with no connection yet. Clones of it share their connections.
    ///
    /// # Errors
    /// When TLS can't be set up on this machine, or with the certificates that were given.
    pub fn new(connections: &Connections) -> Result<Self, TransportError> {
        connections.check()?;
        // A compressed stream hides its own times, and who goes through a proxy measures that.
        let own = !connections.environment_proxies && !connections.gzip;
        Ok(Self(Arc::new(Parts {
            streams: own.then(|| Streams::new(connections)),
            plain: OnceLock::new(),
            cookies: connections.cookies.then(Arc::default),
            connections: connections.clone(),
        })))
    }

    /// The client for calls that are not streams; it has connections of its own.
    ///
    /// # Panics
    /// Never: its settings were checked when this one was made.
    #[must_use]
    pub fn plain(&self) -> &PlainClient {
        self.0.plain.get_or_init(|| {
            plain::client(&self.0.connections, self.0.cookies.as_ref()).expect("the same settings made one before")
        })
    }

    /// The request with the cookies that the server is due, unless it has some of its own.
    #[must_use]
    pub fn with_cookies<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        let mut request = Cow::Borrowed(request);
        if let Some(cookies) = self.0.cookies.as_ref().and_then(|jar| jar.cookies(&request.url)) {
            request.to_mut().headers.entry(COOKIE).or_insert(cookies);
        }
        request
    }

    /// Forgets all cookies.
    pub fn clear_cookies(&self) {
        self.0.cookies.iter().for_each(|jar| jar.clear());
    }

    /// Notes the cookies that there are, for [`return_to_start`](Self::return_to_start).
    pub fn note_start(&self) {
        self.0.cookies.iter().for_each(|jar| jar.note_start());
    }

    /// Has the cookies again that were noted.
    pub fn return_to_start(&self) {
        self.0.cookies.iter().for_each(|jar| jar.return_to_start());
    }

    /// How long a connection may take.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.0.connections.connect_timeout
    }

    /// Sends the request and waits for the response head.
    ///
    /// A server may close a connection that it promised to keep just as the next request goes out on it. That request was never
    /// served, and is sent once more; `resent` is set before it goes out, so that it says so whatever becomes
    /// of the request, and reports count it.
    ///
    /// # Errors
    /// When no connection can be had, or it breaks before the head is complete.
    pub async fn send(&self, request: &Request, resent: &mut bool) -> Result<Response, TransportError> {
        let Some(streams) = &self.0.streams else {
            return plain::send(self.plain(), &self.0.connections, request, resent).await;
        };
        let Some(cookies) = &self.0.cookies else { return streams.send(request, resent).await };
        let response = streams.send(request, resent).await?;
        cookies.set_cookies(&mut response.headers().get_all(SET_COOKIE).iter(), &request.url);
        Ok(response)
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("connections", &self.0.connections).finish_non_exhaustive()
    }
}
