//! How a server is set up.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::activity::{Activity, Observer};
use super::clock;
use super::dialect::{Dialect, LineEnd, USUAL_PATHS};
use super::error::StartError;
use super::fault::{Fault, On};
use super::lateness::LatenessCounter;
use super::log::RequestLog;
use super::routes::Routes;
use super::script::Script;
use super::server::MockServer;
use super::service::Shared;
use super::tls::{self, Identity};
use super::traffic::Traffic;
use super::usage::Usage;

/// Sets up a [`MockServer`].
///
/// The setters of a [`Script`] stand here too: they write the script of the default route, which answers on every
/// path that no [`Builder::path`] names. With paths named and none of these called, other paths get a 404.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    address: SocketAddr,
    seed: u64,
    stamped: bool,
    log_bodies: bool,
    log_limit: usize,
    observer: Observer,
    identity: Option<Identity>,
    client_ca: Option<Vec<u8>>,
    paths: HashMap<String, Script>,
    every_dialect: bool,
    default: Option<Script>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 0,
            stamped: false,
            log_bodies: true,
            log_limit: 64 << 20,
            observer: Observer::default(),
            identity: None,
            client_ca: None,
            paths: HashMap::new(),
            every_dialect: false,
            default: None,
        }
    }
}

impl Builder {
    /// The port to listen on; 0 takes a free one. Default: 0.
    pub fn port(mut self, port: u16) -> Self {
        self.address.set_port(port);
        self
    }

    /// The address to listen on. Default: `127.0.0.1`.
    pub fn bind(mut self, address: impl Into<IpAddr>) -> Self {
        self.address.set_ip(address.into());
        self
    }

    /// The seed of jitter, variation and shares of faults. Request k of a route is the same for each run with the
    /// same seed. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether each JSON event carries the member `sent_ns`: when it was given to the connection, in nanoseconds since
    /// [`MockServer::epoch`]. Events without a JSON object (`[DONE]`) carry none. Default: `false`.
    pub fn stamped(mut self, stamped: bool) -> Self {
        self.stamped = stamped;
        self
    }

    /// Whether the request log keeps bodies. Default: `true`.
    pub fn log_bodies(mut self, log_bodies: bool) -> Self {
        self.log_bodies = log_bodies;
        self
    }

    /// The most bytes of requests that the log keeps. The first request that does not fit and all after it are counted
    /// but not logged. Default: 64 MiB.
    pub fn log_limit(mut self, bytes: usize) -> Self {
        self.log_limit = bytes;
        self
    }

    /// A function that hears of each [`Activity`], on the server's thread: it must not block. Default: none.
    pub fn on_activity(mut self, observe: impl Fn(&Activity) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observe);
        self
    }

    /// Speaks TLS with this certificate chain and its private key, both as PEM text. Default: no TLS.
    pub fn tls(mut self, certificate_pem: impl Into<Vec<u8>>, key_pem: impl Into<Vec<u8>>) -> Self {
        self.identity = Some(Identity { certificate: certificate_pem.into(), key: key_pem.into() });
        self
    }

    /// Over TLS, accepts only clients with a certificate of this authority (PEM text). Default: every client.
    pub fn require_client_certificate(mut self, ca_pem: impl Into<Vec<u8>>) -> Self {
        self.client_ca = Some(ca_pem.into());
        self
    }

    /// The script of one path, such as `/v1/chat/completions`. A path named twice has the later script; one without a slash
    /// at its start gets one.
    ///
    /// A name in braces stands for one or more characters but slashes: `/v2/models/{model}/generate_stream` fits the path
    /// of every model. A path that is named exactly comes before those, and a longer one before a shorter.
    pub fn path(mut self, path: impl Into<String>, script: Script) -> Self {
        let path = path.into();
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        self.paths.insert(path, script);
        self
    }

    /// Serves every API on the path on which its real server streams, such as `/v1/messages`. The default script says
    /// all but the dialect; other paths get a 404.
    ///
    /// ```
    /// use sse_load::mock::MockServer;
    ///
    /// let server = MockServer::builder().every_dialect().tokens(5).start();
    /// ```
    ///
    /// The paths are `/v1/chat/completions`, `/v1/completions`, `/v1/responses`, `/v1/messages`,
    /// `/v1beta/models/{model}:streamGenerateContent`, `/api/chat`, `/api/generate`, `/generate_stream` (TGI), `/v2/chat`
    /// (Cohere), `/v2/models/{model}/generate_stream` (Triton, with a version too), `/generate` (`SGLang`) and
    /// `/completion` (llama.cpp).
    pub fn every_dialect(mut self) -> Self {
        self.every_dialect = true;
        self
    }

    /// The script of the default route. Default: [`Script::new`].
    pub fn script(mut self, script: Script) -> Self {
        self.default = Some(script);
        self
    }

    /// [`Script::dialect`] of the default route.
    pub fn dialect(self, dialect: Dialect) -> Self {
        self.edit(|script| script.dialect(dialect))
    }

    /// [`Script::ttft`] of the default route.
    pub fn ttft(self, ttft: Duration) -> Self {
        self.edit(|script| script.ttft(ttft))
    }

    /// [`Script::inter_token`] of the default route.
    pub fn inter_token(self, inter_token: Duration) -> Self {
        self.edit(|script| script.inter_token(inter_token))
    }

    /// [`Script::jitter`] of the default route.
    pub fn jitter(self, share: f64) -> Self {
        self.edit(|script| script.jitter(share))
    }

    /// [`Script::vary`] of the default route.
    pub fn vary(self, share: f64) -> Self {
        self.edit(|script| script.vary(share))
    }

    /// [`Script::tokens`] of the default route.
    pub fn tokens(self, tokens: u32) -> Self {
        self.edit(|script| script.tokens(tokens))
    }

    /// [`Script::prompt_tokens`] of the default route.
    pub fn prompt_tokens(self, tokens: u32) -> Self {
        self.edit(|script| script.prompt_tokens(tokens))
    }

    /// [`Script::reasoning`] of the default route.
    pub fn reasoning(self, tokens: u32) -> Self {
        self.edit(|script| script.reasoning(tokens))
    }

    /// [`Script::tool_call`] of the default route.
    pub fn tool_call(self, name: impl Into<String>) -> Self {
        self.edit(|script| script.tool_call(name))
    }

    /// [`Script::choices`] of the default route.
    pub fn choices(self, choices: u32) -> Self {
        self.edit(|script| script.choices(choices))
    }

    /// [`Script::usage`] of the default route.
    pub fn usage(self, usage: Usage) -> Self {
        self.edit(|script| script.usage(usage))
    }

    /// [`Script::bundle`] of the default route.
    pub fn bundle(self, tokens: u32) -> Self {
        self.edit(|script| script.bundle(tokens))
    }

    /// [`Script::line_end`] of the default route.
    pub fn line_end(self, line_end: LineEnd) -> Self {
        self.edit(|script| script.line_end(line_end))
    }

    /// [`Script::bom`] of the default route.
    pub fn bom(self, bom: bool) -> Self {
        self.edit(|script| script.bom(bom))
    }

    /// [`Script::ping_every`] of the default route.
    pub fn ping_every(self, silence: Duration) -> Self {
        self.edit(|script| script.ping_every(silence))
    }

    /// [`Script::split_writes`] of the default route.
    pub fn split_writes(self, bytes: usize) -> Self {
        self.edit(|script| script.split_writes(bytes))
    }

    /// [`Script::gzip`] of the default route.
    pub fn gzip(self, gzip: bool) -> Self {
        self.edit(|script| script.gzip(gzip))
    }

    /// [`Script::hold`] of the default route.
    pub fn hold(self, hold: bool) -> Self {
        self.edit(|script| script.hold(hold))
    }

    /// [`Script::fault`] of the default route.
    pub fn fault(self, fault: impl Into<Fault>, on: On) -> Self {
        self.edit(|script| script.fault(fault, on))
    }

    fn edit(mut self, change: impl FnOnce(Script) -> Script) -> Self {
        self.default = Some(change(self.default.unwrap_or_default()));
        self
    }

    /// Starts the server; it is listening when this returns.
    ///
    /// # Panics
    /// With the message of the [`StartError`] that [`Builder::try_start`] would give.
    #[must_use = "the server stops when it is dropped"]
    #[track_caller]
    pub fn start(self) -> MockServer {
        match self.try_start() {
            Ok(server) => server,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts the server; it is listening when this returns.
    ///
    /// # Errors
    /// If the address can't be listened on, a thread can't be started, a number of a script is out of its range, or
    /// the certificates can't be used.
    pub fn try_start(mut self) -> Result<MockServer, StartError> {
        if self.every_dialect {
            let script = self.default.take().unwrap_or_default();
            for (path, dialect) in USUAL_PATHS {
                self.paths.entry(path.into()).or_insert_with(|| script.clone().dialect(dialect));
            }
        }
        if self.paths.is_empty() {
            self.default.get_or_insert_default();
        }
        self.paths.values().chain(&self.default).try_for_each(check)?;
        let traffic = Traffic::new(RequestLog::new(self.log_limit), self.observer);
        let shared = Shared {
            epoch: clock::now(),
            routes: Routes::new(self.paths, self.default),
            seed: self.seed,
            stamped: self.stamped,
            log_bodies: self.log_bodies,
            traffic: Arc::new(traffic),
            lateness: Arc::new(LatenessCounter::new()),
        };
        let client_ca = self.client_ca.as_deref();
        let tls = self.identity.map(|identity| tls::acceptor(&identity, client_ca)).transpose()?;
        MockServer::launch(self.address, tls, shared)
    }
}

fn check(script: &Script) -> Result<(), StartError> {
    let shares = script.faults.iter().filter_map(|(_, on)| on.ratio()).map(|share| ("On::share", share));
    let ratios = [("jitter", script.jitter), ("vary", script.vary)];
    for (name, ratio) in ratios.into_iter().chain(shares) {
        if !(0.0..=1.0).contains(&ratio) {
            return Err(StartError::Ratio { name, ratio });
        }
    }
    script.faults.iter().try_for_each(|(fault, _)| fault.check())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused_by_name() {
        let refused = |builder: Builder| builder.try_start().expect_err("a refusal").to_string();
        let builder = || MockServer::builder().tokens(1);
        assert!(refused(builder().jitter(1.5)).starts_with("jitter must be from 0 to 1, got 1.5"));
        assert!(refused(builder().vary(f64::NAN)).starts_with("vary must be from 0 to 1, got NaN"));
        let on = On::share(-0.1);
        assert!(refused(builder().fault(Fault::Empty, on)).starts_with("On::share must be"));
        let script = Script::new().fault(Fault::status(42), On::all());
        assert!(refused(builder().path("/a", script)).starts_with("a status must be from 200 to 599, got 42"));
    }

    #[test]
    fn headers_that_http_does_not_allow_are_refused_by_name() {
        let refused = |fault: Fault| MockServer::builder().fault(fault, On::all()).try_start().expect_err("a refusal");
        let named = refused(Fault::status(429).header("Retry After", "1").into()).to_string();
        assert!(named.starts_with("the header \"Retry After\""), "{named}");
        let typed = refused(Fault::ContentType("a\nb".into())).to_string();
        assert!(typed.starts_with("the header \"Content-Type\""), "{typed}");
    }

    #[test]
    fn a_port_in_use_is_an_error_that_names_it() {
        let first = MockServer::start();
        let error = MockServer::builder().port(first.addr().port()).try_start().expect_err("in use");
        assert!(error.to_string().contains(&first.addr().to_string()), "{error}");
    }
}
