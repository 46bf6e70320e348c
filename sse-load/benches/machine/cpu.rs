//! CPU time of this process.

use std::time::Duration;

/// User and system time so far, of all threads. Off Linux it stands still.
pub(crate) fn time() -> Duration {
    #[cfg(target_os = "linux")]
    return rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).try_into().unwrap_or_default();
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}
