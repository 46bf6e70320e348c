//! How much of a stream the decoder keeps.

/// Bounds of a [`Decoder`](super::Decoder).
///
/// ```
/// use sse_load::sse::Limits;
///
/// assert_eq!(Limits::default().max_event_bytes, 16 * 1024 * 1024);
/// assert_eq!(Limits::default().with_max_event_bytes(4096).max_event_bytes, 4096);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes that the lines of one event may have together, line ends and comments not counted;
    /// also the most that a single line of any kind may have. 16 MiB by default.
    pub max_event_bytes: usize,
}

impl Limits {
    /// Sets [`max_event_bytes`](Self::max_event_bytes).
    #[must_use]
    pub const fn with_max_event_bytes(mut self, bytes: usize) -> Self {
        self.max_event_bytes = bytes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_event_bytes: 16 * 1024 * 1024 }
    }
}
