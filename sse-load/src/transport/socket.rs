//! The socket under a connection: it notes when what it reads arrived.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::arrival::LastArrival;
use super::receive::{Receiver, ask_for_stamps};
use crate::clock::Timestamp;

thread_local! {
    static RECEIVER: RefCell<Receiver> = RefCell::new(Receiver::new());
}

/// A TCP connection.
///
/// Whoever polls it gets the bytes of one read, and is asked to come again before it gets more: so what it makes of them is
/// out before the next arrival is noted.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    last: Arc<LastArrival>,
    /// Whether there may be more to read that nobody will be woken for.
    more: bool,
}

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        ask_for_stamps(&stream);
        Self { stream, last: Arc::new(LastArrival::new(Timestamp::now())), more: false }
    }

    /// Where it notes its arrivals.
    pub(super) fn last_arrival(&self) -> Arc<LastArrival> {
        Arc::clone(&self.last)
    }

    /// Gives `put` the bytes of one read, `room` at most, and says how many; none at the end of the stream.
    pub(super) fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        room: usize,
        put: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut self.more) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        RECEIVER.with_borrow_mut(|receiver| {
            loop {
                ready!(self.stream.poll_read_ready(context))?;
                match receiver.receive(&self.stream, room, self.last.get().at) {
                    Ok(received) => {
                        if !received.bytes.is_empty() {
                            self.last.note(received.arrival);
                        }
                        self.more = !received.emptied && !received.bytes.is_empty();
                        put(received.bytes);
                        return Poll::Ready(Ok(received.bytes.len()));
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
        })
    }
}

/// For HTTP/2 without TLS.
impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_receive(context, buffer.remaining(), |bytes| buffer.put_slice(bytes)).map_ok(drop)
    }
}

impl Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}

/// For TLS, which is tokio's.
impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_receive(context, buffer.remaining(), |bytes| buffer.put_slice(bytes)).map_ok(drop)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
