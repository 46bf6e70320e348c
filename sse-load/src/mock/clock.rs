//! The server's clock. It is the monotonic clock of the process, so stamps of server and client compare.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "the server sees no other module, so it reads the same clock by itself")]
pub(super) fn now() -> Instant {
    Instant::now()
}
