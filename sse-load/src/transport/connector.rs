//! Opens connections: resolves names, connects, speaks TLS.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tower_service::Service as _;
use url::{Host, Url};

use super::connections::{Connections, HttpVersion};
use super::http1::Http1;
use super::http2::Http2;
use super::kept::{Line, Opened, Origin};
use super::socket::Socket;
use super::wire::Wire;

/// A peer that is gone is noticed.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_TRIES: u32 = 3;
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

pub(super) type AnyError = Box<dyn Error + Send + Sync>;

/// Opens connections.
pub(super) struct Connector {
    connections: Connections,
    /// Made by the first connection that needs it.
    tls: OnceLock<TlsConnector>,
}

impl Connector {
    pub(super) fn new(connections: Connections) -> Self {
        Self { connections, tls: OnceLock::new() }
    }

    /// A connection to there; name resolution, TCP and TLS are done.
    pub(super) async fn open(&self, url: &Url) -> Result<Opened, AnyError> {
        let stream = self.connect(url).await?;
        set_options(&stream)?;
        let socket = Socket::new(stream);
        let last = socket.last_arrival();
        let (wire, negotiated) =
            if url.scheme() == "https" { self.encrypt(url, socket).await? } else { (Wire::Plain(socket), false) };
        match self.connections.version {
            HttpVersion::Http2 => Ok(Opened::Http2(Http2::open(wire, last).await?)),
            HttpVersion::Negotiated if negotiated => Ok(Opened::Http2(Http2::open(wire, last).await?)),
            _ => {
                let connection = Http1::new(wire, last);
                Ok(Opened::Http1(Box::new(Line { origin: Origin::of(url), connection })))
            }
        }
    }

    async fn connect(&self, url: &Url) -> Result<TcpStream, AnyError> {
        let limit = self.connections.connect_timeout;
        if let Some(local) = &self.connections.local_addresses {
            return local.connect(&resolved(url).await?, limit).await;
        }
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(limit));
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let target = Uri::builder().scheme(url.scheme()).authority(format!("{host}:{port}")).path_and_query("/");
        Ok(connector.call(target.build()?).await?.into_inner())
    }

    /// Gives also whether HTTP/2 was agreed upon.
    async fn encrypt(&self, url: &Url, socket: Socket) -> Result<(Wire, bool), AnyError> {
        let name = match url.host() {
            Some(Host::Domain(name)) => ServerName::try_from(name.to_owned())?,
            Some(Host::Ipv4(address)) => IpAddr::from(address).into(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).into(),
            None => return Err("the URL has no host".into()),
        };
        let connector = if let Some(connector) = self.tls.get() {
            connector
        } else {
            let config: ClientConfig = self.connections.tls()?;
            self.tls.get_or_init(|| TlsConnector::from(Arc::new(config)))
        };
        let stream = connector.connect(name, socket).await?;
        let negotiated = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Wire::tls(stream), negotiated))
    }
}

/// The addresses of the server.
async fn resolved(url: &Url) -> io::Result<Vec<SocketAddr>> {
    let port = url.port_or_known_default().unwrap_or_default();
    match url.host() {
        Some(Host::Domain(name)) => Ok(lookup_host((name, port)).await?.collect()),
        Some(Host::Ipv4(address)) => Ok(vec![(address, port).into()]),
        Some(Host::Ipv6(address)) => Ok(vec![(address, port).into()]),
        None => Ok(Vec::new()),
    }
}

/// What the system is told of every connection.
fn set_options(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE).with_retries(KEEPALIVE_TRIES);
    // A system that knows less of this notices a peer that is gone later.
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    Ok(())
}
