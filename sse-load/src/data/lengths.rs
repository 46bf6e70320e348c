//! How long texts are, in tokens.

use std::sync::Arc;

use rand::distr::Uniform;
use rand::{Rng, RngExt as _};
use rand_distr::{Distribution as _, LogNormal, Normal};

use crate::client::Context;

/// The longest length: more is a slip of the hand, and would fill the memory.
pub(super) const LONGEST: u64 = 10_000_000;

/// How often a length out of bounds is drawn again.
const REDRAWS: usize = 100;

/// A distribution of lengths in tokens: whole numbers from 1 to 10,000,000.
///
/// The curves are those of the crate `rand_distr`; what they give is rounded, and kept in bounds as [`between`](Self::between) says.
///
/// ```
/// use sse_load::data::Lengths;
///
/// let prompts = Lengths::log_normal(400.0, 0.8).between(16, 8_192);
/// let replies = Lengths::empirical([12, 12, 80, 250]);
/// # let _ = (prompts, replies);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Lengths {
    curve: Curve,
    least: u64,
    most: u64,
}

#[derive(Clone, Debug)]
enum Curve {
    Fixed(u64),
    Uniform(Uniform<u64>),
    Normal(Normal<f64>),
    LogNormal(LogNormal<f64>),
    Empirical(Arc<[u64]>),
}

impl Lengths {
    /// Always the same.
    ///
    /// # Panics
    /// When it is 0 or above 10,000,000.
    #[track_caller]
    pub fn fixed(tokens: u64) -> Self {
        check(tokens);
        Self::of(Curve::Fixed(tokens))
    }

    /// From `least` to `most`, all equally likely.
    ///
    /// # Panics
    /// When `least` is more than `most`, or a bound is 0 or above 10,000,000.
    #[track_caller]
    pub fn uniform(least: u64, most: u64) -> Self {
        check_bounds("uniform", least, most);
        Uniform::new_inclusive(least, most).map_or_else(|_| Self::fixed(least), |curve| Self::of(Curve::Uniform(curve)))
    }

    /// The normal distribution with this mean and standard deviation.
    ///
    /// # Panics
    /// When the mean is not from 1 to 10,000,000, or the deviation is negative or no number.
    #[track_caller]
    pub fn normal(mean: f64, deviation: f64) -> Self {
        check_centre("mean", mean);
        check_spread("standard deviation", deviation);
        match Normal::new(mean, deviation) {
            Ok(curve) => Self::of(Curve::Normal(curve)),
            Err(error) => panic!("Lengths::normal({mean}, {deviation}): {error}"),
        }
    }

    /// The log-normal distribution, by its median and the standard deviation of the logarithm: many short ones, few that are very
    /// long. Lengths of real prompts look like this; a sigma of 1 puts two thirds of them between 0.37 and 2.7 times the median.
    ///
    /// # Panics
    /// When the median is not from 1 to 10,000,000, or sigma is negative or no number.
    #[track_caller]
    pub fn log_normal(median: f64, sigma: f64) -> Self {
        check_centre("median", median);
        check_spread("sigma", sigma);
        match LogNormal::new(median.ln(), sigma) {
            Ok(curve) => Self::of(Curve::LogNormal(curve)),
            Err(error) => panic!("Lengths::log_normal({median}, {sigma}): {error}"),
        }
    }

    /// One of these, such as the lengths of a log, all equally likely; one that stands twice comes twice as often.
    ///
    /// # Panics
    /// When there is none, or one is 0 or above 10,000,000.
    #[track_caller]
    pub fn empirical(lengths: impl IntoIterator<Item = u64>) -> Self {
        let lengths: Arc<[u64]> = lengths.into_iter().collect();
        assert!(!lengths.is_empty(), "Lengths::empirical(..) needs at least one length, and got none");
        for tokens in lengths.iter() {
            check(*tokens);
        }
        Self::of(Curve::Empirical(lengths))
    }

    /// Never less than `least` and never more than `most`: the curve is truncated, since a length out of bounds is drawn again. After
    /// 100 draws in vain the bound that is nearer is taken, so that bounds far out in a tail are no endless loop.
    ///
    /// ```
    /// # async fn task(ctx: &mut sse_load::client::Context) {
    /// let lengths = sse_load::data::Lengths::normal(500.0, 400.0).between(1, 4_096);
    /// assert!((1..=4_096).contains(&lengths.next(ctx)));
    /// # }
    /// ```
    ///
    /// # Panics
    /// When `least` is more than `most`, or a bound is 0 or above 10,000,000.
    #[track_caller]
    pub fn between(self, least: u64, most: u64) -> Self {
        check_bounds("between", least, most);
        Self { least, most, ..self }
    }

    /// The next length, by the user's own random numbers: the run's seed decides it.
    ///
    /// ```no_run
    /// use sse_load::prelude::*;
    ///
    /// # async fn task(ctx: &mut Context) -> TaskResult {
    /// let most = Lengths::uniform(50, 200).next(ctx);
    /// ctx.openai_chat("m").user("Tell me a joke.").max_tokens(most).send().await?;
    /// # Ok(()) }
    /// ```
    pub fn next(&self, ctx: &mut Context) -> u64 {
        self.sample(ctx.random())
    }

    /// The next length, by any random numbers.
    pub fn sample(&self, random: &mut impl Rng) -> u64 {
        let bounds = self.least..=self.most;
        let mut length = self.curve.sample(random);
        for _ in 0..REDRAWS {
            if bounds.contains(&length) {
                break;
            }
            length = self.curve.sample(random);
        }
        length.clamp(self.least, self.most)
    }

    fn of(curve: Curve) -> Self {
        Self { curve, least: 1, most: LONGEST }
    }
}

impl Curve {
    fn sample(&self, random: &mut impl Rng) -> u64 {
        match self {
            Self::Fixed(tokens) => *tokens,
            Self::Uniform(curve) => random.sample(curve),
            Self::Normal(curve) => whole(curve.sample(random)),
            Self::LogNormal(curve) => whole(curve.sample(random)),
            Self::Empirical(lengths) => lengths[random.random_range(0..lengths.len())],
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what does not fit is out of bounds anyway"
)]
fn whole(length: f64) -> u64 {
    length.round() as u64
}

#[track_caller]
fn check(tokens: u64) {
    assert!((1..=LONGEST).contains(&tokens), "a length must be from 1 to {LONGEST} tokens, and this one is {tokens}");
}

#[track_caller]
fn check_bounds(name: &str, least: u64, most: u64) {
    check(least);
    check(most);
    assert!(least <= most, "{name}({least}, {most}): the first length must not be more than the second");
}

#[track_caller]
#[expect(clippy::cast_precision_loss, reason = "the longest length is far below 2^52")]
fn check_centre(name: &str, centre: f64) {
    let sound = (1.0..=LONGEST as f64).contains(&centre);
    assert!(sound, "the {name} of lengths must be a number from 1 to {LONGEST}, and this one is {centre}");
}

#[track_caller]
fn check_spread(name: &str, spread: f64) {
    let sound = spread >= 0.0 && spread.is_finite();
    assert!(sound, "the {name} of lengths must be a number from 0 on, and this one is {spread}");
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn sorted(lengths: &Lengths) -> Vec<u64> {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut drawn: Vec<_> = (0..10_000).map(|_| lengths.sample(&mut random)).collect();
        drawn.sort_unstable();
        drawn
    }

    #[test]
    fn lengths_are_spread_as_their_name_says() {
        assert!(sorted(&Lengths::fixed(512)).iter().all(|length| *length == 512));

        let uniform = sorted(&Lengths::uniform(100, 200));
        assert_eq!((uniform[0], uniform[9_999]), (100, 200));
        assert!((145..155).contains(&uniform[5_000]), "{}", uniform[5_000]);

        let normal = sorted(&Lengths::normal(1_000.0, 100.0));
        assert!((990..1_010).contains(&normal[5_000]), "{}", normal[5_000]);
        assert!((1_090..1_110).contains(&normal[8_413]), "one deviation above the mean: {}", normal[8_413]);

        let log_normal = sorted(&Lengths::log_normal(1_000.0, 0.5));
        assert!((970..1_030).contains(&log_normal[5_000]), "{}", log_normal[5_000]);
        assert!((1_590..1_710).contains(&log_normal[8_413]), "e^0.5 times the median: {}", log_normal[8_413]);

        let empirical = sorted(&Lengths::empirical([7, 9, 9, 9]));
        let sevens = empirical.iter().filter(|length| **length == 7).count();
        assert!((2_300..2_700).contains(&sevens) && empirical.iter().all(|length| [7, 9].contains(length)), "{sevens}");
    }

    #[test]
    fn no_length_is_out_of_bounds() {
        let wide = sorted(&Lengths::normal(10.0, 1_000.0));
        assert!(wide[0] >= 1);
        let huge = sorted(&Lengths::log_normal(1_000.0, 1e6));
        assert!(huge[0] >= 1 && huge[9_999] <= LONGEST);
        let bounded = sorted(&Lengths::normal(100.0, 50.0).between(80, 120));
        assert_eq!((bounded[0], bounded[9_999]), (80, 120));
        // Truncated, not clamped: the bounds are not heaped up.
        assert!(bounded.iter().filter(|length| **length == 80).count() < 500);
        assert_eq!(sorted(&Lengths::fixed(50).between(80, 120))[0], 80, "nothing else can be drawn");
    }

    type Make = fn() -> Lengths;

    #[test]
    fn what_is_no_distribution_is_refused() {
        let message = |make: Make| {
            let panic = std::panic::catch_unwind(make).expect_err("it is refused");
            panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        };
        let cases: [(Make, &str); 12] = [
            (|| Lengths::fixed(0), "a length must be from 1 to 10000000 tokens, and this one is 0"),
            (|| Lengths::fixed(u64::MAX), "a length must be from 1"),
            (|| Lengths::uniform(0, 5), "a length must be from 1"),
            (|| Lengths::uniform(6, 5), "uniform(6, 5): the first length must not be more than the second"),
            (
                || Lengths::normal(f64::NAN, 1.0),
                "the mean of lengths must be a number from 1 to 10000000, and this one is NaN",
            ),
            (|| Lengths::normal(5.0, f64::NAN), "the standard deviation of lengths must be a number from 0 on"),
            (|| Lengths::normal(5.0, -1.0), "and this one is -1"),
            (|| Lengths::log_normal(0.0, 1.0), "the median of lengths must be"),
            (|| Lengths::log_normal(5.0, f64::INFINITY), "the sigma of lengths must be"),
            (|| Lengths::empirical([]), "needs at least one length"),
            (|| Lengths::empirical([5, 0]), "a length must be from 1"),
            (|| Lengths::fixed(5).between(9, 8), "between(9, 8)"),
        ];
        for (make, expected) in cases {
            let message = message(make).expect("a text");
            assert!(message.contains(expected), "{message}");
        }
    }
}
