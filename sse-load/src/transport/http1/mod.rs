//! A connection that speaks HTTP/1.1 (RFC 9112), and the request that has it.

#[cfg(test)]
mod against_hyper;
mod body;
mod error;
mod head;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf as _, Bytes};
use http::response::Parts;
use http::{Method, Version};
use hyper::rt::Write as _;

use self::body::Body;
pub(super) use self::error::Http1Error;
use super::arrival::{Arrival, LastArrival};
use super::wire::Wire;
use crate::transport::Request;

/// A connection over HTTP/1.1.
///
/// It has no task of its own: the request that has it drives it, and so nothing is read between the arrival of bytes and what
/// they told. It has no buffer either, but for a head that came in parts, and what came together with one.
pub(super) struct Http1 {
    wire: Wire,
    last: Arc<LastArrival>,
    /// Read, and not looked into yet.
    unread: Vec<u8>,
    /// What is still to go out of the request: a response may begin, and go on, before all of it is.
    sending: Option<Sending>,
    /// What is still to come of the response.
    body: Body,
    /// Why nothing follows the part of the body that was given last.
    broken: Option<Http1Error>,
    /// Whether it can have another request after this one.
    keeps: bool,
    /// Whether a byte of the last request may have gone out.
    has_left: bool,
    /// Whether a byte of a response came since the last request began.
    answered: bool,
}

/// A request that got no response.
#[derive(Debug)]
pub(super) struct NoAnswer {
    pub(super) error: Http1Error,
    /// Whether a byte of it went out.
    pub(super) has_left: bool,
}

/// A request on its way.
struct Sending {
    head: Bytes,
    body: Bytes,
}

impl Http1 {
    pub(super) fn new(wire: Wire, last: Arc<LastArrival>) -> Self {
        Self {
            wire,
            last,
            unread: Vec::new(),
            sending: None,
            body: Body::Length(0),
            broken: None,
            keeps: true,
            has_left: false,
            answered: false,
        }
    }

    /// Whether a request can go out on it, as far as is known here.
    pub(super) fn is_free(&mut self) -> bool {
        // Bytes that nobody asked for, and the end of the connection, are both the end of it.
        let mut context = Context::from_waker(Waker::noop());
        let can_go_on = self.keeps && self.sending.is_none() && self.body.is_over() && self.unread.is_empty();
        can_go_on && self.wire.poll_read(&mut context, |_| ()).is_pending()
    }

    /// Sends a request, the last one if the connection `closes`, and waits for the head of its response.
    pub(super) async fn send(&mut self, request: &Request, closes: bool) -> Result<Parts, NoAnswer> {
        self.last.begin();
        self.answered = false;
        self.keeps = !closes && head::keeps_connection(Version::HTTP_11, &request.headers);
        self.sending = Some(Sending::of(request, closes));
        // A write over TLS may fail after a part of it has gone out.
        self.has_left = self.wire.is_encrypted();
        let head = std::future::poll_fn(|context| self.poll_answer(context, &request.method)).await;
        head.map_err(|error| NoAnswer { error, has_left: self.has_left })
    }

    /// The next part of the body; `None` at its end.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, Http1Error> {
        std::future::poll_fn(|context| self.poll_piece(context)).await
    }

    /// When the bytes came that were read last.
    pub(super) fn arrival(&self) -> Arrival {
        self.last.get()
    }

    /// Whether a byte of a response came since the last request began.
    pub(super) fn answered(&self) -> bool {
        self.answered
    }

    /// Sends what is left of the request. After an error nothing more of it goes out, and nothing after it.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(sending) = &mut self.sending else { return Poll::Ready(Ok(())) };
        let sent = ready!(sending.poll(&mut self.wire, context, &mut self.has_left));
        self.keeps &= sent.is_ok();
        self.sending = None;
        Poll::Ready(sent)
    }

    fn poll_answer(&mut self, context: &mut Context<'_>, method: &Method) -> Poll<Result<Parts, Http1Error>> {
        let sent = self.poll_send(context);
        while let Poll::Ready(read) = self.wire.poll_read(context, |bytes| self.unread.extend_from_slice(bytes)) {
            if read? == 0 {
                return Poll::Ready(Err(Http1Error::Closed));
            }
            self.answered = true;
            if let Some((head, length)) = head::of_response(&self.unread)? {
                self.unread.drain(..length);
                self.body = Body::of(method, &head)?;
                self.keeps &= !self.body.ends_with_connection() && head::keeps_connection(head.version, &head.headers);
                if head.status.is_client_error() || head.status.is_server_error() {
                    // The server wants no more of it (RFC 9112, section 9.5).
                    self.keeps &= self.sending.take().is_none();
                }
                return Poll::Ready(Ok(head));
            }
        }
        // A server that closes before it has read everything may have answered: that was looked for first.
        match sent {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Http1Error>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Err(error));
        }
        // A server that reads no more may answer all the same.
        let _ = self.poll_send(context);
        let mut data = Vec::new();
        while data.is_empty() {
            let unread = std::mem::take(&mut self.unread);
            let (taken, length) = if !unread.is_empty() {
                (self.body.take(&unread, &mut data), unread.len())
            } else if self.body.is_over() {
                return Poll::Ready(Ok(None));
            } else {
                let mut taken = Ok(0);
                let read = ready!(self.wire.poll_read(context, |bytes| taken = self.body.take(bytes, &mut data)))?;
                if read == 0 {
                    return Poll::Ready(self.end());
                }
                (taken, read)
            };
            match taken {
                Ok(taken) => self.keeps &= taken == length,
                Err(error) if data.is_empty() => return Poll::Ready(Err(error)),
                Err(error) => self.broken = Some(error),
            }
        }
        Poll::Ready(Ok(Some(data.into())))
    }

    /// The connection ended, and with it the body, if nothing else tells its end.
    fn end(&mut self) -> Result<Option<Bytes>, Http1Error> {
        if !self.body.ends_with_connection() {
            return Err(Http1Error::Closed);
        }
        self.body = Body::Length(0);
        Ok(None)
    }
}

impl Sending {
    fn of(request: &Request, closes: bool) -> Self {
        let head = head::of_request(request, closes).into();
        let body = request.body.clone().unwrap_or_default();
        Self { head, body }
    }

    fn poll(&mut self, wire: &mut Wire, context: &mut Context<'_>, has_left: &mut bool) -> Poll<io::Result<()>> {
        while self.head.has_remaining() || self.body.has_remaining() {
            let parts = [IoSlice::new(&self.head), IoSlice::new(&self.body)];
            let written = ready!(Pin::new(&mut *wire).poll_write_vectored(context, &parts))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *has_left = true;
            let of_head = written.min(self.head.len());
            self.head.advance(of_head);
            self.body.advance(written - of_head);
        }
        Pin::new(wire).poll_flush(context)
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
        (Http1::new(Wire::Plain(socket), last), theirs, twin)
    }

    /// Closes the other end, and waits until this one knows.
    pub(in crate::transport) async fn close(theirs: TcpStream, twin: &TcpStream) {
        drop(theirs);
        assert_eq!(twin.peek(&mut [0]).await.expect("it is open"), 0);
        tokio::task::yield_now().await;
    }

    pub(super) fn request(body: Option<Bytes>) -> Request {
        let url = "http://h/".parse().expect("a URL");
        Request { method: Method::GET, url, headers: http::HeaderMap::new(), body }
    }

    #[tokio::test]
    async fn a_request_on_a_connection_that_ended_meanwhile_comes_back() {
        let (mut connection, mut theirs, twin) = connection().await;
        let answer = async {
            assert!(theirs.read(&mut [0; 1024]).await.expect("it is open") > 0);
            theirs.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("it is open");
        };
        let request = request(None);
        let (sent, ()) = tokio::join!(connection.send(&request, false), answer);
        sent.expect("it is answered");
        assert_eq!(connection.piece().await.expect("it is whole"), None);
        assert!(connection.is_free());
        close(theirs, &twin).await;
        let sent = tokio::time::timeout(Duration::from_secs(20), connection.send(&request, false)).await;
        sent.expect("it does not hang").expect_err("nobody answers");
        assert!(!connection.is_free());
    }

    /// What comes of these bytes, after a request with this body, and whether the connection can have another.
    async fn answered_by(bytes: &[u8], body: &Bytes) -> (Result<Vec<u8>, Http1Error>, bool) {
        let (mut connection, mut theirs, twin) = connection().await;
        theirs.write_all(bytes).await.expect("it is open");
        let whole = async {
            connection.send(&request(Some(body.clone())), false).await.map_err(|unanswered| unanswered.error)?;
            let mut data = Vec::new();
            while let Some(piece) = connection.piece().await? {
                data.extend_from_slice(&piece);
            }
            Ok(data)
        };
        let leave = async {
            // What is sent is read by nobody, so that a large request stays unsent.
            tokio::time::sleep(Duration::ZERO).await;
            theirs.shutdown().await.expect("it is open");
        };
        let (whole, ()) = tokio::join!(whole, leave);
        drop(twin);
        (whole, connection.is_free())
    }

    #[tokio::test]
    async fn an_answer_that_comes_before_the_request_is_out_is_an_answer_and_the_last_one() {
        let large = Bytes::from(vec![b'x'; 64 * 1024 * 1024]);
        let (answer, is_free) =
            answered_by(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno", &large).await;
        assert_eq!(answer.expect("it is whole"), b"no");
        assert!(!is_free);
    }

    #[tokio::test]
    async fn an_answer_that_waits_for_the_rest_of_the_request_gets_it() {
        const LARGE: usize = 64 * 1024 * 1024;
        let (mut connection, mut theirs, _twin) = connection().await;
        let whole = async {
            connection.send(&request(Some(vec![b'x'; LARGE].into())), false).await.expect("it is answered");
            assert_eq!(connection.piece().await.expect("it is whole").as_deref(), Some(&b"ok"[..]));
            assert_eq!(connection.piece().await.expect("it is whole"), None);
        };
        let answer = async {
            theirs.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await.expect("it is open");
            let (mut read, mut room) = (0, vec![0; 1024 * 1024]);
            while read < LARGE {
                read += theirs.read(&mut room).await.expect("it is open");
            }
            theirs.write_all(b"ok").await.expect("it is open");
        };
        tokio::join!(whole, answer);
        assert!(connection.is_free());
    }

    #[tokio::test]
    async fn what_comes_before_a_broken_chunk_is_had_first() {
        let (mut connection, mut theirs, _twin) = connection().await;
        let bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nall\r\nx\r\n";
        theirs.write_all(bytes).await.expect("it is open");
        connection.send(&request(None), false).await.expect("it is answered");
        assert_eq!(connection.piece().await.expect("a whole chunk").as_deref(), Some(&b"all"[..]));
        assert!(matches!(connection.piece().await, Err(Http1Error::Chunk(_))));
        assert!(!connection.is_free());
    }

    #[tokio::test]
    async fn a_body_without_a_length_ends_with_its_connection_and_no_other_does() {
        let whole = |bytes: &'static [u8]| async move { answered_by(bytes, &Bytes::new()).await.0 };
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\n\r\nall").await.expect("it is whole"), b"all");
        for cut in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nall"[..],
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nall\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"",
        ] {
            let cut = whole(cut).await;
            assert!(matches!(cut, Err(Http1Error::Closed)), "{cut:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_on_which_more_comes_than_was_asked_for_is_not_used_again() {
        for (close, is_kept) in [("", true), ("connection: close\r\n", false)] {
            for (behind, is_expected) in [("", true), ("HTTP/1.1 200 OK\r\n", false)] {
                let (mut connection, mut theirs, _twin) = connection().await;
                let bytes = format!("HTTP/1.1 200 OK\r\n{close}content-length: 1\r\n\r\na{behind}");
                theirs.write_all(bytes.as_bytes()).await.expect("it is open");
                connection.send(&request(None), false).await.expect("it is answered");
                assert_eq!(connection.piece().await.expect("it is there"), Some(Bytes::from_static(b"a")));
                assert_eq!(connection.piece().await.expect("it is whole"), None);
                assert_eq!(connection.is_free(), is_kept && is_expected, "{bytes}");
            }
        }
    }
}
