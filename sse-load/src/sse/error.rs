//! Why a stream can't be decoded any further.

/// A stream that the decoder gives up on. Odd bytes never are: the standard gives a meaning to every stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// One event is larger than [`Limits::max_event_bytes`](super::Limits::max_event_bytes).
    #[error(
        "an SSE event exceeds {limit} bytes and has not ended: \
         raise it with `.max_event_bytes(..)` if the server sends events this large, \
         otherwise check that the body is an event stream (lines, a blank line after each event)"
    )]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}
