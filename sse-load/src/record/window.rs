//! The measured part of a run.

use crate::clock::Timestamp;

/// The measured part of a run: after ramp and warm-up, before the drain.
///
/// ```
/// use sse_load::clock::{Timestamp, secs};
/// use sse_load::record::Window;
///
/// let begin = Timestamp::from_nanos(0) + secs(10);
/// let window = Window { begin, end: None };
/// assert!(window.is_after_begin(begin) && !window.is_after_begin(Timestamp::from_nanos(0)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Requests that begin earlier are in no figure.
    pub begin: Timestamp,
    /// When it ended, if it has. Requests that began before finish, and count.
    pub end: Option<Timestamp>,
}

impl Window {
    /// Whether a moment is not before the begin.
    #[must_use]
    pub fn is_after_begin(&self, at: Timestamp) -> bool {
        at >= self.begin
    }
}
