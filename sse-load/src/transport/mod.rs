//! HTTP: connections, TLS, reads that are stamped. The only place that knows the HTTP client.

mod arrival;
mod client;
mod connect_stamp;
mod connections;
mod connector;
mod cookies;
mod error;
mod http1;
mod http2;
mod kept;
mod local_addresses;
mod plain;
mod receive;
mod request;
mod response;
mod socket;
mod streams;
mod tls;
mod wire;

pub use client::HttpClient;
pub use connections::Connections;
pub use error::{TransportError, TransportErrorKind};
pub use request::Request;
/// The HTTP client that [`Context::http`](crate::client::Context::http) gives for calls that are not streams.
pub use reqwest::Client as PlainClient;
pub use response::{Read, Response};
