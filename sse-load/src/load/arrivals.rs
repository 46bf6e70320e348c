//! When arrivals come, in the open loop.

use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Exp1, Gamma};

use super::shape::{Piece, duration};
use super::{Level, LoadShape};
use crate::stats::Rate;

/// Arrivals at a rate that no slow server slows: the open loop.
///
/// Each arrival is one task of one user. Their moments stand on one schedule that begins with the run: it has no drift, and a late
/// start moves no other. The seed decides the moments.
///
/// ```
/// use sse_load::clock::secs;
/// use sse_load::load::{Arrivals, LoadShape};
/// use sse_load::stats::Rate;
///
/// let even: Arrivals = Rate::per_sec(20.0).into();
/// let random = Arrivals::poisson(20);
/// let bursts = Arrivals::gamma(20, 0.5);
/// let rush = Arrivals::poisson(LoadShape::starting_at(10).ramp_to(100, secs(30)).hold(secs(30)));
/// # let _ = (random, bursts, rush);
/// assert_eq!(even.moments(1, 0).nth(3), Some(std::time::Duration::from_millis(150)));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Arrivals(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    At(Arc<[Duration]>),
    By { rate: LoadShape, spacing: Spacing },
}

/// How arrivals lie, measured in the number of arrivals that the rate would have brought.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Spacing {
    Even,
    Poisson,
    /// The shape of the gamma distribution.
    Gamma(f64),
}

impl Arrivals {
    /// Evenly spaced: arrival k comes when the rate has brought k, the first at once.
    #[track_caller]
    pub fn constant(rate: impl Into<LoadShape>) -> Self {
        Self(Kind::By { rate: rate.into(), spacing: Spacing::Even })
    }

    /// As independent callers come: the gaps are exponential, and the counts of a second have variance = mean.
    #[track_caller]
    pub fn poisson(rate: impl Into<LoadShape>) -> Self {
        Self(Kind::By { rate: rate.into(), spacing: Spacing::Poisson })
    }

    /// Gaps of a gamma distribution with this shape and the rate's mean: 1 is [`poisson`](Self::poisson), less comes in bursts,
    /// more comes more evenly. The squared coefficient of variation of the gaps is 1 / `burstiness`; vLLM's benchmark calls it so too.
    ///
    /// # Panics
    /// When the burstiness is not above 0.
    #[track_caller]
    pub fn gamma(rate: impl Into<LoadShape>, burstiness: f64) -> Self {
        let sound = burstiness > 0.0 && burstiness.is_finite();
        assert!(sound, "a burstiness must be a number above 0, and this one is {burstiness}");
        Self(Kind::By { rate: rate.into(), spacing: Spacing::Gamma(burstiness) })
    }

    /// At these moments from the begin of the run, such as those of a trace. They are sorted.
    ///
    /// ```
    /// use sse_load::clock::ms;
    /// use sse_load::load::Arrivals;
    ///
    /// let trace = Arrivals::at([ms(300), ms(0), ms(120)]).sped_up(2.0);
    /// assert_eq!(trace.moments(1, 0).collect::<Vec<_>>(), [ms(0), ms(60), ms(150)]);
    /// ```
    pub fn at(moments: impl IntoIterator<Item = Duration>) -> Self {
        let mut moments: Vec<_> = moments.into_iter().collect();
        moments.sort_unstable();
        Self(Kind::At(moments.into()))
    }

    /// The same arrivals in a shorter time: `factor` times the rate.
    ///
    /// # Panics
    /// When the factor is not above 0.
    #[track_caller]
    pub fn sped_up(self, factor: f64) -> Self {
        assert!(factor > 0.0 && factor.is_finite(), "a speed-up must be a number above 0, and this one is {factor}");
        Self(match self.0 {
            Kind::At(moments) => {
                Kind::At(moments.iter().map(|moment| duration(moment.as_secs_f64() / factor)).collect())
            }
            Kind::By { rate, spacing } => Kind::By { rate: rate.compressed(factor), spacing },
        })
    }

    /// The same course up to another peak rate; moments keep theirs.
    ///
    /// # Panics
    /// When the rate is negative or no number.
    #[track_caller]
    pub fn with_peak(self, rate: impl Into<Level>) -> Self {
        match self.0 {
            Kind::At(_) => self,
            Kind::By { rate: shape, spacing } => Self(Kind::By { rate: shape.with_peak(rate), spacing }),
        }
    }

    /// The moments of the arrivals, from the begin of the run. Equal seeds and streams give equal moments.
    #[must_use]
    pub fn moments(&self, seed: u64, stream: u64) -> Moments {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        match &self.0 {
            Kind::At(moments) => Moments(Source::At { moments: Arc::clone(moments), next: 0 }),
            Kind::By { rate, spacing } => Moments(Source::By {
                integral: Integral::new(rate.pieces().to_vec()),
                spacing: *spacing,
                due: 0.0,
                begun: false,
                random: Box::new(random),
            }),
        }
    }

    /// The highest rate; 0 for moments, which have none.
    #[must_use]
    pub fn peak(&self) -> Rate {
        match &self.0 {
            Kind::By { rate, .. } => Rate::per_sec(rate.peak()),
            Kind::At(_) => Rate::per_sec(0.0),
        }
    }

    /// The rate at a moment from the begin of the run; `None` for given moments, which have none.
    ///
    /// ```
    /// use sse_load::clock::secs;
    /// use sse_load::load::{Arrivals, LoadShape};
    ///
    /// let rising = Arrivals::poisson(LoadShape::starting_at(0).ramp_to(20, secs(10)));
    /// assert_eq!(rising.rate_at(secs(5)).map(|rate| rate.get()), Some(10.0));
    /// ```
    #[must_use]
    pub fn rate_at(&self, time: Duration) -> Option<Rate> {
        match &self.0 {
            Kind::By { rate, .. } => Some(Rate::per_sec(rate.level_at(time))),
            Kind::At(_) => None,
        }
    }

    /// Whether they come at given moments, which have no rate.
    #[must_use]
    pub fn is_trace(&self) -> bool {
        matches!(self.0, Kind::At(_))
    }

    /// Whether the rate is the same for ever.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        matches!(&self.0, Kind::By { rate, .. } if rate.constant_level().is_some())
    }

    /// How long they come; `None` if for ever.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        match &self.0 {
            Kind::By { rate, .. } => rate.duration(),
            // The last one is within it.
            Kind::At(moments) => Some(moments.last().map_or(Duration::ZERO, |last| *last + Duration::from_millis(1))),
        }
    }

    /// In words: `20/s, Poisson`.
    #[must_use]
    pub fn describe(&self) -> String {
        let Kind::By { rate, spacing } = &self.0 else {
            return "arrivals of a trace".to_owned();
        };
        let rate = match rate.constant_level() {
            Some(level) => format!("{} arrivals", Rate::per_sec(level)),
            None => format!("up to {} arrivals", Rate::per_sec(rate.peak())),
        };
        match spacing {
            Spacing::Even => rate,
            Spacing::Poisson => format!("{rate}, Poisson"),
            Spacing::Gamma(burstiness) => format!("{rate}, gamma {burstiness}"),
        }
    }
}

impl<R: Into<LoadShape>> From<R> for Arrivals {
    #[track_caller]
    fn from(rate: R) -> Self {
        Self::constant(rate)
    }
}

/// The moments of arrivals, in order.
#[derive(Clone, Debug)]
pub struct Moments(Source);

#[derive(Clone, Debug)]
enum Source {
    At {
        moments: Arc<[Duration]>,
        next: usize,
    },
    By {
        integral: Integral,
        spacing: Spacing,
        /// How many arrivals the rate must have brought by the last one.
        due: f64,
        begun: bool,
        random: Box<ChaCha8Rng>,
    },
}

impl Iterator for Moments {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        match &mut self.0 {
            Source::At { moments, next } => {
                let moment = moments.get(*next).copied();
                *next += 1;
                moment
            }
            Source::By { integral, spacing, due, begun, random } => {
                // An even arrival 0 is due at 0; random ones have a gap before the first too.
                *due += match spacing {
                    Spacing::Even => f64::from(u8::from(*begun)),
                    Spacing::Poisson => Exp1.sample(random),
                    Spacing::Gamma(shape) => Gamma::new(*shape, 1.0 / *shape).map_or(1.0, |gap| gap.sample(random)),
                };
                *begun = true;
                integral.reaches(*due).map(duration)
            }
        }
    }
}

/// So near to the end of a piece, in arrivals, one belongs to the next: what lies between is an error of rounding.
const EDGE: f64 = 1e-7;

/// The integral of a rate, inverted: it is asked for growing numbers.
#[derive(Clone, Debug)]
struct Integral {
    pieces: Vec<Piece>,
    piece: usize,
    /// The integral up to the begin of the piece.
    before: f64,
}

impl Integral {
    fn new(pieces: Vec<Piece>) -> Self {
        Self { pieces, piece: 0, before: 0.0 }
    }

    /// When the integral of the rate reaches `number`; `None` if it never does.
    fn reaches(&mut self, number: f64) -> Option<f64> {
        loop {
            let piece = self.pieces.get(self.piece)?;
            let time = piece.length();
            let area = if piece.from + piece.to > 0.0 { f64::midpoint(piece.from, piece.to) * time } else { 0.0 };
            // The level at the end of a shape brings no further arrival: what is due at the very end is not.
            if number - self.before < area - EDGE {
                return Some(piece.begin() + time_to(number - self.before, piece.from, (piece.to - piece.from) / time));
            }
            self.before += area;
            self.piece += 1;
        }
    }
}

/// The x with `level`·x + `slope`·x²/2 = `area`, in the form that loses no digits where the slope is small.
fn time_to(area: f64, level: f64, slope: f64) -> f64 {
    if area <= 0.0 {
        return 0.0;
    }
    2.0 * area / (level + (level * level + 2.0 * slope * area).max(0.0).sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn seconds_of(arrivals: &Arrivals, until: Duration) -> Vec<f64> {
        arrivals.moments(7, 0).take_while(|at| *at < until).map(|at| at.as_secs_f64()).collect()
    }

    /// Variance / mean of the counts of each second.
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    fn dispersion(arrivals: &Arrivals) -> f64 {
        const SECONDS: usize = 2_000;
        let mut counts = vec![0.0_f64; SECONDS];
        for at in arrivals.moments(11, 0).take_while(|at| *at < secs(SECONDS as u64)) {
            counts[usize::try_from(at.as_secs()).expect("small")] += 1.0;
        }
        let mean = counts.iter().sum::<f64>() / SECONDS as f64;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (SECONDS - 1) as f64;
        assert!((mean - 50.0).abs() < 1.5, "the rate is kept: {mean}");
        variance / mean
    }

    #[test]
    fn even_arrivals_have_no_drift() {
        let schedule = Arrivals::constant(7).moments(1, 0);
        let last = schedule.take(7 * 86_400 + 1).last().expect("a day of arrivals");
        assert!(last.abs_diff(secs(86_400)) < Duration::from_micros(1), "{last:?}");
    }

    #[test]
    fn a_ramp_is_the_integral_of_its_rate() {
        // The integral of 2t is t²: arrival k comes at √k.
        let ramp = Arrivals::constant(LoadShape::starting_at(0).ramp_to(20, secs(10)));
        let moments = seconds_of(&ramp, secs(10));
        assert_eq!(moments.len(), 100);
        for (k, at) in (0_u32..).zip(moments) {
            assert!((at - f64::from(k).sqrt()).abs() < 1e-6, "{k}: {at}");
        }
    }

    #[test]
    fn where_a_shape_is_cut_makes_no_difference() {
        let of = |shape: LoadShape| Arrivals::constant(shape).moments(1, 0).count();
        let ms = Duration::from_millis;
        assert_eq!(of(LoadShape::starting_at(10).hold(ms(300))), 3);
        assert_eq!(of(LoadShape::starting_at(10).hold(ms(100)).hold(ms(200))), 3);
        assert_eq!(of(LoadShape::sampled(secs(60), |_| 10.0)), 600);
    }

    #[test]
    fn a_rate_of_zero_brings_nothing_and_the_next_piece_goes_on() {
        let pause = Arrivals::constant(
            LoadShape::starting_at(1).hold(secs(2)).step_to(0).hold(secs(5)).step_to(1).hold(secs(2)),
        );
        assert_eq!(seconds_of(&pause, secs(100)), [0.0, 1.0, 7.0, 8.0]);
        assert_eq!(seconds_of(&Arrivals::constant(0), secs(100)), [0.0; 0]);
    }

    #[test]
    fn counts_are_dispersed_as_the_process_says() {
        // Of 2,000 seconds the standard error of the ratio is √(2/1999) ≈ 0.03.
        assert!(dispersion(&Arrivals::constant(50)) < 0.01);
        assert!((dispersion(&Arrivals::poisson(50)) - 1.0).abs() < 0.1);
        assert!((dispersion(&Arrivals::gamma(50, 1.0)) - 1.0).abs() < 0.1);
        assert!(dispersion(&Arrivals::gamma(50, 0.25)) > 3.0);
        assert!(dispersion(&Arrivals::gamma(50, 4.0)) < 0.4);
    }

    #[test]
    fn a_seed_and_a_stream_decide_the_moments() {
        let of = |seed, stream| Arrivals::poisson(5).moments(seed, stream).take(20).collect::<Vec<_>>();
        assert_eq!(of(1, 0), of(1, 0));
        assert_ne!(of(1, 0), of(2, 0));
        assert_ne!(of(1, 0), of(1, 1));
    }

    #[test]
    fn a_speed_up_shortens_the_time_and_keeps_the_number() {
        let ramp = Arrivals::constant(LoadShape::starting_at(0).ramp_to(20, secs(10)));
        let fast = seconds_of(&ramp.clone().sped_up(2.0), secs(100));
        assert_eq!(fast.len(), 100);
        for (slow, fast) in seconds_of(&ramp, secs(100)).into_iter().zip(fast) {
            assert!((slow / 2.0 - fast).abs() < 1e-6);
        }
    }

    #[test]
    #[should_panic(expected = "a burstiness must be a number above 0, and this one is 0")]
    fn no_burstiness_is_refused() {
        let _ = Arrivals::gamma(1, 0.0);
    }

    proptest! {
        #[test]
        fn moments_never_go_back_and_are_as_many_as_the_integral(
            stages in proptest::collection::vec((1_u64..20, 0_u32..50, any::<bool>()), 1..6),
        ) {
            let mut shape = LoadShape::starting_at(0);
            let mut integral = 0.0;
            let mut level = 0_u32;
            for (time, to, jumps) in stages {
                shape = if jumps { shape.step_to(to).hold(secs(time)) } else { shape.ramp_to(to, secs(time)) };
                let from = if jumps { to } else { level };
                integral += f64::from(from + to) / 2.0 * f64::from(u32::try_from(time).expect("small"));
                level = to;
            }
            let moments: Vec<_> = Arrivals::constant(shape).moments(1, 0).collect();
            prop_assert!(moments.is_sorted());
            let expected = if integral > 0.0 { integral.ceil() } else { 0.0 };
            prop_assert!((f64::from(u32::try_from(moments.len()).expect("few")) - expected).abs() <= 1.0, "{integral}");
        }
    }
}
