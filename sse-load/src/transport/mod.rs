//! HTTP: connections, TLS, reads that are stamped. The only place that knows the HTTP client.

mod client;
mod connect_stamp;
mod connections;
mod cookies;
mod error;
mod response;
mod tls;

pub use client::{HttpClient, Request};
pub use connections::Connections;
pub use error::{TransportError, TransportErrorKind};
/// The HTTP client that [`Context::http`](crate::client::Context::http) gives for calls that are not streams.
pub use reqwest::Client as PlainClient;
pub use response::{Read, Response};
