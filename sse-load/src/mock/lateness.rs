//! How late the server itself was: a small histogram of send time minus scheduled time.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Each power of two is cut in this many buckets, so a percentile is at most 1/16 above the true value.
const STEPS: u64 = 16;
const BUCKETS: usize = 61 * 16;

/// How late the server sent its tokens, against its own schedule.
///
/// A percentile is the upper edge of its bucket: never below the true value, and at most 6.25 % above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lateness {
    /// Tokens sent so far.
    pub count: u64,
    /// Half of the tokens were at most this late.
    pub p50: Duration,
    /// 99 % of the tokens were at most this late.
    pub p99: Duration,
    /// The latest token, exact.
    pub max: Duration,
}

/// Counts from many threads; one atomic addition per token.
#[derive(Debug)]
pub(super) struct LatenessCounter {
    buckets: Box<[AtomicU64]>,
    max: AtomicU64,
}

impl LatenessCounter {
    pub(super) fn new() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), max: AtomicU64::new(0) }
    }

    pub(super) fn record(&self, late: Duration) {
        let nanos = u64::try_from(late.as_nanos()).unwrap_or(u64::MAX);
        self.buckets[bucket(nanos)].fetch_add(1, Relaxed);
        self.max.fetch_max(nanos, Relaxed);
    }

    pub(super) fn summary(&self) -> Lateness {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Relaxed)).collect();
        let max = self.max.load(Relaxed);
        let count = counts.iter().sum();
        let at = |percent| Duration::from_nanos(upper_edge(&counts, rank(count, percent)).min(max));
        Lateness { count, p50: at(50), p99: at(99), max: Duration::from_nanos(max) }
    }
}

/// Nearest rank: the smallest whole number that is at least `percent` of `count`.
fn rank(count: u64, percent: u64) -> u64 {
    (count * percent).div_ceil(100)
}

/// The upper edge of the bucket that holds the value of this rank; 0 if there is none.
fn upper_edge(counts: &[u64], rank: u64) -> u64 {
    let mut seen = 0;
    for (index, count) in (0_u64..).zip(counts) {
        seen += count;
        if rank > 0 && seen >= rank {
            return last_in_bucket(index);
        }
    }
    0
}

/// Values below 16 have a bucket each; above, the bucket is the power of two and the four bits after the first.
fn bucket(nanos: u64) -> usize {
    let index = match nanos.checked_ilog2() {
        Some(power) if power >= 4 => u64::from(power - 3) * STEPS + ((nanos >> (power - 4)) - STEPS),
        _ => nanos,
    };
    usize::try_from(index).unwrap_or(BUCKETS - 1)
}

fn last_in_bucket(index: u64) -> u64 {
    let (row, step) = (index / STEPS, index % STEPS);
    if row == 0 {
        return step;
    }
    let shift = row - 1;
    // The last bucket ends at the largest number, so the sum is made before the shift can overflow.
    ((STEPS + step) << shift) | ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_a_bucket_that_ends_at_most_a_sixteenth_above_it() {
        for power in 0..64 {
            for nanos in [1_u64 << power, (1_u64 << power) | 1, (1_u64 << power).wrapping_sub(1)] {
                let index = bucket(nanos);
                assert!(index < BUCKETS, "{nanos} has bucket {index}");
                let edge = last_in_bucket(u64::try_from(index).expect("small"));
                assert!(edge >= nanos && edge - nanos <= nanos / 16, "{nanos} ends at {edge}");
            }
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert_eq!(last_in_bucket(61 * 16 - 1), u64::MAX);
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let counter = LatenessCounter::new();
        for micros in 1..=100 {
            counter.record(Duration::from_micros(micros));
        }
        let Lateness { count, p50, p99, max } = counter.summary();
        assert_eq!((count, max), (100, Duration::from_micros(100)));
        assert!((50_000..=53_125).contains(&p50.as_nanos()), "{p50:?}");
        assert!((99_000..=100_000).contains(&p99.as_nanos()), "{p99:?}");
    }

    #[test]
    fn nothing_sent_is_all_zero() {
        assert_eq!(LatenessCounter::new().summary(), Lateness::default());
    }
}
