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
/// assert!(window.contains(begin) && !window.contains(Timestamp::from_nanos(0)));
/// let ended = Window { end: Some(begin + secs(60)), ..window };
/// assert!(!ended.contains(begin + secs(60)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Requests that begin earlier are in no figure.
    pub begin: Timestamp,
    /// When it ended, if it has. Requests that began before finish, and count.
    pub end: Option<Timestamp>,
}

impl Window {
    /// One that nothing lies in.
    pub const NEVER: Self = Self { begin: Timestamp::from_nanos(u64::MAX), end: Some(Timestamp::from_nanos(u64::MAX)) };

    /// Whether a moment lies in it: the begin does, the end does not.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        at >= self.begin && self.end.is_none_or(|end| at < end)
    }
}
