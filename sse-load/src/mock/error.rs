//! Why a server did not start.

use std::io;
use std::net::SocketAddr;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}; take another port, or port 0 for a free one")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A thread or its runtime could not be started.
    #[error("can't start the server's threads: {0}; a limit on threads or open files may be reached")]
    Thread(#[from] io::Error),
    /// A share is out of its range.
    #[error("{name} must be from 0 to 1, got {ratio}")]
    Ratio {
        /// The setter.
        name: &'static str,
        /// What it was given.
        ratio: f64,
    },
    /// A status code that no final answer can have.
    #[error("a status must be from 200 to 599, got {0}")]
    Status(u16),
    /// The certificates or the key can't be used.
    #[error(
        "TLS needs a certificate chain, its private key and, if clients are to have one, their CA, all as PEM text: {0}"
    )]
    Tls(String),
    /// A header whose name or value HTTP does not allow.
    #[error("the header {0:?} of a fault must have a name and a value that HTTP allows; take visible ASCII characters")]
    Header(String),
}
