//! How much of a reply is kept.

use crate::sample::{Failure, FailureClass};
use crate::sse::Limits;

/// Bounds of one reply, so that no server can fill the memory of the load generator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Of one event.
    pub(super) event: Limits,
    /// Events that carry output.
    pub(super) generated_events: usize,
    /// Bytes of the body.
    pub(super) body_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { event: Limits::default(), generated_events: 1_000_000, body_bytes: 1 << 30 }
    }
}

impl Bounds {
    /// Whether a reply with this much is within its bounds.
    pub(super) fn check(&self, generated_events: usize, body_bytes: u64) -> Result<(), Failure> {
        let (count, what, setter) = if generated_events > self.generated_events {
            (self.generated_events as u64, "events with output", "max_events")
        } else if body_bytes > self.body_bytes {
            (self.body_bytes, "bytes", "max_body_bytes")
        } else {
            return Ok(());
        };
        Err(Failure::new(FailureClass::Malformed, format!("the reply exceeds {count} {what} and has not ended"))
            .with_detail(format!("raise the bound with `.{setter}(..)` if the server sends this much")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_a_bound_is_named_with_its_setter() {
        let bounds = Bounds { generated_events: 2, body_bytes: 10, ..Bounds::default() };
        assert_eq!(bounds.check(2, 10), Ok(()));
        let message = |events, bytes| bounds.check(events, bytes).expect_err("too much").to_string();
        assert!(message(3, 10).contains("2 events with output") && message(3, 10).contains(".max_events(..)"));
        assert!(message(2, 11).contains("10 bytes") && message(2, 11).contains(".max_body_bytes(..)"));
    }
}
