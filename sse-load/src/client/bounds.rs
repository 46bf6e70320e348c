//! How much of a reply is kept.

use crate::sample::{Failure, FailureClass};
use crate::sse::Limits;

/// Bounds of one reply, so that no server can fill the memory of the load generator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Bytes of one event.
    pub(super) event: Limits,
    /// Events, with output or without.
    pub(super) events: u64,
    /// Bytes of the body. Its text is kept until the task drops the reply, by every user at once.
    pub(super) body_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { event: Limits::default(), events: 1_000_000, body_bytes: 64 << 20 }
    }
}

impl Bounds {
    /// Whether a body of so many bytes is within its bound.
    pub(super) fn check_body(&self, bytes: u64) -> Result<(), Failure> {
        check(bytes, self.body_bytes, "bytes", "max_body_bytes")
    }

    /// Whether so many events are within their bound.
    pub(super) fn check_events(&self, events: u64) -> Result<(), Failure> {
        check(events, self.events, "events", "max_events")
    }
}

fn check(count: u64, most: u64, what: &str, setter: &str) -> Result<(), Failure> {
    if count <= most {
        return Ok(());
    }
    Err(Failure::new(FailureClass::Malformed, format!("the reply exceeds {most} {what} and has not ended"))
        .with_detail(format!("raise the bound with `.{setter}(..)` if the server sends this much")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_a_bound_is_named_with_its_setter() {
        let bounds = Bounds { events: 2, body_bytes: 10, ..Bounds::default() };
        assert_eq!((bounds.check_events(2), bounds.check_body(10)), (Ok(()), Ok(())));
        let events = bounds.check_events(3).expect_err("too many").to_string();
        assert!(events.contains("2 events ") && events.contains(".max_events(..)"), "{events}");
        let body = bounds.check_body(11).expect_err("too many").to_string();
        assert!(body.contains("10 bytes") && body.contains(".max_body_bytes(..)"), "{body}");
    }
}
