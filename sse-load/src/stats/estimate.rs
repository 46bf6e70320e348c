//! An estimate from parts of a run that follow each other, and its error.

use super::means::Total;

/// The fewest parts that merging leaves: fewer say little about their own spread.
const FEWEST_MERGED: usize = 10;

/// More parts are merged in any case: short parts of an even flow differ by where they are cut.
const MOST: usize = 32;

/// Of fewer parts nothing is inferred.
const FEWEST: usize = 5;

/// The sum of all parts for one of their count, as an estimate whose error shows in the parts (a ratio estimator over clusters:
/// Cochran, "Sampling Techniques", 3rd ed. 1977, section 6.3).
#[derive(Debug)]
pub(super) struct Estimate {
    /// Σ sum / Σ count.
    pub(super) ratio: f64,
    /// Σ count.
    count: f64,
    /// What each part has beyond its share: sum − ratio·count.
    residuals: Vec<f64>,
}

impl Estimate {
    /// From parts merged until they are hardly correlated. None of less than 5 that hold anything, or with sums that are no
    /// numbers.
    pub(super) fn of(parts: &[Total]) -> Option<Self> {
        let held: Vec<_> = parts.iter().copied().filter(|part| part.count > 0.0).collect();
        if held.len() < FEWEST {
            return None;
        }
        let estimate = Self::uncorrelated(&held);
        estimate.residuals.iter().all(|residual| residual.is_finite()).then_some(estimate)
    }

    /// Each two parts become one while they are many, and as often as neighbours still lie on the same side of the estimate.
    fn uncorrelated(parts: &[Total]) -> Self {
        let estimate = Self::plain(parts);
        if parts.len() < 2 * FEWEST_MERGED || parts.len() <= MOST && !estimate.is_correlated() {
            return estimate;
        }
        Self::uncorrelated(&parts.chunks(2).map(merged).collect::<Vec<_>>())
    }

    fn plain(parts: &[Total]) -> Self {
        let Total { count, sum } = merged(parts);
        let ratio = sum / count;
        Self { ratio, count, residuals: parts.iter().map(|part| part.sum - ratio * part.count).collect() }
    }

    /// Whether the correlation of neighbours is above what it is without any, −1 / parts.
    fn is_correlated(&self) -> bool {
        let products: f64 = self.residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
        products > -self.moment(2)
    }

    /// How many parts are left.
    #[expect(clippy::cast_precision_loss, reason = "parts are few")]
    pub(super) fn parts(&self) -> f64 {
        self.residuals.len() as f64
    }

    /// The standard error of the ratio, linearised.
    pub(super) fn error(&self) -> f64 {
        (self.moment(2) / (self.parts() - 1.0)).sqrt() * self.parts() / self.count
    }

    /// The skewness of the residuals, 0 without any spread.
    pub(super) fn skewness(&self) -> f64 {
        let spread = self.moment(2);
        if spread > 0.0 { self.moment(3) / spread.powf(1.5) } else { 0.0 }
    }

    fn moment(&self, power: i32) -> f64 {
        self.residuals.iter().map(|residual| residual.powi(power)).sum::<f64>() / self.parts()
    }
}

fn merged(parts: &[Total]) -> Total {
    parts.iter().fold(Total::default(), |all, part| Total { count: all.count + part.count, sum: all.sum + part.sum })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(sums: impl IntoIterator<Item = f64>) -> Vec<Total> {
        sums.into_iter().map(|sum| Total { count: 10.0, sum }).collect()
    }

    #[test]
    fn nothing_is_estimated_from_what_is_no_number() {
        assert!(Estimate::of(&parts([3.0, 4.0, f64::INFINITY, 1.0, 2.0])).is_none());
        assert!(Estimate::of(&parts([3.0, 4.0, f64::NAN, 1.0, 2.0])).is_none());
    }

    #[test]
    fn the_linearised_error_of_a_ratio() {
        // Residuals −1, 1, −3, 3, 0, 0 about the ratio 0.5: 6·20/5 is the variance of their sum, over a count of 60.
        let estimate = Estimate::of(&parts([4.0, 6.0, 2.0, 8.0, 5.0, 5.0])).unwrap();
        assert!((estimate.ratio - 0.5).abs() < 1e-15);
        assert!((estimate.error() - 24.0_f64.sqrt() / 60.0).abs() < 1e-12);
        assert!(estimate.skewness().abs() < 1e-12);
    }

    #[test]
    fn parts_merge_while_neighbours_are_alike_but_ten_are_left() {
        let left = |sums: &dyn Fn(u32) -> f64| Estimate::of(&parts((0..64).map(sums))).unwrap().residuals.len();
        assert_eq!(left(&|i| if i / 2 % 2 == 0 { 4.0 } else { 6.0 }), 32);
        assert_eq!(left(&|i| if i / 4 % 2 == 0 { 4.0 } else { 6.0 }), 16);
        assert_eq!(left(&f64::from), 16);
    }
}
