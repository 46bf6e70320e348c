//! What can go wrong below HTTP.

use std::error::Error;
use std::io;

use rustls::AlertDescription;

/// At which point the connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No client could be set up.
    Setup,
    /// No connection was there in time.
    ConnectTimeout,
    /// Before a response head was there.
    Connect,
    /// In the middle of the body.
    Body,
}

/// An error of the connection. Its text never holds the URL, which may carry a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TransportError {
    kind: TransportErrorKind,
    text: String,
}

impl TransportError {
    pub(super) fn new(kind: TransportErrorKind, error: reqwest::Error) -> Self {
        let error = error.without_url();
        let text = match causes(&error).find_map(advice) {
            Some(advice) => format!("{}: {advice}", innermost(&error)),
            None => innermost(&error),
        };
        Self { kind, text }
    }

    /// An error before the response head.
    pub(super) fn no_response(error: reqwest::Error) -> Self {
        let too_late = error.is_connect() && error.is_timeout();
        Self::new(if too_late { TransportErrorKind::ConnectTimeout } else { TransportErrorKind::Connect }, error)
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

/// The error and what caused it, outermost first.
pub(super) fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The last cause in the chain says what happened ("Connection refused"); those above it only say where.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// What to do about a failure of TLS.
fn advice(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    match tls_error(cause)? {
        rustls::Error::InvalidCertificate(_) => Some(
            "the server's certificate was not accepted; check the host's name, and give the CA of a test server to \
             `Connections::ca_certificate_pem`",
        ),
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

/// An I/O error does not name the error inside of it as its source.
fn tls_error<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    cause.downcast_ref().or_else(|| tls_error(cause.downcast_ref::<io::Error>()?.get_ref()?))
}
