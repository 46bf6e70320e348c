//! How much larger one thing is than another, from pairs of measurements.

use super::means::student;

/// Fewer pairs say too little about their own spread.
pub const FEWEST_PAIRS: usize = 5;

/// What two things differ by, with the interval that it lies in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimated {
    /// The estimate.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The two-sided interval of the ratio second / first, from pairs of positive figures, by Student's t of the logarithms of their
/// ratios (Jain, "The Art of Computer Systems Performance Analysis", 1991, section 13.4.1, with logarithms since
/// a ratio is wanted). What both of a pair have in common, such as a busy neighbour, cancels, and samples may hang together within a
/// block, since only blocks are compared. `None` for less than 5 pairs, or figures that are not positive and finite.
///
/// How often each side is wrong where it should be in 5 % of comparisons (`confidence` 0.9), by 4 000 simulated comparisons of equal
/// hosts whose speed drifts by a third between pairs, log-normal values with σ 1:
///
/// | pairs × requests a block | p50 above / below | p95 above / below |
/// |---|---|---|
/// | 5 × 40 | 5.0 % / 4.8 % | 4.8 % / 5.4 % |
/// | 10 × 40 | 5.4 % / 5.6 % | 4.2 % / 5.3 % |
/// | 10 × 200, AR(1) correlation 0.8 | 4.8 % / 5.1 % | 4.9 % / 5.1 % |
///
/// ```
/// use sse_load::stats::paired_ratio;
///
/// let pairs = [(100.0, 109.0), (140.0, 155.0), (90.0, 100.0), (120.0, 131.0), (101.0, 112.0)];
/// let found = paired_ratio(&pairs, 0.95).unwrap();
/// assert!(1.08 < found.low && found.low < found.value && found.value < found.high && found.high < 1.13);
/// assert!(paired_ratio(&pairs[..4], 0.95).is_none());
/// ```
#[must_use]
pub fn paired_ratio(pairs: &[(f64, f64)], confidence: f64) -> Option<Estimated> {
    let is_sound = |figure: f64| figure > 0.0 && figure.is_finite();
    if pairs.len() < FEWEST_PAIRS || !pairs.iter().all(|(first, second)| is_sound(*first) && is_sound(*second)) {
        return None;
    }
    let logs: Vec<_> = pairs.iter().map(|(first, second)| (second / first).ln()).collect();
    let Estimated { value, low, high } = mean(&logs, confidence);
    Some(Estimated { value: value.exp(), low: low.exp(), high: high.exp() })
}

/// The two-sided interval of the difference second − first, from pairs of figures, by Student's t of their differences (Jain, as
/// above). `None` for less than 5 pairs, or figures that are not finite.
///
/// ```
/// use sse_load::stats::paired_difference;
///
/// let found = paired_difference(&[(0.0, 0.01), (0.0, 0.02), (0.01, 0.02), (0.0, 0.02), (0.01, 0.04)], 0.95).unwrap();
/// assert!(found.low > 0.0 && found.high < 0.04);
/// ```
#[must_use]
pub fn paired_difference(pairs: &[(f64, f64)], confidence: f64) -> Option<Estimated> {
    let differences: Vec<_> = pairs.iter().map(|(first, second)| second - first).collect();
    let is_sound = differences.len() >= FEWEST_PAIRS && differences.iter().all(|difference| difference.is_finite());
    is_sound.then(|| mean(&differences, confidence))
}

/// The mean of a few independent values, by Student's t.
#[expect(clippy::cast_precision_loss, reason = "pairs are few")]
fn mean(values: &[f64], confidence: f64) -> Estimated {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let reach = student(n - 1.0, confidence) * (variance / n).sqrt();
    Estimated { value: mean, low: mean - reach, high: mean + reach }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution as _, StandardNormal};

    use super::*;
    use crate::stats::rank;

    #[test]
    fn a_known_interval() {
        // Logarithms 1 … 5: mean 3, standard deviation √2.5, t(4, 95 %) = 2.776445.
        let pairs = [1.0, 2.0, 3.0, 4.0, 5.0].map(|log: f64| (2.0, 2.0 * log.exp()));
        let found = paired_ratio(&pairs, 0.95).expect("five pairs");
        let reach = 2.776_445 * (2.5_f64 / 5.0).sqrt();
        for (end, log) in [(found.value, 3.0), (found.low, 3.0 - reach), (found.high, 3.0 + reach)] {
            assert!((end.ln() - log).abs() < 1e-5, "{found:?}");
        }
    }

    #[test]
    fn what_is_no_ratio_gives_none() {
        for odd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let mut pairs = [(1.0, 1.0); 6];
            pairs[3].1 = odd;
            assert_eq!(paired_ratio(&pairs, 0.9), None, "{odd}");
            pairs[3] = (odd, 1.0);
            assert_eq!(paired_ratio(&pairs, 0.9), None, "{odd}");
        }
    }

    #[test]
    fn a_known_difference() {
        let pairs = [1.0, 2.0, 3.0, 4.0, 5.0].map(|difference| (7.0, 7.0 + difference));
        let found = paired_difference(&pairs, 0.95).expect("five pairs");
        let reach = 2.776_445 * (2.5_f64 / 5.0).sqrt();
        assert!((found.low - 3.0 + reach).abs() < 1e-5 && (found.high - 3.0 - reach).abs() < 1e-5, "{found:?}");
        assert_eq!(paired_difference(&pairs[..4], 0.95), None);
        assert_eq!(paired_difference(&[(0.0, f64::NAN); 5], 0.95), None);
    }

    #[test]
    fn equal_pairs_are_certain() {
        let found = paired_ratio(&[(4.0, 5.0); 5], 0.9).expect("five pairs");
        assert!([found.value, found.low, found.high].iter().all(|ratio| (ratio - 1.25).abs() < 1e-12));
    }

    /// The percentile of a block of log-normal values that hang together.
    fn block(requests: u64, correlation: f64, q: f64, random: &mut ChaCha8Rng) -> f64 {
        let mut z: f64 = StandardNormal.sample(random);
        let mut values: Vec<f64> = (0..requests)
            .map(|_| {
                let noise: f64 = StandardNormal.sample(random);
                z = correlation * z + (1.0 - correlation * correlation).sqrt() * noise;
                z.exp()
            })
            .collect();
        values.sort_by(f64::total_cmp);
        values[usize::try_from(rank(q, requests)).expect("a small number") - 1]
    }

    /// The shares of comparisons of equal hosts whose interval lies above 1, and below it.
    fn wrong(pairs: usize, requests: u64, correlation: f64, q: f64, runs: u32) -> [f64; 2] {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut wrong = [0_u32; 2];
        for _ in 0..runs {
            let pair = |_| {
                let drift: f64 = StandardNormal.sample(&mut random);
                let drift = (drift / 3.0).exp();
                let mut host = || block(requests, correlation, q, &mut random) * drift;
                (host(), host())
            };
            let found = paired_ratio(&(0..pairs).map(pair).collect::<Vec<_>>(), 0.9).expect("enough pairs");
            wrong[0] += u32::from(found.low > 1.0);
            wrong[1] += u32::from(found.high < 1.0);
        }
        wrong.map(|count| f64::from(count) / f64::from(runs))
    }

    #[test]
    fn equal_hosts_seldom_differ() {
        for (pairs, requests, correlation) in [(5, 40, 0.0), (10, 40, 0.0), (10, 200, 0.8)] {
            for q in [0.5, 0.95] {
                let wrong = wrong(pairs, requests, correlation, q, 400);
                println!("{pairs} × {requests}, correlation {correlation}, p{q}: {wrong:?}");
                assert!(wrong.iter().all(|share| *share < 0.085), "{pairs} {requests} {correlation} {q}: {wrong:?}");
            }
        }
    }

    #[test]
    #[ignore = "the table of the docs: cargo test --release -p sse-load --lib paired -- --ignored --nocapture"]
    fn the_table() {
        for (pairs, requests, correlation) in [(5, 40, 0.0), (10, 40, 0.0), (10, 200, 0.8)] {
            for q in [0.5, 0.95] {
                println!("{pairs} {requests} {correlation} {q}: {:?}", wrong(pairs, requests, correlation, q, 4_000));
            }
        }
    }
}
