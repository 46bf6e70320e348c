//! One TLS configuration for all clients of the process.

use std::sync::{Arc, LazyLock};

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// Certificates are verified against the machine's own roots; ring does the cryptography. Reading the roots takes
/// milliseconds, so it happens once and not once a user.
static CONFIG: LazyLock<Result<ClientConfig, String>> = LazyLock::new(|| build().map_err(|error| error.to_string()));

pub(super) fn config() -> Result<ClientConfig, String> {
    CONFIG.clone()
}

fn build() -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let mut config = match builder.clone().with_platform_verifier() {
        Ok(verified) => verified.with_no_client_auth(),
        // A machine without any root certificate can still test over plain HTTP; over TLS every certificate is unknown to it.
        Err(_) => builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
