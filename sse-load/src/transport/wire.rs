//! The bytes of a connection, with TLS or without.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::socket::Socket;

/// The most that one record of TLS holds (RFC 8446, section 5.1).
const RECORD: usize = 16 * 1_024;

thread_local! {
    /// What is read over TLS, until HTTP has looked into it.
    static DECRYPTED: RefCell<Vec<u8>> = RefCell::new(vec![0; RECORD]);
}

/// What HTTP reads from and writes to.
pub(super) enum Wire {
    Plain(Socket),
    Tls(Box<TokioIo<TlsStream<Socket>>>),
}

impl Wire {
    pub(super) fn tls(stream: TlsStream<Socket>) -> Self {
        Self::Tls(Box::new(TokioIo::new(stream)))
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Gives `put` the bytes of one read, and says how many; none at the end of the connection.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>, put: impl FnOnce(&[u8])) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(socket) => socket.poll_receive(context, usize::MAX, put),
            Self::Tls(stream) => DECRYPTED.with_borrow_mut(|buffer| {
                let mut buffer = ReadBuf::new(buffer);
                ready!(Pin::new(stream.inner_mut()).poll_read(context, &mut buffer))?;
                put(buffer.filled());
                Poll::Ready(Ok(buffer.filled().len()))
            }),
        }
    }
}

/// For HTTP/2.
impl Read for Wire {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Read::poll_read(Pin::new(socket), context, buffer),
            Self::Tls(stream) => Read::poll_read(Pin::new(stream), context, buffer),
        }
    }
}

impl Write for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Write::poll_write(Pin::new(socket), context, bytes),
            Self::Tls(stream) => Write::poll_write(Pin::new(stream), context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Write::poll_flush(Pin::new(socket), context),
            Self::Tls(stream) => Write::poll_flush(Pin::new(stream), context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Write::poll_shutdown(Pin::new(socket), context),
            Self::Tls(stream) => Write::poll_shutdown(Pin::new(stream), context),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(socket) => Write::is_write_vectored(socket),
            Self::Tls(stream) => Write::is_write_vectored(stream),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Write::poll_write_vectored(Pin::new(socket), context, slices),
            Self::Tls(stream) => Write::poll_write_vectored(Pin::new(stream), context, slices),
        }
    }
}
