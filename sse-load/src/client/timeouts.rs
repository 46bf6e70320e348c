//! How long a request may take.

use std::time::Duration;

/// Limits of one request; each has a failure class of its own. The defaults suit models that think for minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the first generated event, whatever comes before it; 5 minutes.
    pub ttft: Duration,
    /// Without a single byte after the first generated event, comments and pings included; 2 minutes. Before that event a
    /// request may wait in the server's queue, and `ttft` is its limit.
    pub stall: Duration,
    /// The whole request; 1 hour, the largest time that is measured.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { ttft: Duration::from_secs(300), stall: Duration::from_secs(120), total: Duration::from_secs(3_600) }
    }
}
