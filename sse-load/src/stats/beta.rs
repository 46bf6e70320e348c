//! The regularised incomplete beta function, which binomial tails and Student's t are made of.
//!
//! It is our own, since the crates that have it lose digits by subtracting logarithms of gamma functions (1e-6 is left of a
//! tail of 10^9 trials) or end their expansion after a fixed number of terms.

use std::f64::consts::PI;

/// The fraction ends after so many terms at most. It needs about √(a + b) of them.
const MOST_TERMS: u32 = 1_000_000;

/// Stands for a zero denominator (Thompson and Barnett).
const TINY: f64 = 1e-300;

/// From here on Stirling's series has all digits of a double.
const STIRLING_FROM: f64 = 16.0;

/// The probability that a Beta(a, b) variable is at most `x`, where `x + y = 1` and `a`, `b` are above 0.
///
/// Both `x` and `y` are asked for since the smaller one has more digits.
pub(super) fn regularised(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    if is_lower(a, b, x) {
        power(a, b, x, y) * fraction(a, b, x, y)
    } else {
        1.0 - power(b, a, y, x) * fraction(b, a, y, x)
    }
}

/// [`regularised`] divided by x^a·y^b / B(a, b). It does not underflow where both do; it is infinite where it overflows.
pub(super) fn scaled(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if is_lower(a, b, x) { fraction(a, b, x, y) } else { power(a, b, x, y).recip() - fraction(b, a, y, x) }
}

/// Whether the fraction converges quickly at `x`, not at `y`.
fn is_lower(a: f64, b: f64, x: f64) -> bool {
    x < (a + 1.0) / (a + b + 2.0)
}

/// The continued fraction of Didonato and Morris ("Algorithm 708: significant digit computation of the incomplete beta function
/// ratios", 1992), whose terms are positive up to `b`, by the modified method of Lentz (Press et al., "Numerical Recipes",
/// 3rd ed. 2007, section 5.2).
fn fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let denominator = |m: f64| {
        m + m * (b - m) * x / (a + 2.0 * m - 1.0)
            + (a + m) * (a * y - b * x + 1.0 + m * (1.0 + y)) / (a + 2.0 * m + 1.0)
    };
    let mut value = nonzero(a * (a * y - b * x + 1.0) / (a + 1.0));
    let (mut above, mut below) = (value, 0.0);
    for m in (1..MOST_TERMS).map(f64::from) {
        let odd = a + 2.0 * m - 1.0;
        let numerator = (a + m - 1.0) / odd * ((a + b + m - 1.0) / odd) * m * (b - m) * x * x;
        let term = denominator(m);
        below = nonzero(term + numerator * below).recip();
        above = nonzero(term + numerator / above);
        value *= above * below;
        if (above * below - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    value.recip()
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// x^a·y^b / B(a, b) without cancellation (Loader, "Fast and accurate computation of binomial probabilities", 2000).
fn power(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let sum = a + b;
    let stirling = stirling_error(sum) - stirling_error(a) - stirling_error(b);
    (stirling - deviance(a, sum * x) - deviance(b, sum * y)).exp() * (a / sum * b / (2.0 * PI)).sqrt()
}

/// value·ln(value / mean) + mean − value, exact near the mean too.
fn deviance(value: f64, mean: f64) -> f64 {
    let difference = value - mean;
    let ratio = difference / (value + mean);
    if ratio.abs() >= 0.1 {
        return value * (value / mean).ln() - difference;
    }
    // ln(value / mean) = 2·artanh(ratio), whose first term and the difference are summed exactly.
    let mut sum = difference * ratio;
    let mut power = 2.0 * value * ratio;
    for odd in (3..).step_by(2) {
        power *= ratio * ratio;
        let next = sum + power / f64::from(odd);
        if next.total_cmp(&sum).is_eq() {
            break;
        }
        sum = next;
    }
    sum
}

/// What Stirling's formula (a − ½)·ln a − a + ½·ln 2π lacks of ln Γ(a).
fn stirling_error(a: f64) -> f64 {
    let (mut a, mut shifted) = (a, 0.0);
    while a < STIRLING_FROM {
        shifted += (a + 0.5) * a.recip().ln_1p() - 1.0;
        a += 1.0;
    }
    let s = (a * a).recip();
    let series = 1.0 / 12.0
        - s * (1.0 / 360.0 - s * (1.0 / 1_260.0 - s * (1.0 / 1_680.0 - s * (1.0 / 1_188.0 - s * 691.0 / 360_360.0))));
    shifted + series / a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // To 40 digits by mpmath.
        let known = [
            (0.5, 9.5, 0.05, 0.670_123_199_078_9),
            (1.0, 59.0, 0.05, 0.951_505_474_750_6),
            (59.0, 1.0, 0.95, 0.048_494_525_249_42),
            (60.5, 3.25, 0.95, 0.445_795_520_259_9),
            (950.5, 50.25, 0.96, 0.938_607_095_060_7),
            (950.0, 51.0, 0.93, 0.005_929_633_320_517),
            (9_900.0, 101.0, 0.988, 0.033_852_572_716_22),
            (12_345.0, 1.5, 0.9999, 0.480_887_897_992_4),
            (900.0, 1_000.0, 0.25, 2.139_002_798_276e-98),
            (3e6, 2.9e6, 0.508, 0.010_561_042_729_08),
            (5e3, 49_995_000.0, 9.85e-5, 0.144_266_831_839_3),
            (1e9, 1.0, 1.0 - 1e-8, 4.539_992_521_125e-5),
            (949_980_000.0, 50_020_001.0, 0.95, 0.998_144_968_399_8),
            (989_990_000.0, 10_010_001.0, 0.99, 0.999_258_258_340_1),
        ];
        for (a, b, x, expected) in known {
            let found = regularised(a, b, x, 1.0 - x);
            assert!((found / expected - 1.0).abs() < 1e-10, "I_{x}({a}, {b}) = {found:e}, not {expected:e}");
        }
    }

    #[test]
    fn the_ends() {
        assert_eq!((regularised(2.0, 3.0, 0.0, 1.0), regularised(2.0, 3.0, 1.0, 0.0)), (0.0, 1.0));
    }

    #[test]
    fn the_halves_add_up_to_one() {
        for (a, b) in [(0.5, 0.5), (1.0, 9.0), (60.5, 3.25), (1e5, 2e4)] {
            for x in [0.001, 0.1, 0.3, 0.5, 0.8, 0.999] {
                let sum = regularised(a, b, x, 1.0 - x) + regularised(b, a, 1.0 - x, x);
                assert!((sum - 1.0).abs() < 1e-13, "I_{x}({a}, {b}): {sum}");
            }
        }
    }

    #[test]
    fn scaled_is_regularised_over_the_power() {
        for (a, b, x) in [(0.5, 9.5, 0.05), (1.5, 100.0, 0.05), (40.0, 100.0, 0.9)] {
            let expected = regularised(a, b, x, 1.0 - x) / power(a, b, x, 1.0 - x);
            assert!((scaled(a, b, x, 1.0 - x) / expected - 1.0).abs() < 1e-10, "{a} {b} {x}");
        }
    }
}
