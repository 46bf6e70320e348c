//! How much samples are worth that hang together.

/// Samples that follow each other in time: how many there are, and how many of them break a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// All samples.
    pub count: u64,
    /// Those that break the limit.
    pub hits: u64,
}

/// The numbers of groups into which a run is cut: many short ones see weak dependence best, few long ones see slow waves.
const GROUPS: [usize; 3] = [32, 16, 8];

/// Groups have so many samples on average, and there are so many hits: fewer say nothing about how they hang together.
const FEWEST: u64 = 5;

/// So many samples beyond a limit tell well enough.
const ENOUGH: f64 = 20.0;

/// The one-sided 5 % point of the normal distribution.
const Z: f64 = 1.645;

/// The design effect of consecutive batches: how many of these samples are worth as much as one of independent ones. 1 or more.
///
/// It is the variance of the share of hits between groups of batches over that of independent samples: Kish, "Survey Sampling",
/// 1965, section 8.2, with the linearised variance of a ratio that Rao and Scott use ("A simple method for the analysis of
/// clustered binary data", Biometrics 48, 1992). The largest over 32, 16 and 8 groups counts, if it is more than chance makes of
/// independent samples in 1 of 20 cases (χ² approximation of Wilson and Hilferty, 1931): it only ever widens an interval.
///
/// ```
/// use sse_load::stats::{Batch, design_effect};
///
/// let steady = [Batch { count: 20, hits: 10 }; 32];
/// assert_eq!(design_effect(&steady), 1.0);
/// let waves: Vec<_> = (0..32).map(|n| Batch { count: 20, hits: if n % 8 < 4 { 18 } else { 2 } }).collect();
/// assert!(design_effect(&waves) > 10.0);
/// ```
#[must_use]
pub fn design_effect(batches: &[Batch]) -> f64 {
    let all = sum(batches);
    if all.hits.min(all.count - all.hits.min(all.count)) < FEWEST {
        return 1.0;
    }
    let significant = |groups: usize| {
        let groups = groups.min(batches.len()).min(usize::try_from(all.count / FEWEST).unwrap_or(usize::MAX));
        (groups >= 2).then(|| effect(&grouped(batches, groups), all)).flatten()
    };
    GROUPS.into_iter().filter_map(significant).fold(1.0, f64::max)
}

/// The quantile nearest to `q` at which enough of `n` samples lie on either side to tell how they hang together; the median of a
/// small sample.
///
/// ```
/// use sse_load::stats::telling_quantile;
///
/// assert_eq!((telling_quantile(0.95, 10_000), telling_quantile(0.99, 200), telling_quantile(0.99, 30)), (0.95, 0.9, 0.5));
/// ```
#[must_use]
pub fn telling_quantile(q: f64, n: u64) -> f64 {
    let edge = (ENOUGH / as_f64(n.max(1))).min(0.5);
    q.clamp(edge, 1.0 - edge)
}

/// The variance between groups over that of independent samples, if it is more than chance.
fn effect(groups: &[Batch], all: Batch) -> Option<f64> {
    let share = as_f64(all.hits) / as_f64(all.count);
    let squares: f64 = groups.iter().map(|group| (as_f64(group.hits) - share * as_f64(group.count)).powi(2)).sum();
    let freedom = as_f64(groups.iter().filter(|group| group.count > 0).count() as u64) - 1.0;
    let chi_square = squares / (as_f64(all.count) * share * (1.0 - share)) * (freedom + 1.0);
    let chance = freedom * (1.0 - 2.0 / (9.0 * freedom) + Z * (2.0 / (9.0 * freedom)).sqrt()).powi(3);
    (freedom > 0.0 && chi_square > chance).then(|| chi_square / freedom)
}

/// The batches in so many groups of equal length in time.
fn grouped(batches: &[Batch], groups: usize) -> Vec<Batch> {
    let cut = |group: usize| group * batches.len() / groups;
    (0..groups).map(|group| sum(&batches[cut(group)..cut(group + 1)])).collect()
}

fn sum(batches: &[Batch]) -> Batch {
    batches
        .iter()
        .fold(Batch::default(), |sum, batch| Batch { count: sum.count + batch.count, hits: sum.hits + batch.hits })
}

#[expect(clippy::cast_precision_loss, reason = "samples are far fewer than 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution as _, StandardNormal};

    use super::*;
    use crate::stats::{binomial, rank};

    /// How often `runs` runs of `n` samples pass and miss a limit which `truth` of them break; each sample hangs on the one
    /// before by `phi` (an AR(1) Gaussian copula).
    fn verdicts(phi: f64, n: u32, threshold: f64, limit: f64, runs: u32) -> (f64, f64, f64) {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let (mut pass, mut miss, mut effects) = (0, 0, 0.0);
        for _ in 0..runs {
            let normals = ar1(phi, n, &mut random);
            let mut sorted = normals.clone();
            sorted.sort_by(f64::total_cmp);
            let place = rank(telling_quantile(1.0 - limit, n.into()), n.into());
            let quantile = sorted[usize::try_from(place).expect("a small sample") - 1];
            let batches: Vec<_> = normals
                .chunks(normals.len().div_ceil(100))
                .map(|chunk| Batch {
                    count: chunk.len() as u64,
                    hits: chunk.iter().filter(|value| **value > quantile).count() as u64,
                })
                .collect();
            let hits = normals.iter().filter(|value| **value > threshold).count() as u64;
            let effect = design_effect(&batches);
            effects += effect;
            let (n, hits) = (f64::from(n) / effect, as_f64(hits) / effect);
            pass += u32::from(binomial::at_most(n, limit, hits) <= 0.05);
            miss += u32::from(binomial::at_least(n, limit, hits) <= 0.05);
        }
        let runs = f64::from(runs);
        (f64::from(pass) / runs, f64::from(miss) / runs, effects / runs)
    }

    fn ar1(phi: f64, n: u32, random: &mut impl Rng) -> Vec<f64> {
        let mut last: f64 = StandardNormal.sample(random);
        (0..n)
            .map(|_| {
                let noise: f64 = StandardNormal.sample(random);
                last = phi * last + (1.0 - phi * phi).sqrt() * noise;
                last
            })
            .collect()
    }

    /// A share of 5 % lies at this point of the normal distribution, one of 2.5 % and 10 % at the others.
    const POINTS: [f64; 3] = [1.644_853_6, 1.959_964, 1.281_551_6];

    #[test]
    fn no_more_than_one_in_twenty_verdicts_is_false() {
        for (phi, n) in [(0.0, 400), (0.3, 400), (0.6, 400), (0.9, 2_000)] {
            let (pass, miss, _) = verdicts(phi, n, POINTS[0], 0.05, 600);
            // Three standard errors above.
            assert!(pass < 0.077 && miss < 0.077, "{phi}: {pass} {miss}");
        }
    }

    #[test]
    fn what_is_clearly_good_passes_and_what_is_clearly_bad_misses() {
        let (good, never, _) = verdicts(0.3, 2_000, POINTS[1], 0.05, 100);
        let (seldom, bad, _) = verdicts(0.3, 2_000, POINTS[2], 0.05, 100);
        assert!(good > 0.9 && bad > 0.9 && never + seldom < 0.01, "{good} {bad} {never} {seldom}");
    }

    #[test]
    fn independent_samples_keep_nearly_all_their_worth() {
        let (_, _, effect) = verdicts(0.0, 400, POINTS[0], 0.05, 200);
        assert!((1.0..1.2).contains(&effect), "{effect}");
    }

    #[test]
    fn too_few_samples_say_nothing_about_how_they_hang_together() {
        let is_one = |batches: &[Batch]| (design_effect(batches) - 1.0).abs() < f64::EPSILON;
        assert!(is_one(&[]));
        assert!(is_one(&[Batch { count: 100, hits: 4 }, Batch { count: 100, hits: 0 }]));
        assert!(is_one(&[Batch { count: 9, hits: 9 }, Batch { count: 9, hits: 9 }]));
        assert!(is_one(&[Batch { count: 100, hits: 50 }]), "one batch");
    }
}
