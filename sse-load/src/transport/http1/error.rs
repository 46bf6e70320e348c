//! What can go wrong with a message.

use std::io;

/// Why there is no response, or no whole one.
#[derive(Debug, thiserror::Error)]
pub(in crate::transport) enum Http1Error {
    /// Of the socket, or of TLS.
    #[error("the connection broke")]
    Io(#[from] io::Error),
    /// The other end left.
    #[error("connection closed before message completed")]
    Closed,
    /// The head of a response can't be read.
    #[error("expected a response of HTTP/1.1, came {0}")]
    Head(String),
    /// The head of a response is more than a head may be.
    #[error("expected the head of an answer, came {0}")]
    Limit(&'static str),
    /// The body has no end that both sides would agree on.
    #[error("expected a response whose end is told, came {0}")]
    Length(&'static str),
    /// A chunk of the body can't be read (RFC 9112, section 7.1).
    #[error("expected the next chunk of the body, came {0}")]
    Chunk(&'static str),
}

impl Http1Error {
    /// Whether the other end left before a whole head of a response came.
    pub(in crate::transport) fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Whether what came is no HTTP/1.1 at all.
    pub(in crate::transport) fn is_no_http(&self) -> bool {
        matches!(self, Self::Head(_))
    }
}
