//! How long a user waits between two tasks.

use std::time::Duration;

use rand::{Rng, RngExt as _};

/// The time between the end of a task and the begin of the user's next.
///
/// ```
/// use sse_load::load::{WaitTime, between};
/// use std::time::Duration;
///
/// let short = Duration::from_millis(500);
/// assert_eq!(between(short, short), WaitTime::from(short));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitTime {
    /// None: the next task begins at once.
    #[default]
    None,
    /// Always the same.
    Constant(Duration),
    /// Any time between the two, all equally likely.
    Between(Duration, Duration),
}

/// Any time from `least` to `most`, all equally likely.
///
/// # Panics
/// When `least` is more than `most`.
#[must_use]
#[track_caller]
pub fn between(least: Duration, most: Duration) -> WaitTime {
    assert!(least <= most, "between({least:?}, {most:?}): the first time must not be more than the second");
    if least == most { WaitTime::Constant(least) } else { WaitTime::Between(least, most) }
}

/// Always the same time.
#[must_use]
pub fn constant(time: Duration) -> WaitTime {
    WaitTime::Constant(time)
}

impl From<Duration> for WaitTime {
    fn from(time: Duration) -> Self {
        constant(time)
    }
}

impl WaitTime {
    /// The next wait.
    pub fn next(self, random: &mut impl Rng) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Constant(time) => time,
            Self::Between(least, most) => least + most.saturating_sub(least).mul_f64(random.random_range(0.0..=1.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_wait_between_two_times_stays_between_them_and_is_spread() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let waits: Vec<_> = (0..1_000).map(|_| between(ms(100), ms(300)).next(&mut random)).collect();
        assert!(waits.iter().all(|wait| (ms(100)..=ms(300)).contains(wait)));
        let mean = waits.iter().sum::<Duration>() / 1_000;
        assert!((ms(190)..ms(210)).contains(&mean), "{mean:?}");
    }

    #[test]
    #[should_panic(expected = "the first time must not be more than the second")]
    fn a_range_the_wrong_way_round_is_refused() {
        let _ = between(ms(2), ms(1));
    }
}
