//! A connection that speaks HTTP/2, which several requests may have at once.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::TokioExecutor;

use super::arrival::{Arrival, LastArrival};
use super::wire::Wire;
use crate::clock::Timestamp;

/// A connection over HTTP/2. Since requests share it, a task of its own drives it.
#[derive(Clone)]
pub(super) struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    last: Arc<LastArrival>,
    /// Nothing of the request's comes before.
    earliest: Timestamp,
}

impl Http2 {
    pub(super) async fn open(wire: Wire, last: Arc<LastArrival>) -> Result<Self, hyper::Error> {
        let (sender, driver) = http2::handshake(TokioExecutor::new(), wire).await?;
        // Its error is that of its requests, too.
        tokio::spawn(async move { drop(driver.await) });
        Ok(Self { sender, last, earliest: Timestamp::now() })
    }

    /// Whether a request can go out on it, as far as is known here.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// When the bytes came that were read last; it may have been for another request.
    pub(super) fn arrival(&mut self) -> Arrival {
        let arrival = self.last.get().not_before(self.earliest);
        self.earliest = arrival.at;
        arrival
    }

    /// Whether both are the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.last, &other.last)
    }

    /// Sends a request and waits for the head of its response.
    pub(super) async fn send(
        &mut self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<Incoming>, TrySendError<http::Request<Full<Bytes>>>> {
        self.earliest = Timestamp::now();
        self.sender.try_send_request(request).await
    }
}
