//! How users connect.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::client::Resumption;

use super::local_addresses::LocalAddresses;
use super::tls::{self, TlsError};
use super::{TransportError, plain};

/// TLS sessions that a client keeps for its next connections.
const SESSIONS: usize = 32;

/// How the users of a load test connect to the server.
///
/// ```
/// use sse_load::prelude::*;
///
/// # #[sse_user]
/// # impl ChatUser {
/// #     #[task]
/// #     async fn ask(_ctx: &mut Context) -> TaskResult { Ok(()) }
/// # }
/// let test = ChatUser::load_test("behind_a_gateway").connections(Connections::pooled().http2());
/// ```
///
/// # Who shares a connection
/// | policy | connections | `connect` in TTFT |
/// |---|---|---|
/// | [`per_user`](Self::per_user), the default | each user has its own, kept alive | of a user's first request |
/// | [`pooled`](Self::pooled) | the users of one measuring thread share theirs | of the first requests of a thread |
/// | [`new_each_time`](Self::new_each_time) | each request opens one | of every request |
///
/// # TLS
/// Servers are verified always, against the machine's own roots and the certificates of
/// [`ca_certificate_pem`](Self::ca_certificate_pem). There is no way to leave that out: a test server's own CA takes one line.
/// Each client resumes only sessions of its own.
#[derive(Clone)]
#[must_use = "connections are settings: give them to `LoadTest::connections`"]
pub struct Connections {
    pub(super) policy: Policy,
    pub(super) version: HttpVersion,
    pub(super) connect_timeout: Duration,
    pub(super) gzip: bool,
    pub(super) cookies: bool,
    pub(super) environment_proxies: bool,
    /// All clones have their turns together.
    pub(super) local_addresses: Option<Arc<LocalAddresses>>,
    ca_pems: Vec<Arc<[u8]>>,
    client_pem: Option<Arc<[u8]>>,
    /// Built once for all clones.
    tls: Arc<OnceLock<Result<ClientConfig, TlsError>>>,
    checked: Arc<OnceLock<Result<(), TransportError>>>,
}

/// Who uses a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    PerUser,
    Pooled,
    NewEachTime,
}

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpVersion {
    Http1,
    Negotiated,
    Http2,
}

impl HttpVersion {
    /// What TLS offers to the server.
    fn alpn(self) -> Vec<Vec<u8>> {
        let offered: &[&str] = match self {
            Self::Http1 => &["http/1.1"],
            Self::Negotiated => &["h2", "http/1.1"],
            Self::Http2 => &["h2"],
        };
        offered.iter().map(|protocol| protocol.as_bytes().to_vec()).collect()
    }
}

impl Default for Connections {
    fn default() -> Self {
        Self::per_user()
    }
}

impl Connections {
    /// Each user has connections of its own, kept alive between its requests and never shared: what browsers and apps do.
    pub fn per_user() -> Self {
        Self {
            policy: Policy::PerUser,
            version: HttpVersion::Http1,
            connect_timeout: Duration::from_secs(10),
            gzip: false,
            cookies: false,
            environment_proxies: false,
            local_addresses: None,
            ca_pems: Vec::new(),
            client_pem: None,
            tls: Arc::default(),
            checked: Arc::default(),
        }
    }

    /// The users of one measuring thread share one client and its connections: what a gateway or an application server does.
    /// Not those of the whole run, since a connection lives on one thread's runtime.
    ///
    /// Over HTTP/1.1 that is as many connections as requests in flight at once, over HTTP/2 one for each thread.
    pub fn pooled() -> Self {
        Self { policy: Policy::Pooled, ..Self::per_user() }
    }

    /// Each request opens a connection of its own, and (in HTTP/1.1) tells the server so with `Connection: close`.
    /// Connecting is part of every TTFT then.
    pub fn new_each_time() -> Self {
        Self { policy: Policy::NewEachTime, ..Self::per_user() }
    }

    /// HTTP/2 where the server takes it over TLS (ALPN `h2`, `http/1.1`), HTTP/1.1 elsewhere. Default: HTTP/1.1 alone, so
    /// that no two streams share a connection and wait for each other's bytes.
    pub fn http2(mut self) -> Self {
        self.version = HttpVersion::Negotiated;
        self.forget_tls()
    }

    /// HTTP/2 without asking: over plain connections too (`h2c`). A server that speaks HTTP/1.1 fails every request.
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.version = HttpVersion::Http2;
        self.forget_tls()
    }

    /// How long a connection may take: name resolution, TCP and TLS. The load test says so.
    pub(crate) fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Certificates of authorities, in PEM, that are trusted beside the machine's own roots. Each call adds those of one text.
    ///
    /// A text without a certificate is an error when the test starts.
    pub fn ca_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_pems.push(pem.into().into());
        self.forget_tls()
    }

    /// The certificate (with its chain) and the private key, both in one PEM text, that say who the client is.
    ///
    /// A text that lacks one of them is an error when the test starts. No message shows any of it.
    pub fn client_certificate_pem(mut self, certificate_and_key: impl Into<Vec<u8>>) -> Self {
        self.client_pem = Some(certificate_and_key.into().into());
        self.forget_tls()
    }

    /// Asks for gzip and decompresses it. Default: off, and no `Accept-Encoding` is sent.
    ///
    /// A compressed stream hides the times of its chunks: both the server's compressor and the client's decompressor
    /// may hold back bytes of one event until more follow.
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// Each user keeps the cookies that it is sent, and sends them back, as a browser does: with
    /// [`sse_request`](crate::Context::sse_request) and with [`http`](crate::Context::http). Default: none is kept, since few
    /// clients of an API do.
    ///
    /// A user that begins anew after a panic has none; an arrival of the open loop has those that its user's `#[on_start]` was
    /// sent. Users of [`pooled`](Self::pooled) connections share a client, and so have no cookies of their own: such a test is refused.
    ///
    /// ```
    /// use sse_load::prelude::*;
    ///
    /// # #[sse_user]
    /// # impl ChatUser {
    /// #     #[task]
    /// #     async fn ask(_ctx: &mut Context) -> TaskResult { Ok(()) }
    /// # }
    /// let test = ChatUser::load_test("sessions").connections(Connections::per_user().cookies());
    /// ```
    pub fn cookies(mut self) -> Self {
        self.cookies = true;
        self
    }

    /// Goes through the proxies that the environment names (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`).
    /// Default: off, since a proxy that is forgotten in the environment would be measured.
    pub fn environment_proxies(mut self) -> Self {
        self.environment_proxies = true;
        self
    }

    /// Opens connections from these addresses of this machine in turn. Default: from the one that the system chooses.
    ///
    /// One address has as many local ports for a server as the system gives out, on Linux about 28,000
    /// (`net.ipv4.ip_local_port_range`), and so as many connections at once; each further address has as many again. Those of the
    /// server's family (IPv4 or IPv6) are used. [`http`](crate::Context::http) and streams through a proxy have one address for each
    /// client, of the family of the first that is given here. `SSE_LOAD_LOCAL_ADDRESSES` wins over this.
    ///
    /// None at all, or one that this machine does not have, is an error when the test starts.
    ///
    /// ```
    /// use sse_load::prelude::*;
    ///
    /// # #[sse_user]
    /// # impl ChatUser {
    /// #     #[task]
    /// #     async fn ask(_ctx: &mut Context) -> TaskResult { Ok(()) }
    /// # }
    /// let connections = Connections::per_user().local_addresses([[10, 0, 0, 5], [10, 0, 0, 6]]);
    /// let test = ChatUser::load_test("fifty_thousand").users(50_000).connections(connections);
    /// ```
    pub fn local_addresses(mut self, addresses: impl IntoIterator<Item = impl Into<IpAddr>>) -> Self {
        self.local_addresses = Some(Arc::new(LocalAddresses::new(addresses.into_iter().map(Into::into))));
        self.checked = Arc::default();
        self
    }

    /// Whether the users of a thread share a client.
    #[must_use]
    pub fn are_shared(&self) -> bool {
        self.policy == Policy::Pooled
    }

    /// Whether each user keeps a connection of its own.
    #[must_use]
    pub fn are_kept_by_each_user(&self) -> bool {
        self.policy == Policy::PerUser
    }

    /// Whether each user keeps its cookies.
    #[must_use]
    pub fn keep_cookies(&self) -> bool {
        self.cookies
    }

    /// Whether clients can be made with these settings.
    pub(super) fn check(&self) -> Result<(), TransportError> {
        let checked = || {
            let local = self.local_addresses.as_ref().map_or(Ok(()), |local| local.check());
            local.map_err(|error| TransportError::setup(error.to_string()))?;
            plain::client(self, None).map(drop)
        };
        self.checked.get_or_init(checked).clone()
    }

    /// The TLS configuration of one client; what clients have in common is built by the first one.
    pub(super) fn tls(&self) -> Result<ClientConfig, TlsError> {
        let build = || {
            let mut config = tls::config(&self.ca_pems, self.client_pem.as_deref())?;
            config.alpn_protocols = self.version.alpn();
            Ok(config)
        };
        let mut config = self.tls.get_or_init(build).clone()?;
        // Sessions of other users must not shorten the handshake of this one.
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(config)
    }

    fn forget_tls(mut self) -> Self {
        self.tls = Arc::default();
        self.checked = Arc::default();
        self
    }
}

/// Without certificates and keys.
impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("policy", &self.policy)
            .field("version", &self.version)
            .field("connect_timeout", &self.connect_timeout)
            .field("gzip", &self.gzip)
            .field("cookies", &self.cookies)
            .field("environment_proxies", &self.environment_proxies)
            .field("local_addresses", &self.local_addresses)
            .field("ca_certificates", &self.ca_pems.len())
            .field("client_certificate", &self.client_pem.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(connections: &Connections) -> String {
        connections.tls().expect_err("it is no PEM").to_string()
    }

    #[test]
    fn text_without_what_is_expected_is_refused_by_name() {
        let ca = refusal(&Connections::per_user().ca_certificate_pem("no PEM"));
        assert!(ca.contains("ca_certificate_pem") && ca.contains("BEGIN CERTIFICATE"), "{ca}");
        let client = refusal(&Connections::per_user().client_certificate_pem("s3cret"));
        assert!(client.contains("client_certificate_pem") && !client.contains("s3cret"), "{client}");
        let broken = "-----BEGIN CERTIFICATE-----\ns3cret!\n-----END CERTIFICATE-----\n";
        let broken = refusal(&Connections::per_user().ca_certificate_pem(broken));
        assert!(broken.contains("ca_certificate_pem"), "{broken}");
    }

    #[test]
    fn a_setting_after_the_first_client_is_not_lost() {
        let connections = Connections::per_user();
        assert_eq!(connections.tls().expect("plain settings").alpn_protocols, [b"http/1.1"]);
        let negotiated = connections.http2().tls().expect("plain settings");
        assert_eq!(negotiated.alpn_protocols, [&b"h2"[..], b"http/1.1"]);
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", Connections::pooled().client_certificate_pem("s3cret").ca_certificate_pem("s3cret"));
        assert!(text.contains("client_certificate: true") && text.contains("ca_certificates: 1"), "{text}");
        assert!(!text.contains("115") && !text.contains("s3cret"), "{text}");
    }
}
