//! The rank of a percentile.

/// 0.07 × 100 is 7.000000000000001 in binary: a product that is an integer but for rounding must not be rounded up.
const ROUNDING: f64 = 1e-9;

/// The rank, from 1, of the `q` percentile among `n` sorted samples: ceil(q·n), the nearest-rank definition
/// (Hyndman and Fan, "Sample quantiles in statistical packages", 1996, definition 1).
///
/// `q` is clamped to 0..=1; rank 1 is the least answer, so `q = 0` gives the smallest sample. `n = 0` gives 0: there is no such sample.
///
/// ```
/// use sse_load::stats::rank;
///
/// assert_eq!(rank(0.95, 20), 19);
/// assert_eq!(rank(0.95, 21), 20);
/// assert_eq!(rank(0.5, 0), 0);
/// ```
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the product lies in 0..=n, and n is far below 2^52"
)]
pub fn rank(q: f64, n: u64) -> u64 {
    if n == 0 {
        return 0;
    }
    let exact = q.clamp(0.0, 1.0) * n as f64;
    ((exact - ROUNDING).ceil() as u64).clamp(1, n)
}

/// Refuses what is no percentile, such as 95 for 0.95.
///
/// # Panics
/// When `q` is not between 0 and 1.
#[track_caller]
pub fn assert_percentile(q: f64) {
    assert!((0.0..=1.0).contains(&q), "a percentile lies between 0 and 1 (the 95th is 0.95), but this one is {q}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_in_per_cent_is_refused() {
        assert_percentile(0.0);
        assert_percentile(1.0);
        for q in [95.0, -0.1, f64::NAN] {
            assert!(std::panic::catch_unwind(|| assert_percentile(q)).is_err(), "{q}");
        }
    }

    #[test]
    fn a_product_that_is_an_integer_is_its_own_rank() {
        for percent in 1..=100_u32 {
            assert_eq!(rank(f64::from(percent) / 100.0, 100), u64::from(percent));
        }
    }

    #[test]
    fn the_ends_are_the_smallest_and_the_largest_sample() {
        assert_eq!(rank(0.0, 7), 1);
        assert_eq!(rank(-1.0, 7), 1);
        assert_eq!(rank(1.0, 7), 7);
        assert_eq!(rank(2.0, 7), 7);
    }

    #[test]
    fn a_fraction_goes_up_to_the_next_sample() {
        assert_eq!(rank(0.95, 19), 19);
        assert_eq!(rank(0.5, 3), 2);
    }
}
