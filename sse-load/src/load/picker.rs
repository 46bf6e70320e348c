//! The weighted choice of the next task.

use rand::{Rng, RngExt as _};

/// Picks indices in proportion to their weights.
///
/// ```
/// use rand_chacha::ChaCha8Rng;
/// use rand::SeedableRng;
/// use sse_load::load::WeightedPicker;
///
/// let picker = WeightedPicker::new([3, 1]).unwrap();
/// let mut random = ChaCha8Rng::seed_from_u64(7);
/// let picks: Vec<usize> = (0..1_000).map(|_| picker.pick(&mut random)).collect();
/// let first = picks.iter().filter(|pick| **pick == 0).count();
/// assert!((700..800).contains(&first));
/// ```
#[derive(Clone, Debug)]
pub struct WeightedPicker {
    /// The sum of the weights up to and with each index.
    sums: Vec<u64>,
}

impl WeightedPicker {
    /// A picker for these weights; `None` if they sum to 0.
    pub fn new(weights: impl IntoIterator<Item = u32>) -> Option<Self> {
        let sums: Vec<u64> = weights
            .into_iter()
            .scan(0_u64, |sum, weight| {
                *sum += u64::from(weight);
                Some(*sum)
            })
            .collect();
        (*sums.last()? > 0).then_some(Self { sums })
    }

    /// The next index.
    pub fn pick(&self, random: &mut impl Rng) -> usize {
        let total = self.sums[self.sums.len() - 1];
        let ticket = random.random_range(0..total);
        self.sums.partition_point(|sum| *sum <= ticket)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn an_index_of_weight_zero_is_never_picked() {
        let picker = WeightedPicker::new([0, 2, 0, 1, 0]).expect("it has weight");
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0_u32; 5];
        (0..3_000).for_each(|_| counts[picker.pick(&mut random)] += 1);
        assert_eq!((counts[0], counts[2], counts[4]), (0, 0, 0));
        assert!((1_800..2_200).contains(&counts[1]), "{counts:?}");
    }

    #[test]
    fn nothing_to_pick_is_no_picker() {
        assert!(WeightedPicker::new([]).is_none());
        assert!(WeightedPicker::new([0, 0]).is_none());
    }

    #[test]
    fn one_seed_gives_one_sequence() {
        let picker = WeightedPicker::new([1, 2, 3]).expect("it has weight");
        let picks = |seed| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            (0..50).map(|_| picker.pick(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(picks(42), picks(42));
        assert_ne!(picks(42), picks(43));
    }
}
