//! The running server: its thread, its connections, and what it tells about them.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::builder::Builder;
use super::clock;
use super::error::StartError;
use super::lateness::Lateness;
use super::log::LoggedRequest;
use super::pacer::Alarms;
use super::protocol::{Protocol, serve_http1, serve_http2};
use super::service::{Origin, Shared};
use super::timer::Timer;
use super::tls;
use super::traffic::OpenConnection;

/// Connections that wait to be accepted: a thousand users may connect at once.
const BACKLOG: u32 = 4_096;

/// A running server. It stops, drops its connections and joins its threads when it is dropped.
///
/// ```
/// use sse_load::mock::MockServer;
///
/// let server = MockServer::builder().tokens(3).start();
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// assert_eq!(server.request_count(), 0);
/// ```
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MockServer {
    /// A server with every default: ten tokens of the OpenAI chat format on every path of a free port of `127.0.0.1`.
    ///
    /// # Panics
    /// If no port or no thread is to be had.
    #[must_use = "the server stops when it is dropped"]
    #[track_caller]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A server to be set up.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) fn launch(address: SocketAddr, tls: Option<TlsAcceptor>, shared: Shared) -> Result<Self, StartError> {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(shared);
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = mpsc::sync_channel(1);
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("mock-server".into())
            .spawn(move || run(address, tls, &of_thread, stopped, &ready))?;
        // A thread that ended without a word has panicked.
        let gone = |_| Err(StartError::Thread(io::ErrorKind::BrokenPipe.into()));
        let address = is_ready.recv().unwrap_or_else(gone)?;
        Ok(Self { address, scheme, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The base of every URL of the server, such as `http://127.0.0.1:40001`, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        let mut reachable = self.address;
        // No client can connect to "all addresses".
        if reachable.ip().is_unspecified() {
            reachable.set_ip(match reachable {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("{}://{reachable}", self.scheme)
    }

    /// The address that the server listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The moment that all times of the server count from.
    #[must_use]
    pub fn epoch(&self) -> Instant {
        self.shared.epoch
    }

    /// The logged requests, in the order in which they were received whole. CORS preflights are not among them.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.traffic.log.requests()
    }

    /// Requests so far, logged or not.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.shared.traffic.requests.load(SeqCst)
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn connection_count(&self) -> u64 {
        self.shared.traffic.connections.load(SeqCst)
    }

    /// Connections that are open now.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.shared.traffic.open_connections.load(SeqCst)
    }

    /// Requests whose answer has not ended.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.traffic.in_flight.load(SeqCst)
    }

    /// The most requests that were in flight at once.
    #[must_use]
    pub fn peak_in_flight(&self) -> usize {
        self.shared.traffic.peak_in_flight.load(SeqCst)
    }

    /// How late the server was with its own tokens: what a client measures includes this error.
    #[must_use]
    pub fn send_lateness(&self) -> Lateness {
        self.shared.lateness.summary()
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed then.
            let _ = thread.join();
        }
    }
}

/// The server's thread, from its start to its stop.
fn run(
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    shared: &Arc<Shared>,
    stopped: oneshot::Receiver<()>,
    ready: &mpsc::SyncSender<Result<SocketAddr, StartError>>,
) {
    let set_up = || -> Result<_, StartError> {
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let inside = runtime.enter();
        let timer = Timer::new()?;
        let listener = listen(address).map_err(|source| StartError::Listen { address, source })?;
        let address = listener.local_addr()?;
        drop(inside);
        Ok((timer, runtime, listener, address))
    };
    match set_up() {
        Ok((timer, runtime, listener, address)) => {
            let alarms = Alarms::default();
            runtime.spawn(alarms.clone().deliver(timer));
            runtime.spawn(accept(listener, tls, Arc::clone(shared), alarms));
            // The owner waits for this word, so it can't have gone.
            let _ = ready.send(Ok(address));
            // The sender is only ever dropped.
            let _ = runtime.block_on(stopped);
        }
        Err(error) => drop(ready.send(Err(error))),
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As the standard library does: elsewhere the option would let two servers share a port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>, alarms: Alarms) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(serve(stream, peer, tls.clone(), Arc::clone(&shared), alarms.clone()));
            }
            // Out of file descriptors, mostly: others have to end first.
            Err(_) => alarms.sleep_until(clock::now() + Duration::from_millis(10)).await,
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    alarms: Alarms,
) -> io::Result<()> {
    let open = OpenConnection::new(&shared.traffic);
    let origin = Origin { connection: open.id, peer };
    // Without it the stream is late, but right.
    let _ = stream.set_nodelay(true);
    let of_requests = alarms.clone();
    let service = service_fn(move |request| {
        let (shared, alarms) = (Arc::clone(&shared), of_requests.clone());
        Box::pin(async move { Ok::<_, Infallible>(shared.answer(&alarms, origin, request).await) })
    });
    match tls {
        None => match Protocol::of_plain(&stream, &alarms).await? {
            Protocol::Http1 => {
                if let Some(io) = serve_http1(TokioIo::new(stream), service).await {
                    io.inner().set_zero_linger()?;
                }
            }
            Protocol::Http2 => serve_http2(TokioIo::new(stream), service).await,
        },
        Some(tls) => {
            let io = TokioIo::new(tls.accept(stream).await?);
            match tls::negotiated(&io) {
                Protocol::Http1 => {
                    if let Some(io) = serve_http1(io, service).await {
                        io.inner().get_ref().0.set_zero_linger()?;
                    }
                }
                Protocol::Http2 => serve_http2(io, service).await,
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn it_starts_and_stops_inside_a_runtime() {
        let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let server = MockServer::start();
            assert_ne!(server.addr().port(), 0);
        });
    }

    #[test]
    fn a_dropped_server_closes_its_connections_and_its_port() {
        let server = MockServer::start();
        let address = server.addr();
        let mut idle = std::net::TcpStream::connect(address).expect("a connection");
        drop(server);
        // Reset or end, as the system likes; in no case a hang.
        assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
        assert!(std::net::TcpStream::connect(address).is_err());
    }

    #[test]
    fn a_server_on_all_addresses_has_a_url_to_connect_to() {
        let server = MockServer::builder().bind(Ipv4Addr::UNSPECIFIED).start();
        assert_eq!(server.url(), format!("http://127.0.0.1:{}", server.addr().port()));
    }
}
