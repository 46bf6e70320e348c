//! The choice of the next task.

use rand::{Rng, RngExt as _};

/// How the tasks of a user follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskOrder {
    /// Each is chosen by chance, in proportion to its weight.
    #[default]
    ByWeight,
    /// As they are written, each as often as its weight says, and then from the first again.
    InOrder,
}

/// Picks the task of each turn, as an index into the weights.
///
/// ```
/// use rand_chacha::ChaCha8Rng;
/// use rand::SeedableRng;
/// use sse_load::load::{TaskOrder, TaskPicker};
///
/// let mut random = ChaCha8Rng::seed_from_u64(7);
/// let by_weight = TaskPicker::new(TaskOrder::ByWeight, [3, 1]).unwrap();
/// let first = (0..1_000).filter(|turn| by_weight.pick(*turn, &mut random) == 0).count();
/// assert!((700..800).contains(&first));
///
/// let in_order = TaskPicker::new(TaskOrder::InOrder, [1, 2]).unwrap();
/// let picks: Vec<usize> = (0..6).map(|turn| in_order.pick(turn, &mut random)).collect();
/// assert_eq!(picks, [0, 1, 1, 0, 1, 1]);
/// ```
#[derive(Clone, Debug)]
pub struct TaskPicker {
    order: TaskOrder,
    /// The sum of the weights up to and with each index.
    sums: Vec<u64>,
    /// The sum of all weights: tickets that a chance draws from, turns of a round.
    total: u64,
}

impl TaskPicker {
    /// A picker for tasks of these weights; `None` if they sum to 0. A task of weight 0 is never picked.
    pub fn new(order: TaskOrder, weights: impl IntoIterator<Item = u32>) -> Option<Self> {
        let sums: Vec<u64> = weights
            .into_iter()
            .scan(0_u64, |sum, weight| {
                *sum += u64::from(weight);
                Some(*sum)
            })
            .collect();
        let total = *sums.last()?;
        (total > 0).then_some(Self { order, sums, total })
    }

    /// The task of a turn, counted from 0. In order, the turn alone decides; by weight, chance alone does.
    pub fn pick(&self, turn: u64, random: &mut impl Rng) -> usize {
        let ticket = match self.order {
            TaskOrder::ByWeight => random.random_range(0..self.total),
            TaskOrder::InOrder => turn % self.total,
        };
        self.sums.partition_point(|sum| *sum <= ticket)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// The first picks of a picker with a seed.
    fn picks<const N: usize>(order: TaskOrder, weights: [u32; N], seed: u64, turns: u64) -> Vec<usize> {
        let picker = TaskPicker::new(order, weights).expect("it has weight");
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..turns).map(|turn| picker.pick(turn, &mut random)).collect()
    }

    #[test]
    fn an_index_of_weight_zero_is_never_picked() {
        let mut counts = [0_u32; 5];
        for pick in picks(TaskOrder::ByWeight, [0, 2, 0, 1, 0], 1, 3_000) {
            counts[pick] += 1;
        }
        assert_eq!((counts[0], counts[2], counts[4]), (0, 0, 0));
        assert!((1_800..2_200).contains(&counts[1]), "{counts:?}");
        assert_eq!(picks(TaskOrder::InOrder, [0, 2, 0, 1, 0], 1, 7), [1, 1, 3, 1, 1, 3, 1]);
    }

    #[test]
    fn nothing_to_pick_is_no_picker() {
        for order in [TaskOrder::ByWeight, TaskOrder::InOrder] {
            assert!(TaskPicker::new(order, []).is_none());
            assert!(TaskPicker::new(order, [0, 0]).is_none());
        }
    }

    #[test]
    fn one_seed_gives_one_sequence_by_weight() {
        let of = |seed| picks(TaskOrder::ByWeight, [1, 2, 3], seed, 50);
        assert_eq!(of(42), of(42));
        assert_ne!(of(42), of(43));
    }

    #[test]
    fn an_order_leaves_nothing_to_chance() {
        let of = |seed| picks(TaskOrder::InOrder, [1, 1, 3, 1], seed, 12);
        assert_eq!(of(1), [0, 1, 2, 2, 2, 3, 0, 1, 2, 2, 2, 3]);
        assert_eq!(of(1), of(2));
        // Nor does it take from the chance of the tasks.
        let (mut random, untouched) = (ChaCha8Rng::seed_from_u64(1), ChaCha8Rng::seed_from_u64(1));
        let picker = TaskPicker::new(TaskOrder::InOrder, [1, 1]).expect("it has weight");
        assert_eq!((picker.pick(1, &mut random), random), (1, untouched));
    }

    #[test]
    fn the_largest_weights_and_turns_have_their_place() {
        let picker = TaskPicker::new(TaskOrder::InOrder, [u32::MAX; 3]).expect("it has weight");
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let most = u64::from(u32::MAX);
        let of = [most - 1, most, 3 * most - 1, 3 * most].map(|turn| picker.pick(turn, &mut random));
        assert_eq!(of, [0, 1, 2, 0]);
        assert!(picker.pick(u64::MAX, &mut random) < 3);
    }
}
