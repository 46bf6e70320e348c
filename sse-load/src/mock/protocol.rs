//! Which HTTP a connection speaks, and its service.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::HttpService;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpStream;

use super::clock;
use super::pacer::Alarms;
use super::stream::{ReplyBody, Reset};

/// How a client that speaks HTTP/2 without asking begins. No method of HTTP/1 begins with the first three bytes.
const PREFACE: &[u8] = b"PRI";

/// Streams that a client may open on one connection.
const MOST_STREAMS: u32 = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    /// What a plain connection begins with; its bytes stay unread.
    pub(super) async fn of_plain(stream: &TcpStream, alarms: &Alarms) -> io::Result<Self> {
        let mut start = [0; PREFACE.len()];
        loop {
            let length = stream.peek(&mut start).await?;
            if start[..length] == *PREFACE {
                return Ok(Self::Http2);
            }
            if length == 0 || !PREFACE.starts_with(&start[..length]) {
                return Ok(Self::Http1);
            }
            // A start of the preface: the rest is on its way, and a socket with unread bytes can't be waited for.
            alarms.sleep_until(clock::now() + Duration::from_millis(1)).await;
        }
    }
}

/// Serves an HTTP/1.1 connection to its end. Gives it back if it is to be reset.
pub(super) async fn serve_http1<I, S>(io: I, service: S) -> Option<I>
where
    I: Read + Write + Unpin,
    S: HttpService<Incoming, ResBody = ReplyBody, Error = Infallible> + Unpin,
    S::Future: Unpin,
{
    let mut connection = http1::Builder::new().serve_connection(io, service);
    // hyper's own shutdown would end a reset connection in good order.
    let served = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let io = connection.into_parts().io;
    served.is_err_and(|error| is_reset(&error)).then_some(io)
}

/// Serves an HTTP/2 connection to its end. A reset is one of its stream alone.
pub(super) async fn serve_http2<I, S>(io: I, service: S)
where
    I: Read + Write + Unpin,
    S: HttpService<Incoming, ResBody = ReplyBody, Error = Infallible>,
    S::Future: Future + Send + 'static,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    // The client may have left at any time.
    let _ = builder.max_concurrent_streams(MOST_STREAMS).serve_connection(io, service).await;
}

fn is_reset(error: &hyper::Error) -> bool {
    error.source().is_some_and(<dyn Error>::is::<Reset>)
}
