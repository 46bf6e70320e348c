//! How a server is set up.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::activity::{Activity, Observer};
use super::clock;
use super::dialect::Dialect;
use super::error::StartError;
use super::fault::{Fault, On};
use super::lateness::LatenessCounter;
use super::log::RequestLog;
use super::script::Script;
use super::server::MockServer;
use super::service::{Route, Routes, Shared};
use super::tls::{self, Identity};
use super::traffic::Traffic;

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

    /// The script of one path, such as `/v1/chat/completions`. A path named twice has the later script.
    pub fn path(mut self, path: impl Into<String>, script: Script) -> Self {
        self.paths.insert(path.into(), script);
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

    /// [`Script::hold`] of the default route.
    pub fn hold(self, hold: bool) -> Self {
        self.edit(|script| script.hold(hold))
    }

    /// [`Script::fault`] of the default route.
    pub fn fault(self, fault: Fault, on: On) -> Self {
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
    pub fn try_start(self) -> Result<MockServer, StartError> {
        let scripts = self.paths.values().chain(&self.default);
        scripts.into_iter().try_for_each(check)?;
        let traffic = Traffic::new(RequestLog::new(self.log_limit), self.observer);
        let shared = Shared {
            epoch: clock::now(),
            routes: routes(self.paths, self.default),
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

fn routes(paths: HashMap<String, Script>, default: Option<Script>) -> Routes {
    let default = if paths.is_empty() { default.or_else(|| Some(Script::new())) } else { default };
    Routes {
        by_path: paths.into_iter().map(|(path, script)| (path, Route::new(script))).collect(),
        default: default.map(Route::new),
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
    for (fault, _) in &script.faults {
        if let Fault::Status { code, .. } = fault
            && !(200..600).contains(code)
        {
            return Err(StartError::Status(*code));
        }
    }
    Ok(())
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
        let fault = Fault::Status { code: 42, body: String::new() };
        let script = Script::new().fault(fault, On::all());
        assert!(refused(builder().path("/a", script)).starts_with("a status must be from 200 to 599, got 42"));
    }

    #[test]
    fn a_port_in_use_is_an_error_that_names_it() {
        let first = MockServer::start();
        let error = MockServer::builder().port(first.addr().port()).try_start().expect_err("in use");
        assert!(error.to_string().contains(&first.addr().to_string()), "{error}");
    }
}
