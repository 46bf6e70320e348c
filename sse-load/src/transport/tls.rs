//! The TLS configuration of a run, shared by all of its clients.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use rustls_platform_verifier::Verifier;

/// What is wrong with the certificates or the key that were given. No message holds a part of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TlsError {
    #[error(
        "{what} holds no certificate: expected PEM text with at least one `-----BEGIN CERTIFICATE-----` section \
         (a DER file must be converted first)"
    )]
    NoCertificate { what: &'static str },
    #[error(
        "{what} holds no private key: expected PEM text with a `-----BEGIN PRIVATE KEY-----` section beside the certificate \
         (an encrypted key must be decrypted first)"
    )]
    NoKey { what: &'static str },
    #[error("{what} can't be read as PEM text: {reason}; check that it is whole")]
    Pem { what: &'static str, reason: String },
    #[error("TLS can't use {what}: {reason}")]
    Refused { what: &'static str, reason: String },
}

const CA: &str = "the CA certificate of `Connections::ca_certificate_pem`";
const CLIENT: &str = "the client certificate of `Connections::client_certificate_pem`";

/// Servers are verified against the machine's own roots and `ca_pems`; ring does the cryptography. Reading the roots takes
/// milliseconds, so it happens once a run and not once a user.
pub(super) fn config(ca_pems: &[Arc<[u8]>], client_pem: Option<&[u8]>) -> Result<ClientConfig, TlsError> {
    let ca = ca_pems.iter().map(|pem| certificates(pem, CA)).collect::<Result<Vec<_>, _>>()?.concat();
    let verified = verified(ca)?;
    let Some(pem) = client_pem else {
        return Ok(verified.with_no_client_auth());
    };
    let (chain, key) = (certificates(pem, CLIENT)?, private_key(pem)?);
    verified.with_client_auth_cert(chain, key).map_err(|error| refused(CLIENT, &error))
}

fn verified(ca: Vec<CertificateDer<'static>>) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| refused("the protocol versions", &error))?;
    // Checked here, so that a failure below is one of the machine and not of the caller's.
    let mut own = RootCertStore::empty();
    for certificate in ca.iter().cloned() {
        own.add(certificate).map_err(|error| refused(CA, &error))?;
    }
    Ok(match Verifier::new_with_extra_roots(ca, provider) {
        // "Dangerous" is any verifier of one's own; this one is the platform's.
        Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        // A machine without any root certificate can still test over plain HTTP; over TLS it knows what was given to it alone.
        Err(_) => builder.with_root_certificates(own),
    })
}

fn certificates(pem: &[u8], what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = read.map_err(|error| TlsError::Pem { what, reason: error.to_string() })?;
    if certificates.is_empty() { Err(TlsError::NoCertificate { what }) } else { Ok(certificates) }
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        PemError::NoItemsFound => TlsError::NoKey { what: CLIENT },
        // Its text may quote a line of the key.
        _ => TlsError::Pem { what: CLIENT, reason: "a section is broken".to_owned() },
    })
}

fn refused(what: &'static str, error: &rustls::Error) -> TlsError {
    TlsError::Refused { what, reason: error.to_string() }
}
