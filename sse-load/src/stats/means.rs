//! How sure a mean is.

use super::beta::regularised;

/// Samples that follow each other in time: how many there are, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Total {
    /// How many.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
}

/// A run is cut into so many groups: few enough that neighbours hardly hang together.
const GROUPS: usize = 16;

/// Of fewer groups nothing is inferred.
const FEWEST_GROUPS: usize = 5;

/// The two-sided interval of a mean from consecutive parts of a run, by batch means (Law, "Simulation Modeling and Analysis",
/// 5th ed. 2015, section 9.5.3) with the linearised variance of a ratio, since parts differ in size, and Student's t. Means of
/// parts hang together less than samples do, and are nearer to a normal distribution. `None` for less than 5 parts with samples.
///
/// Of very skewed values (log-normal with σ above 1) the upper side is too low by more than the confidence says unless there are
/// thousands.
///
/// ```
/// use sse_load::stats::{Total, mean_interval};
///
/// let parts: Vec<_> = (0..16).map(|n| Total { count: 10.0, sum: 100.0 + f64::from(n % 2) }).collect();
/// let (low, high) = mean_interval(&parts, 0.95).expect("enough parts");
/// assert!(10.0 < low && low < 10.05 && 10.05 < high && high < 10.1);
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a few groups")]
pub fn mean_interval(parts: &[Total], confidence: f64) -> Option<(f64, f64)> {
    let groups = GROUPS.min(parts.len());
    let cut = |group: usize| group * parts.len() / groups;
    let groups: Vec<_> = (0..groups).map(|group| sum(&parts[cut(group)..cut(group + 1)])).collect();
    let filled = groups.iter().filter(|group| group.count > 0.0).count();
    if filled < FEWEST_GROUPS {
        return None;
    }
    let all = sum(&groups);
    let mean = all.sum / all.count;
    let squares: f64 = groups.iter().map(|group| (group.sum - mean * group.count).powi(2)).sum();
    let freedom = filled as f64 - 1.0;
    let error = (squares * filled as f64 / freedom).sqrt() / all.count;
    let reach = student(freedom, confidence) * error;
    Some((mean - reach, mean + reach))
}

fn sum(parts: &[Total]) -> Total {
    parts.iter().fold(Total::default(), |sum, part| Total { count: sum.count + part.count, sum: sum.sum + part.sum })
}

/// The point that Student's t with this freedom exceeds on either side with a probability of 1 - `confidence` together
/// (Abramowitz and Stegun, 26.7.1).
fn student(freedom: f64, confidence: f64) -> f64 {
    let outside = |t: f64| {
        let x = freedom / (freedom + t * t);
        regularised(freedom / 2.0, 0.5, x, 1.0 - x)
    };
    let (mut low, mut high) = (0.0, 1.0);
    while outside(high) > 1.0 - confidence && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if outside(middle) > 1.0 - confidence { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Exp1, LogNormal, StandardNormal};

    use super::*;

    #[test]
    fn the_table_of_student() {
        for (freedom, confidence, point) in
            [(1.0, 0.9, 6.313_752), (4.0, 0.95, 2.776_445), (15.0, 0.9, 1.753_050), (15.0, 0.99, 2.946_713)]
        {
            let found = student(freedom, confidence);
            assert!((found - point).abs() < 1e-5, "{freedom} {confidence}: {found}");
        }
    }

    #[test]
    fn few_parts_prove_nothing_and_equal_ones_are_certain() {
        let part = Total { count: 3.0, sum: 12.0 };
        assert_eq!(mean_interval(&[part; 4], 0.9), None);
        assert_eq!(mean_interval(&[], 0.9), None);
        assert_eq!(mean_interval(&[part; 5], 0.9), Some((4.0, 4.0)));
        let mut holes = vec![Total::default(); 60];
        holes[..4].fill(part);
        assert_eq!(mean_interval(&holes, 0.9), None, "all in one group");
    }

    /// How often the true mean is below and above the interval.
    fn misses(values: &impl Distribution<f64>, mean: f64, phi: f64) -> (f64, f64) {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let (mut below, mut above) = (0, 0);
        for _ in 0..1_000 {
            let mut last = values.sample(&mut random) - mean;
            let parts: Vec<_> = (0..64)
                .map(|_| {
                    let mut total = Total::default();
                    for _ in 0..32 {
                        last = phi * last + (1.0 - phi * phi).sqrt() * (values.sample(&mut random) - mean);
                        total.count += 1.0;
                        total.sum += last + mean;
                    }
                    total
                })
                .collect();
            let (low, high) = mean_interval(&parts, 0.9).expect("enough parts");
            below += u32::from(mean < low);
            above += u32::from(mean > high);
        }
        (f64::from(below) / 1e3, f64::from(above) / 1e3)
    }

    #[test]
    fn each_side_is_wrong_in_no_more_than_one_of_twenty_runs() {
        let log_normal = LogNormal::new(0.0, 1.0).expect("it has a spread");
        let runs = [
            misses(&StandardNormal, 0.0, 0.0),
            misses(&StandardNormal, 0.0, 0.8),
            misses(&Exp1, 1.0, 0.0),
            misses(&Exp1, 1.0, 0.8),
            misses(&log_normal, 0.5_f64.exp(), 0.0),
        ];
        // Three standard errors above.
        assert!(runs.iter().all(|(below, above)| *below < 0.071 && *above < 0.071), "{runs:?}");
    }
}
