//! How values spread, in buckets that are set once.

/// The most limits between buckets.
const MOST: usize = 14;

/// Times of 10 ms to 82 s, in microseconds, and numbers of 1 to 67 million tokens: what the conventions of OpenTelemetry for generative AI
/// set for the metrics of clients.
const TIMES: [u64; MOST] = [
    10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 2_560_000, 5_120_000, 10_240_000, 20_480_000,
    40_960_000, 81_920_000,
];
const TOKENS: [u64; MOST] =
    [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

/// How values spread, in a few buckets that never change: what metrics systems add up over time and processes. Verdicts have the finer
/// [`Histogram`](super::Histogram).
///
/// ```
/// use sse_load::stats::Buckets;
///
/// let mut times = Buckets::of_times();
/// times.record(20_000);
/// times.record(20_001);
/// assert_eq!((times.len(), times.sum()), (2, 40_001));
/// assert_eq!(times.counts()[..4], [0, 1, 1, 0]);
/// assert_eq!(times.limits()[..2], [10_000, 20_000]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    limits: &'static [u64; MOST],
    counts: [u64; MOST + 1],
    sum: u64,
}

impl Buckets {
    /// For times, in microseconds.
    #[must_use]
    pub fn of_times() -> Self {
        Self { limits: &TIMES, counts: [0; MOST + 1], sum: 0 }
    }

    /// For numbers of tokens.
    #[must_use]
    pub fn of_tokens() -> Self {
        Self { limits: &TOKENS, ..Self::of_times() }
    }

    /// Adds one value.
    pub fn record(&mut self, value: u64) {
        self.counts[self.limits.partition_point(|limit| *limit < value)] += 1;
        self.sum = self.sum.saturating_add(value);
    }

    /// Adds all values of another with the same limits.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(mine, theirs)| *mine += theirs);
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their sum.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The largest value of each bucket but the last, which has no limit.
    #[must_use]
    pub fn limits(&self) -> &[u64] {
        self.limits
    }

    /// How many values each bucket has.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }
}
