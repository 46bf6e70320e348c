//! Why a call of [`send`](crate::client::SseRequest::send) gave no reply.

use crate::client::HostError;
use crate::sample::Failure;
use crate::transport::TransportError;

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request failed. It is counted already: a task that passes this on with `?` adds no second error.
    #[error("{0}")]
    Failed(Failure),
    /// The request could not be built; nothing was sent.
    #[error("the request could not be built: {0}")]
    Build(#[from] BuildError),
    /// The client left before the end, as [`hang_up`](crate::client::SseRequest::hang_up) asked; it is counted as that.
    #[error("the client hung up, as .hang_up(..) asked")]
    HungUp,
    /// The run is ending, so no request begins any more; nothing was sent, and nothing is counted.
    #[error("the load test is ending: no further request begins")]
    Stopped,
}

/// Why a request could not be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The URL.
    #[error(transparent)]
    Host(#[from] HostError),
    /// No host, and a path that is no whole URL.
    #[error("no host: set it in #[sse_user(host = ..)], with .host(..) on the load test, or as SSE_LOAD_HOST")]
    NoHost,
    /// A header's name.
    #[error("`{0}` is no header name: expected letters, digits and hyphens")]
    HeaderName(String),
    /// A header's value; it is not shown, since it may be a key.
    #[error("the value of header `{0}` has characters that no header may have (a line break at its end?)")]
    HeaderValue(String),
    /// The method.
    #[error("`{0}` is no HTTP method: expected one such as GET or POST")]
    Method(String),
    /// The body does not serialise.
    #[error("the body does not serialise to JSON: {0}")]
    Json(String),
    /// A chat request without a turn.
    #[error("nothing is said: call .user(..), or set the API's own field for it with .set(..)")]
    NothingSaid,
    /// A budget in dollars, and a model without a price.
    #[error("no price for model `{0}`: name it in the prices of .max_cost(..), with .model(..) or Prices::all(..)")]
    NoPrice(String),
    /// The HTTP client.
    #[error("no HTTP client could be set up: {0}")]
    Client(#[from] TransportError),
}
