//! A connection that speaks HTTP/1.1, and the request that has it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

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
    /// Gone once it has ended: a request that waits in it is given back as it is dropped.
    driver: Option<Connection<Wire, Full<Bytes>>>,
    last: Arc<LastArrival>,
}

impl Http1 {
    pub(super) async fn open(wire: Wire, last: Arc<LastArrival>) -> Result<Self, hyper::Error> {
        let (sender, driver) = http1::handshake(wire).await?;
        Ok(Self { sender, driver: Some(driver), last })
    }

    /// Whether a request can go out on it, as far as is known here.
    pub(super) fn is_free(&mut self) -> bool {
        // The next request drives it on, whatever happens until then.
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of its response.
    pub(super) async fn send(
        &mut self,
        outgoing: Outgoing,
    ) -> Result<http::Response<Incoming>, TrySendError<Outgoing>> {
        self.last.begin();
        let mut answer = std::pin::pin!(self.sender.try_send_request(outgoing));
        std::future::poll_fn(|context| {
            drive(&mut self.driver, context);
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

    /// Whether a byte of a response came since the last request began.
    pub(super) fn answered(&self) -> bool {
        self.last.answered()
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        drive(&mut self.driver, context);
    }
}

/// Reads and writes what can be. Its error is that of the request or of the body, too.
fn drive(driver: &mut Option<Connection<Wire, Full<Bytes>>>, context: &mut Context<'_>) {
    if let Some(open) = driver
        && Pin::new(open).poll(context).is_ready()
    {
        *driver = None;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::transport::socket::Socket;

    /// A connection, its other end, and its socket once more.
    pub(in crate::transport) async fn connection() -> (Http1, TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let ours = TcpStream::connect(listener.local_addr().expect("it is bound")).await.expect("it listens");
        let ours = ours.into_std().expect("it is open");
        let twin = TcpStream::from_std(ours.try_clone().expect("a handle")).expect("it is open");
        let (theirs, _) = listener.accept().await.expect("it connected");
        let socket = Socket::new(TcpStream::from_std(ours).expect("it is open"));
        let last = socket.last_arrival();
        (Http1::open(Wire::Plain(socket), last).await.expect("it is open"), theirs, twin)
    }

    /// Closes the other end, and waits until this one knows.
    pub(in crate::transport) async fn close(theirs: TcpStream, twin: &TcpStream) {
        drop(theirs);
        assert_eq!(twin.peek(&mut [0]).await.expect("it is open"), 0);
        tokio::task::yield_now().await;
    }

    fn outgoing() -> Outgoing {
        let mut outgoing = http::Request::new(Full::default());
        outgoing.headers_mut().insert(http::header::HOST, http::HeaderValue::from_static("h"));
        outgoing
    }

    #[tokio::test]
    async fn a_request_on_a_connection_that_ended_meanwhile_comes_back() {
        let (mut connection, mut theirs, twin) = connection().await;
        let answer = async {
            assert!(theirs.read(&mut [0; 1024]).await.expect("it is open") > 0);
            theirs.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("it is open");
        };
        let (sent, ()) = tokio::join!(connection.send(outgoing()), answer);
        let mut body = sent.expect("it is answered").into_body();
        assert!(connection.frame(&mut body).await.is_none());
        assert!(connection.is_free());
        close(theirs, &twin).await;
        let sent = tokio::time::timeout(Duration::from_secs(20), connection.send(outgoing())).await;
        let error = sent.expect("it does not hang").expect_err("nobody answers");
        assert!(error.message().is_some(), "{error:?}");
        assert!(!connection.is_free());
    }
}
