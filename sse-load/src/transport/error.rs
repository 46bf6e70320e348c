//! What can go wrong below HTTP.

use std::error::Error;
use std::io::{self, ErrorKind};

use rustls::{AlertDescription, CertificateError, InvalidMessage};
use tokio::time::error::Elapsed;

use super::connections::HttpVersion;
use super::http1::Http1Error;
use super::request::RequestError;

/// At which point the connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No client could be set up.
    Setup,
    /// No connection was there in time.
    ConnectTimeout,
    /// Before a response head was there.
    Connect,
    /// The process may open no further file, and a connection is one.
    FilesExhausted,
    /// The machine has no local port left for a connection to this address.
    PortsExhausted,
    /// In the middle of the body.
    Body,
}

const UNASKED_HTTP2: &str = "does the server speak HTTP/2 on this port? `Connections::http2_prior_knowledge` does not ask; \
                            without it HTTP/1.1 is spoken";

/// An error of the connection. Its text never holds the URL, which may carry a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TransportError {
    kind: TransportErrorKind,
    text: String,
}

impl TransportError {
    /// No connection was there.
    pub(super) fn no_connection(error: &(dyn Error + 'static)) -> Self {
        let timed_out =
            |cause: &(dyn Error + 'static)| Some(cause.downcast_ref::<io::Error>()?.kind() == ErrorKind::TimedOut);
        let too_late = causes(error).find_map(timed_out).unwrap_or(false);
        let otherwise = if too_late { TransportErrorKind::ConnectTimeout } else { TransportErrorKind::Connect };
        Self::advised(otherwise, error, None)
    }

    /// No connection was there within its time.
    pub(super) fn too_late(elapsed: &Elapsed) -> Self {
        Self::advised(TransportErrorKind::ConnectTimeout, elapsed, None)
    }

    /// There was a connection, and no response head came on it.
    pub(super) fn no_response(error: &(dyn Error + 'static), version: HttpVersion) -> Self {
        let unasked = version == HttpVersion::Http2;
        Self::advised(TransportErrorKind::Connect, error, unasked.then_some(UNASKED_HTTP2))
    }

    /// The same for either, of the client that goes through proxies.
    pub(super) fn no_plain_response(error: reqwest::Error, version: HttpVersion) -> Self {
        let (connects, too_late) = (error.is_connect(), error.is_timeout());
        let error = error.without_url();
        match (connects, too_late) {
            (true, true) => Self::advised(TransportErrorKind::ConnectTimeout, &error, None),
            (true, false) => Self::no_connection(&error),
            (false, _) => Self::no_response(&error, version),
        }
    }

    /// The connection broke in the middle of the body.
    pub(super) fn of_body(error: &(dyn Error + 'static)) -> Self {
        Self { kind: TransportErrorKind::Body, ..Self::advised(TransportErrorKind::Body, error, None) }
    }

    /// What is asked for can't be sent.
    pub(super) fn unsendable(error: RequestError) -> Self {
        Self::advised(TransportErrorKind::Connect, &error, None)
    }

    /// What the system had none of goes before `kind`, and advice of the cause before this one.
    fn advised(kind: TransportErrorKind, error: &(dyn Error + 'static), otherwise: Option<&str>) -> Self {
        let kind = causes(error).find_map(exhausted).unwrap_or(kind);
        let text = match causes(error).find_map(advice).or(otherwise) {
            Some(advice) => format!("{}: {advice}", innermost(error)),
            None => innermost(error),
        };
        Self { kind, text }
    }

    pub(super) fn setup(text: impl Into<String>) -> Self {
        Self { kind: TransportErrorKind::Setup, text: text.into() }
    }

    /// At which point.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

/// Whether the connection was closed before a whole head of a response came; an interim one may have come.
pub(super) fn closed_by_server(error: &(dyn Error + 'static)) -> bool {
    let closed = |cause: &(dyn Error + 'static)| {
        if cause.downcast_ref().is_some_and(Http1Error::is_closed)
            || cause.downcast_ref().is_some_and(hyper::Error::is_incomplete_message)
        {
            return Some(true);
        }
        let kind = cause.downcast_ref::<io::Error>()?.kind();
        Some(matches!(
            kind,
            ErrorKind::ConnectionReset
                | ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                // Of TLS, which ends with a farewell.
                | ErrorKind::UnexpectedEof
        ))
    };
    causes(error).find_map(closed).unwrap_or(false)
}

/// The error and what caused it, outermost first.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The last cause in the chain says what happened ("Connection refused"); those above it only say where.
fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// What to do about a failure.
fn advice(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    if cause.downcast_ref().is_some_and(Http1Error::is_no_http)
        || cause.downcast_ref().is_some_and(hyper::Error::is_parse)
    {
        return Some(
            "the answer is no HTTP/1.1: does the server speak TLS? then its URL begins with https://; does it speak \
             HTTP/2 alone? then `Connections::http2_prior_knowledge`",
        );
    }
    if cause.downcast_ref().is_some_and(is_of_another_family) {
        return Some(
            "none of the server's addresses is of the family, IPv4 or IPv6, of `Connections::local_addresses`",
        );
    }
    match exhausted(cause) {
        Some(TransportErrorKind::FilesExhausted) => {
            return Some(
                "this process may open no further file, and each connection is one: raise the limit (ulimit -Hn), or use fewer \
                 users (or `Connections::pooled`)",
            );
        }
        Some(_) => {
            return Some(
                "this machine has no local port left, or no address of the kind of the server's (IPv6?): keep connections (not `Connections::new_each_time`), widen \
                 net.ipv4.ip_local_port_range, or spread the load over more addresses, of this machine (`Connections::local_addresses`) or of the server",
            );
        }
        None => {}
    }
    match tls_error(cause)? {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => Some(
            "the answer is no TLS: does the server speak plain HTTP on this port? then its URL begins with http://",
        ),
        rustls::Error::InvalidCertificate(error) => Some(advice_on_certificate(error)),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Some("the server asks for a client certificate; give it one with `Connections::client_certificate_pem`")
        }
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)
        | rustls::Error::NoApplicationProtocol => {
            Some("the server does not speak the HTTP version that `Connections` asks for")
        }
        _ => None,
    }
}

/// How hyper says it, which reqwest gives one local address.
fn is_of_another_family(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotConnected && error.raw_os_error().is_none()
}

/// What this machine had none left of, by the number of the system's error and not by its text.
#[cfg(unix)]
fn exhausted(cause: &(dyn Error + 'static)) -> Option<TransportErrorKind> {
    use rustix::io::Errno;
    let of_system = Errno::from_io_error(cause.downcast_ref::<io::Error>()?)?;
    if of_system == Errno::MFILE || of_system == Errno::NFILE {
        Some(TransportErrorKind::FilesExhausted)
    // The latter where a local address was chosen first.
    } else if of_system == Errno::ADDRNOTAVAIL || of_system == Errno::ADDRINUSE {
        Some(TransportErrorKind::PortsExhausted)
    } else {
        None
    }
}

/// Elsewhere the standard library's kinds tell the ports alone.
#[cfg(not(unix))]
fn exhausted(cause: &(dyn Error + 'static)) -> Option<TransportErrorKind> {
    let kind = cause.downcast_ref::<io::Error>()?.kind();
    matches!(kind, io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse)
        .then_some(TransportErrorKind::PortsExhausted)
}

fn advice_on_certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate is out of date; give the server a new one, or check this machine's clock"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; check the clocks of this machine and of the one that made it"
        }
        _ => {
            "the server's certificate was not accepted; check the host's name, and give the CA of a test server to \
             `Connections::ca_certificate_pem`"
        }
    }
}

/// An I/O error does not name the error inside of it as its source.
fn tls_error<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    cause.downcast_ref().or_else(|| tls_error(cause.downcast_ref::<io::Error>()?.get_ref()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn ports_run_out_with_a_local_address_and_without() {
        use rustix::io::Errno;
        for errno in [Errno::ADDRNOTAVAIL, Errno::ADDRINUSE] {
            let error = TransportError::no_connection(&io::Error::from(errno));
            assert_eq!(error.kind(), TransportErrorKind::PortsExhausted);
            assert!(error.to_string().contains("`Connections::local_addresses`"), "{error}");
        }
    }
}
