//! A connection that speaks HTTP/1.1, and the request that has it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Frame, Incoming};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, Connection, SendRequest};

use super::arrival::{Arrival, LastArrival};
use super::request::Outgoing;
use super::wire::Wire;

/// A connection over HTTP/1.1.
///
/// It has no task of its own: the request that has it drives it, and so nothing is read between the arrival of bytes and what
/// they told. Nobody drives a connection that waits for its next request.
pub(super) struct Http1 {
    sender: SendRequest<Full<Bytes>>,
    driver: Connection<Wire, Full<Bytes>>,
    last: Arc<LastArrival>,
    /// It is closed, and must not be driven again.
    ended: bool,
}

impl Http1 {
    pub(super) async fn open(wire: Wire, last: Arc<LastArrival>) -> Result<Self, hyper::Error> {
        let (sender, driver) = http1::handshake(wire).await?;
        Ok(Self { sender, driver, last, ended: false })
    }

    /// Whether a request can go out on it, as far as is known here.
    pub(super) fn is_free(&mut self) -> bool {
        // The next request drives it on, whatever happens until then.
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.ended && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of its response.
    pub(super) async fn send(
        &mut self,
        outgoing: Outgoing,
    ) -> Result<http::Response<Incoming>, TrySendError<Outgoing>> {
        let mut answer = std::pin::pin!(self.sender.try_send_request(outgoing));
        std::future::poll_fn(|context| {
            drive(&mut self.driver, &mut self.ended, context);
            answer.as_mut().poll(context)
        })
        .await
    }

    /// The next part of a body that comes on it; `None` at the body's end.
    pub(super) async fn frame(&mut self, body: &mut Incoming) -> Option<Result<Frame<Bytes>, hyper::Error>> {
        std::future::poll_fn(|context| {
            self.drive(context);
            Pin::new(&mut *body).poll_frame(context)
        })
        .await
    }

    /// When the bytes came that were read last.
    pub(super) fn arrival(&self) -> Arrival {
        self.last.get()
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        drive(&mut self.driver, &mut self.ended, context);
    }
}

/// Reads and writes what can be. Its error is that of the request or of the body, too.
fn drive(driver: &mut Connection<Wire, Full<Bytes>>, ended: &mut bool, context: &mut Context<'_>) {
    if !*ended && let Poll::Ready(_) = Pin::new(driver).poll(context) {
        *ended = true;
    }
}
