//! The bytes of a connection, with TLS or without.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio_rustls::client::TlsStream;
use tokio_util::io::InspectReader;

use super::socket::Socket;

/// What HTTP reads from and writes to. It notes when HTTP is given bytes.
pub(super) enum Wire {
    Plain(Socket),
    Tls(Box<TokioIo<Decrypted>>),
}

type Decrypted = InspectReader<TlsStream<Socket>, Box<dyn FnMut(&[u8]) + Send>>;

impl Wire {
    pub(super) fn tls(stream: TlsStream<Socket>) -> Self {
        let last = stream.get_ref().0.last_arrival();
        let note = move |bytes: &[u8]| {
            if !bytes.is_empty() {
                last.answer();
            }
        };
        Self::Tls(Box::new(TokioIo::new(InspectReader::new(stream, Box::new(note)))))
    }
}

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
