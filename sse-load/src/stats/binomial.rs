//! Exact tails of the binomial distribution, and what they say about a share.
//!
//! Counts are `f64`, so that those of correlated samples can be scaled to an effective sample size: the tails are continued
//! between the integers by the incomplete beta function. They are exact to 1e-10 of their value for n up to 10^9. Arguments that
//! make no sense, such as NaN, give a probability of 1, which decides nothing.

use super::beta::regularised;

/// More samples than these are not searched for.
const MOST_SAMPLES: u64 = 1 << 50;

/// The probability that at most `k` of `n` samples are hits, each with probability `p`: P[Bin(n, p) ≤ k].
///
/// ```
/// use sse_load::stats::binomial::at_most;
///
/// assert!((at_most(59.0, 0.05, 0.0) - 0.95_f64.powi(59)).abs() < 1e-15);
/// assert_eq!(at_most(10.0, 0.05, 10.0), 1.0);
/// ```
#[must_use]
pub fn at_most(n: f64, p: f64, k: f64) -> f64 {
    if !makes_sense(n, p, k) || k >= n {
        return 1.0;
    }
    if k < 0.0 { 0.0 } else { regularised(n - k, k + 1.0, 1.0 - p, p) }
}

/// The probability that at least `k` of `n` samples are hits, each with probability `p`: P[Bin(n, p) ≥ k].
///
/// ```
/// use sse_load::stats::binomial::at_least;
///
/// assert!((at_least(20.0, 0.05, 1.0) - (1.0 - 0.95_f64.powi(20))).abs() < 1e-15);
/// assert_eq!(at_least(20.0, 0.05, 0.0), 1.0);
/// ```
#[must_use]
pub fn at_least(n: f64, p: f64, k: f64) -> f64 {
    if !makes_sense(n, p, k) || k <= 0.0 {
        return 1.0;
    }
    if k > n { 0.0 } else { regularised(k, n - k + 1.0, p, 1.0 - p) }
}

/// How many samples more, none of them a hit, it takes until `k` hits prove a share of at most `p`: the least m with
/// P[Bin(n + m, p) ≤ k] ≤ `alpha`. None if no number does.
///
/// ```
/// use sse_load::stats::binomial::samples_to_pass;
///
/// assert_eq!(samples_to_pass(0.0, 0.0, 0.05, 0.05), Some(59));
/// assert_eq!(samples_to_pass(50.0, 0.0, 0.05, 0.05), Some(9));
/// assert_eq!(samples_to_pass(50.0, 0.0, 0.0, 0.05), None);
/// ```
#[must_use]
pub fn samples_to_pass(n: f64, k: f64, p: f64, alpha: f64) -> Option<u64> {
    if !makes_sense(n, p, k) || alpha <= 0.0 {
        return None;
    }
    fewest_more(|more| at_most(n + more, p, k) <= alpha)
}

/// The least number of further samples at which the rule holds, for a rule that holds from its first hold on.
#[expect(clippy::cast_precision_loss, reason = "the samples are at most 2^50")]
pub(super) fn fewest_more(holds: impl Fn(f64) -> bool) -> Option<u64> {
    let holds = |more: u64| holds(more as f64);
    let enough = (0..=50).map(|exponent| 1 << exponent).find(|more| holds(*more))?;
    Some(least(0, enough.min(MOST_SAMPLES), holds))
}

/// The two-sided interval of a share of which `k` of `n` samples are hits (Clopper and Pearson, "The use of confidence or
/// fiducial limits illustrated in the case of the binomial", 1934). It covers the true share with at least this `confidence`.
///
/// ```
/// use sse_load::stats::binomial::share_interval;
///
/// let (low, high) = share_interval(100.0, 0.0, 0.95);
/// assert_eq!(low, 0.0);
/// assert!((high - (1.0 - 0.025_f64.powf(0.01))).abs() < 1e-12);
/// ```
#[must_use]
pub fn share_interval(n: f64, k: f64, confidence: f64) -> (f64, f64) {
    let tail = (1.0 - confidence) / 2.0;
    (crossing(|p| at_least(n, p, k) > tail), crossing(|p| at_most(n, p, k) <= tail))
}

/// The least number in `low..=high` at which the rule holds, for a rule that holds at `high` and from its first hold on.
pub(super) fn least(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

/// The share from which on the rule holds: 0 if it does everywhere, 1 if nowhere.
fn crossing(holds: impl Fn(f64) -> bool) -> f64 {
    if holds(0.0) {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while high - low > f64::EPSILON * high {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

fn makes_sense(n: f64, p: f64, k: f64) -> bool {
    n >= 0.0 && n.is_finite() && (0.0..=1.0).contains(&p) && !k.is_nan()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Σ C(n, i) p^i q^(n−i) over `i`, all terms positive.
    fn summed(n: u32, p: f64, range: std::ops::RangeInclusive<u32>) -> f64 {
        let q = 1.0 - p;
        let mut term = q.powf(f64::from(n));
        let mut sum = 0.0;
        for i in 0..=n {
            if range.contains(&i) {
                sum += term;
            }
            term *= f64::from(n - i) / f64::from(i + 1) * (p / q);
        }
        sum
    }

    #[test]
    fn tails_are_sums_of_their_terms() {
        for n in [1, 2, 7, 59, 300, 1_000] {
            for p in [0.001, 0.01, 0.05, 0.3, 0.5] {
                for k in [0, 1, 2, 5, 14, 60, 350, 999].into_iter().filter(|k| *k <= n) {
                    let (size, hits) = (f64::from(n), f64::from(k));
                    let (below, above) = (summed(n, p, 0..=k), summed(n, p, k..=n));
                    assert!((at_most(size, p, hits) - below).abs() <= 1e-10 * below, "{n} {p} {k}");
                    assert!((at_least(size, p, hits) - above).abs() <= 1e-10 * above, "{n} {p} {k}");
                }
            }
        }
    }

    #[test]
    fn a_thousand_million_samples() {
        // P[Bin(10^9, 0.05) ≤ 50 020 000] and P[Bin(10^9, 0.01) ≤ 10 010 000] by mpmath.
        let n = 1e9;
        assert!((at_most(n, 0.05, 50_020_000.0) / 0.998_144_968_399_8 - 1.0).abs() < 1e-10);
        assert!((at_most(n, 0.01, 10_010_000.0) / 0.999_258_258_340_1 - 1.0).abs() < 1e-10);
        assert_eq!((at_most(n, 0.05, 0.0), at_least(n, 0.05, n)), (0.0, 0.0));
    }

    #[test]
    fn no_samples_prove_nothing() {
        assert_eq!((at_most(0.0, 0.05, 0.0), at_least(0.0, 0.05, 0.0)), (1.0, 1.0));
        assert_eq!(share_interval(0.0, 0.0, 0.95), (0.0, 1.0));
    }

    #[test]
    fn certain_and_impossible_hits() {
        assert_eq!((at_most(5.0, 0.0, 0.0), at_least(5.0, 0.0, 1.0)), (1.0, 0.0));
        assert_eq!((at_most(5.0, 1.0, 4.0), at_least(5.0, 1.0, 5.0)), (0.0, 1.0));
        assert_eq!((at_most(5.0, 0.5, -1.0), at_least(5.0, 0.5, 6.0)), (0.0, 0.0));
    }

    #[test]
    fn what_makes_no_sense_proves_nothing() {
        let senseless =
            [(f64::NAN, 0.1, 1.0), (9.0, f64::NAN, 1.0), (9.0, 0.1, f64::NAN), (-1.0, 0.1, 0.0), (9.0, 1.1, 0.0)];
        for (n, p, k) in senseless {
            assert_eq!((at_most(n, p, k), at_least(n, p, k)), (1.0, 1.0), "{n} {p} {k}");
            assert_eq!(samples_to_pass(n, k, p, 0.05), None, "{n} {p} {k}");
        }
        assert_eq!(samples_to_pass(0.0, 0.0, 0.05, 0.0), None);
    }

    #[test]
    fn fewest_samples_that_pass() {
        let fewest = |q: f64, alpha| samples_to_pass(0.0, 0.0, 1.0 - q, alpha);
        assert_eq!([0.9, 0.95, 0.99].map(|q| fewest(q, 0.05)), [Some(29), Some(59), Some(299)]);
        assert_eq!(fewest(0.99, 0.01), Some(459));
        assert_eq!(samples_to_pass(59.0, 0.0, 0.05, 0.05), Some(0));
    }

    #[test]
    fn samples_to_pass_is_what_a_scan_finds() {
        for k in [0.0, 1.0, 3.5, 12.0] {
            let scanned = (0_u32..2_000).find(|more| at_most(40.0 + f64::from(*more), 0.02, k) <= 0.05);
            assert_eq!(samples_to_pass(40.0, k, 0.02, 0.05), scanned.map(u64::from), "{k}");
        }
    }

    #[test]
    fn the_table_of_clopper_and_pearson() {
        // 95 % intervals of 1 of 10, 5 of 10 and 10 of 100, as R's binom.test gives them.
        let known = [
            (10.0, 1.0, 0.002_528_579, 0.445_016_1),
            (10.0, 5.0, 0.187_086_0, 0.812_914_0),
            (100.0, 10.0, 0.049_004_69, 0.176_222_6),
        ];
        for (n, k, low, high) in known {
            let found = share_interval(n, k, 0.95);
            assert!((found.0 - low).abs() < 1e-7 && (found.1 - high).abs() < 1e-7, "{n} {k}: {found:?}");
        }
    }

    proptest! {
        #[test]
        fn tails_are_probabilities_that_grow_with_their_side(n in 0.0..1e6_f64, p in 0.0..1.0_f64, share in 0.0..1.0_f64) {
            let k = n * share;
            let (below, above) = (at_most(n, p, k), at_least(n, p, k));
            prop_assert!((0.0..=1.0).contains(&below) && (0.0..=1.0).contains(&above));
            prop_assert!(at_most(n, p, k + 0.5) >= below - 1e-9 && at_least(n, p, k + 0.5) <= above + 1e-9);
        }

        #[test]
        fn the_interval_holds_what_was_seen(n in 1_u32..2_000, share in 0.0..=1.0_f64) {
            let (n, k) = (f64::from(n), (f64::from(n) * share).floor());
            let (low, high) = share_interval(n, k, 0.95);
            prop_assert!(low <= k / n && k / n <= high, "{low} {high}");
        }
    }
}
