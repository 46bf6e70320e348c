//! The server's side of TLS.

use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::error::StartError;
use super::protocol::Protocol;

/// The certificates and the key, as PEM text. Its `Debug` shows none of it.
#[derive(Clone, Default)]
pub(super) struct Identity {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// Makes the acceptor of connections; with `client_ca`, clients need a certificate of that authority.
pub(super) fn acceptor(identity: &Identity, client_ca: Option<&[u8]>) -> Result<TlsAcceptor, StartError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(refused)?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(pem)? {
                roots.add(certificate).map_err(refused)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(refused)?)
        }
    };
    let key = PrivateKeyDer::from_pem_slice(&identity.key).map_err(refused)?;
    let mut config = builder.with_single_cert(certificates(&identity.certificate)?, key).map_err(refused)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config).into())
}

/// What the client chose.
pub(super) fn negotiated(stream: &TokioIo<TlsStream<TcpStream>>) -> Protocol {
    match stream.inner().get_ref().1.alpn_protocol() {
        Some(b"h2") => Protocol::Http2,
        _ => Protocol::Http1,
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(refused)?;
    if certificates.is_empty() { Err(refused("a text without a certificate")) } else { Ok(certificates) }
}

fn refused(reason: impl Display) -> StartError {
    StartError::Tls(reason.to_string())
}
