//! The processor time of this process, and how many processors it may use.

use std::time::Duration;

/// User and system time of all threads, those that have ended included.
#[cfg(unix)]
pub(super) fn used() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).ok()
}

#[cfg(not(unix))]
pub(super) fn used() -> Option<Duration> {
    None
}

/// Processors that this process may use, a `quota` included; the fraction of one where that is less.
pub(super) fn allowed(quota: Option<f64>) -> f64 {
    let counted = std::thread::available_parallelism().map_or(1, usize::from);
    let counted = f64::from(u32::try_from(counted).unwrap_or(u32::MAX));
    quota.map_or(counted, |quota| quota.min(counted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_only_ever_lowers_the_number_of_processors() {
        assert!(allowed(None) >= 1.0);
        assert!((allowed(Some(0.2)) - 0.2).abs() < 1e-9);
        assert!((allowed(Some(1e9)) - allowed(None)).abs() < 1e-9);
    }

    #[cfg(unix)]
    #[test]
    fn time_that_was_used_is_seen() {
        let before = used().expect("a clock");
        let mut number = 1_u64;
        while used().expect("a clock") < before + Duration::from_millis(2) {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
    }
}
