//! An SSE server for tests: it streams tokens on an exact schedule, goes wrong on demand, and remembers its requests.
//!
//! It runs on threads of its own, so it can be started in a plain test, in an asynchronous one and in `main`.
//!
//! ```
//! use sse_load::mock::{Finish, MockServer};
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use std::time::Duration;
//!
//! // Arrange: a model that thinks for 20 ms and then writes three tokens.
//! let server = MockServer::builder()
//!     .ttft(Duration::from_millis(20))
//!     .inter_token(Duration::from_millis(5))
//!     .tokens(3)
//!     .start();
//!
//! // Act: any client will do; this one is a socket.
//! let mut client = TcpStream::connect(server.addr())?;
//! client.write_all(b"GET /v1/chat/completions HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//!
//! // Assert: what the client got, and what the server saw.
//! assert!(answer.contains("data: [DONE]"));
//! let seen = &server.requests()[0];
//! assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/v1/chat/completions"));
//! assert_eq!((seen.finished, seen.tokens), (Some(Finish::Completed), 3));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Time
//! Event i with tokens (one each, unless [`Script::bundle`] says more) is due at `ttft + i * inter_token` after the head of
//! its request was read. One that is sent late delays no other, and those that are due together may share a write. [`MockServer::send_lateness`] tells how late
//! the server itself was.
//!
//! # Protocols
//! A plain connection is HTTP/1.1, or HTTP/2 if the client begins so. With [`Builder::tls`] the client chooses by ALPN. Over HTTP/2
//! a [`Fault::Reset`] resets its stream and not the connection.
//!
//! # What it is not
//! It always streams (also for `"stream": false`), and it checks nothing in a request.

mod activity;
mod answer;
mod builder;
mod clock;
mod dialect;
mod error;
mod fault;
mod lateness;
mod log;
mod pacer;
mod program;
mod protocol;
mod random;
mod routes;
mod schedule;
mod script;
mod server;
mod service;
mod stream;
mod timer;
mod tls;
mod traffic;
mod usage;
mod wire;
mod words;

pub use activity::Activity;
pub use answer::Answer;
pub use builder::Builder;
pub use dialect::{Dialect, LineEnd, RawEvent};
pub use error::StartError;
pub use fault::{Fault, On};
pub use lateness::Lateness;
pub use log::{Finish, LoggedRequest};
pub use script::Script;
pub use server::MockServer;
pub use usage::Usage;
