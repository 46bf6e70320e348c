//! How sure a percentile is.

use super::binomial::{at_most, least};

/// The ranks, from 1, of the two samples between which the `q` quantile lies with at least this `confidence`, whatever the
/// distribution (David and Nagaraja, "Order Statistics", 3rd ed. 2003, section 7.1). `None` where the sample does not reach
/// that far: the interval is unbounded on this side.
///
/// Each side is wrong with a probability of at most half of `1 - confidence`. Of `n` samples that hang together only
/// `effective` count; the counts beyond a rank are scaled by it, which moves both ranks outwards.
///
/// ```
/// use sse_load::stats::rank_interval;
///
/// assert_eq!(rank_interval(100, 100.0, 0.5, 0.95), (Some(40), Some(61)));
/// assert_eq!(rank_interval(100, 50.0, 0.5, 0.95), (Some(36), Some(65)));
/// assert_eq!(rank_interval(100, 100.0, 0.99, 0.95), (Some(97), None));
/// ```
#[must_use]
pub fn rank_interval(n: u64, effective: f64, q: f64, confidence: f64) -> (Option<u64>, Option<u64>) {
    let alpha = (1.0 - confidence) / 2.0;
    let lower = outside(n, effective, q, alpha).map(|below| below + 1);
    let upper = outside(n, effective, 1.0 - q, alpha).map(|above| n - above);
    (lower, upper)
}

/// How many of `n` samples can be left outside of the interval on a side where a share of `p` is expected.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn outside(n: u64, effective: f64, p: f64, alpha: f64) -> Option<u64> {
    let effective = effective.min(n as f64);
    let scale = effective / n as f64;
    let few_enough = |count: u64| at_most(effective, p, count as f64 * scale) <= alpha;
    least(0, n, |count| !few_enough(count)).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_intervals_of_the_median() {
        // Table of Conover, "Practical Nonparametric Statistics": 95 % ranks of the median.
        assert_eq!(rank_interval(10, 10.0, 0.5, 0.95), (Some(2), Some(9)));
        assert_eq!(rank_interval(20, 20.0, 0.5, 0.95), (Some(6), Some(15)));
        assert_eq!(rank_interval(5, 5.0, 0.5, 0.95), (None, None));
        assert_eq!(rank_interval(6, 6.0, 0.5, 0.95), (Some(1), Some(6)));
    }

    #[test]
    fn the_sample_must_reach_beyond_the_quantile() {
        assert_eq!(rank_interval(71, 71.0, 0.95, 0.95).1, None);
        assert_eq!(rank_interval(72, 72.0, 0.95, 0.95).1, Some(72));
        assert_eq!(rank_interval(0, 0.0, 0.95, 0.95), (None, None));
        assert_eq!(rank_interval(10, 0.0, 0.95, 0.95), (None, None));
    }

    #[test]
    fn what_makes_no_sense_is_unbounded() {
        assert_eq!(rank_interval(10, f64::NAN, 0.5, f64::NAN), (None, None));
    }

    proptest! {
        #[test]
        fn fewer_effective_samples_move_the_ranks_outwards(n in 1_u64..5_000, share in 0.01..1.0_f64, q in 0.01..0.999_f64) {
            let whole = f64::from(u32::try_from(n).unwrap());
            let (low, high) = rank_interval(n, whole, q, 0.95);
            let (lower, higher) = rank_interval(n, whole * share, q, 0.95);
            prop_assert!(lower <= low, "{lower:?} {low:?}");
            prop_assert!(higher.is_none_or(|higher| high.is_some_and(|high| high <= higher)), "{higher:?} {high:?}");
        }

        #[test]
        fn ranks_are_those_of_the_exact_tails(n in 1_u64..500, q in 0.01..0.99_f64) {
            let size = f64::from(u32::try_from(n).unwrap());
            let (low, high) = rank_interval(n, size, q, 0.9);
            let wrong_below = |rank: u64| at_most(size, q, f64::from(u32::try_from(rank - 1).unwrap()));
            if let Some(low) = low {
                prop_assert!(wrong_below(low) <= 0.05 && wrong_below(low + 1) > 0.05);
            }
            if let Some(high) = high {
                let wrong_above = at_most(size, 1.0 - q, f64::from(u32::try_from(n - high).unwrap()));
                prop_assert!((1..=n).contains(&high) && wrong_above <= 0.05);
            }
        }
    }
}
