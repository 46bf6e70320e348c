//! How long a user waits between two tasks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, RngExt as _};
use rand_distr::{Distribution as _, Exp1};

use crate::client::Context;
use crate::stats::Rate;

/// The time between the end of a task and the begin of the user's next: a time, or one of the functions beside it.
///
/// ```
/// use sse_load::load::{WaitTime, between, exponential, pacing, throughput};
/// use std::time::Duration;
///
/// let short = Duration::from_millis(500);
/// assert_eq!(between(short, short), WaitTime::from(short));
/// assert_eq!(throughput(2), pacing(short));
/// let think = exponential(Duration::from_secs(5));
/// # let _ = think;
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaitTime(Kind);

#[derive(Clone, Default)]
enum Kind {
    /// The next task begins at once.
    #[default]
    None,
    Constant(Duration),
    Between(Duration, Duration),
    /// Of this mean.
    Exponential(Duration),
    /// From the begin of a task.
    Pacing(Duration),
    Custom(Arc<Custom>),
}

type Custom = dyn Fn(&mut dyn Rng) -> Duration + Send + Sync;

impl WaitTime {
    /// Whatever the function says; its random numbers are those of the user, so that the run's seed decides.
    ///
    /// ```
    /// use rand::RngExt as _;
    /// use sse_load::load::WaitTime;
    /// use std::time::Duration;
    ///
    /// // One in ten goes for a coffee.
    /// let wait = WaitTime::custom(|random| Duration::from_secs(if random.random_bool(0.1) { 300 } else { 2 }));
    /// # let _ = wait;
    /// ```
    pub fn custom(next: impl Fn(&mut dyn Rng) -> Duration + Send + Sync + 'static) -> Self {
        Self(Kind::Custom(Arc::new(next)))
    }
}

impl fmt::Display for WaitTime {
    /// `500ms to 2s`; of a function only that it is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Any time from `least` to `most`, all equally likely.
///
/// # Panics
/// When `least` is more than `most`.
#[must_use]
#[track_caller]
pub fn between(least: Duration, most: Duration) -> WaitTime {
    assert!(least <= most, "between({least:?}, {most:?}): the first time must not be more than the second");
    if least == most { constant(least) } else { WaitTime(Kind::Between(least, most)) }
}

/// Always the same time.
#[must_use]
pub fn constant(time: Duration) -> WaitTime {
    WaitTime(Kind::Constant(time))
}

/// Times of an exponential distribution with this mean: what people take to think, as queueing theory has it.
#[must_use]
pub fn exponential(mean: Duration) -> WaitTime {
    WaitTime(Kind::Exponential(mean))
}

/// As long as it takes for the user's tasks to begin this far apart; a task that takes longer is followed by the next at once.
#[must_use]
pub fn pacing(gap: Duration) -> WaitTime {
    WaitTime(Kind::Pacing(gap))
}

/// [`pacing`] by rate: so many tasks a second of each user, at the most.
///
/// # Panics
/// When the rate is not above 0.
#[must_use]
#[track_caller]
pub fn throughput(rate: impl Into<Rate>) -> WaitTime {
    let rate = rate.into().get();
    let gap = Duration::try_from_secs_f64(1.0 / rate);
    match gap {
        Ok(gap) if rate > 0.0 => pacing(gap),
        _ => panic!("throughput({rate}): the rate must be a number above 0, tasks a second of each user"),
    }
}

impl From<Duration> for WaitTime {
    fn from(time: Duration) -> Self {
        constant(time)
    }
}

impl WaitTime {
    /// Waits within a task, such as the time that a person takes to think; no longer than the run lasts.
    pub async fn pass(&self, ctx: &mut Context) {
        let time = self.next(ctx.random());
        let stop = Arc::clone(&ctx.sink().stop);
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = stop.draining() => {}
        }
    }

    /// How far apart tasks are to begin, if that is what it says.
    #[must_use]
    pub fn pace(&self) -> Option<Duration> {
        match self.0 {
            Kind::Pacing(gap) => Some(gap),
            _ => None,
        }
    }

    /// The next wait; a pace is one from begin to begin.
    pub fn next(&self, random: &mut impl Rng) -> Duration {
        match &self.0 {
            Kind::None => Duration::ZERO,
            Kind::Constant(time) | Kind::Pacing(time) => *time,
            Kind::Between(least, most) => *least + most.saturating_sub(*least).mul_f64(random.random_range(0.0..=1.0)),
            Kind::Exponential(mean) => {
                let share: f64 = Exp1.sample(random);
                mean.mul_f64(share)
            }
            Kind::Custom(next) => next(random),
        }
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Constant(one), Self::Constant(other))
            | (Self::Exponential(one), Self::Exponential(other))
            | (Self::Pacing(one), Self::Pacing(other)) => one == other,
            (Self::Between(least, most), Self::Between(other_least, other_most)) => {
                (least, most) == (other_least, other_most)
            }
            (Self::Custom(one), Self::Custom(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Constant(time) => write!(f, "{time:?}"),
            Self::Between(least, most) => write!(f, "{least:?} to {most:?}"),
            Self::Exponential(mean) => write!(f, "exponential, mean {mean:?}"),
            Self::Pacing(gap) => write!(f, "pacing {gap:?}"),
            Self::Custom(_) => f.write_str("custom"),
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
    fn an_exponential_wait_has_its_mean_and_its_spread() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let waits: Vec<_> = (0..20_000).map(|_| exponential(ms(100)).next(&mut random).as_secs_f64()).collect();
        let mean = waits.iter().sum::<f64>() / 20_000.0;
        let beyond_mean = waits.iter().filter(|wait| **wait > 0.1).count();
        assert!((0.097..0.103).contains(&mean), "{mean}");
        // e⁻¹ of them.
        assert!((7_100..7_600).contains(&beyond_mean), "{beyond_mean}");
    }

    #[test]
    fn a_throughput_is_a_pace() {
        assert_eq!((throughput(4).pace(), pacing(ms(250))), (Some(ms(250)), throughput(4)));
        assert_eq!(constant(ms(250)).pace(), None);
    }

    #[test]
    fn a_wait_of_ones_own_has_the_users_random_numbers() {
        let wait = WaitTime::custom(|random| ms(u64::from(random.next_u32() % 7)));
        let waits = |seed| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            (0..20).map(|_| wait.next(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    #[should_panic(expected = "the rate must be a number above 0")]
    fn no_throughput_is_refused() {
        let _ = throughput(0);
    }

    #[test]
    #[should_panic(expected = "the first time must not be more than the second")]
    fn a_range_the_wrong_way_round_is_refused() {
        let _ = between(ms(2), ms(1));
    }
}
