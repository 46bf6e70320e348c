//! Which class each user is of.

/// What part of the users a class has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// In proportion to the weights of the others.
    Weight(u32),
    /// This many, whatever the others have.
    Fixed(u64),
}

/// Shares that give no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    /// More users are fixed than there are.
    #[error("the classes fix {fixed} users, but the load test has {users}: raise .users(..) or lower the counts")]
    TooManyFixed {
        /// Users that the classes fix.
        fixed: u64,
        /// Users of the test.
        users: u64,
    },
    /// Users are left that no class takes.
    #[error(
        "{left} of {users} users belong to no class: all classes have a fixed count; lower .users(..) or give a class a weight"
    )]
    Unclaimed {
        /// Users without a class.
        left: u64,
        /// Users of the test.
        users: u64,
    },
}

/// The class of each user, in the order in which users start.
///
/// Fixed users come spread among the others, and every beginning of the order holds the proportions as nearly as whole
/// users can (smooth weighted round-robin, as nginx balances its upstreams).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix(Vec<usize>);

impl Mix {
    /// The order for `users` users of classes with these shares.
    ///
    /// # Errors
    /// When the fixed counts and the number of users don't go together.
    pub fn new(users: u64, shares: &[Share]) -> Result<Self, MixError> {
        let counts = counts(users, shares)?;
        let mut left = counts.clone();
        let mut credit = vec![0_i128; counts.len()];
        let mut order = Vec::new();
        for _ in 0..users {
            for (credit, count) in credit.iter_mut().zip(&counts) {
                *credit += i128::from(*count);
            }
            let candidates = (0..counts.len()).filter(|class| left[*class] > 0);
            // The first of equals: `max_by_key` would take the last.
            let Some(next) = candidates.rev().max_by_key(|class| credit[*class]) else {
                break;
            };
            credit[next] -= i128::from(users);
            left[next] -= 1;
            order.push(next);
        }
        Ok(Self(order))
    }

    /// The class of each user, as an index into the shares.
    #[must_use]
    pub fn order(&self) -> &[usize] {
        &self.0
    }
}

/// How many users each class has: the fixed ones, and the rest by weight with the largest remainders (Hamilton's method).
fn counts(users: u64, shares: &[Share]) -> Result<Vec<u64>, MixError> {
    let fixed =
        shares.iter().fold(0_u64, |sum, share| sum.saturating_add(if let Share::Fixed(n) = share { *n } else { 0 }));
    let left = users.checked_sub(fixed).ok_or(MixError::TooManyFixed { fixed, users })?;
    let weights: u128 = shares.iter().map(|share| weight(*share)).sum();
    if weights == 0 && left > 0 {
        return Err(MixError::Unclaimed { left, users });
    }
    let mut counts = Vec::with_capacity(shares.len());
    let mut remainders = Vec::new();
    for (class, share) in shares.iter().enumerate() {
        match share {
            Share::Fixed(count) => counts.push(*count),
            Share::Weight(_) => {
                let exact = u128::from(left) * weight(*share);
                counts.push(u64::try_from(exact / weights).unwrap_or(u64::MAX));
                remainders.push((std::cmp::Reverse(exact % weights), class));
            }
        }
    }
    remainders.sort_unstable();
    let missing = users - counts.iter().sum::<u64>();
    for (_, class) in remainders.into_iter().take(usize::try_from(missing).unwrap_or(usize::MAX)) {
        counts[class] += 1;
    }
    Ok(counts)
}

fn weight(share: Share) -> u128 {
    match share {
        Share::Weight(weight) => u128::from(weight),
        Share::Fixed(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(users: u64, shares: &[Share]) -> Vec<usize> {
        Mix::new(users, shares).expect("a plan").order().to_vec()
    }

    fn count(order: &[usize], class: usize) -> usize {
        order.iter().filter(|of| **of == class).count()
    }

    #[test]
    fn users_are_split_in_proportion_to_the_weights() {
        let order = order(100, &[Share::Weight(3), Share::Weight(1)]);
        assert_eq!((count(&order, 0), count(&order, 1)), (75, 25));
    }

    #[test]
    fn every_beginning_holds_the_proportions() {
        let order = order(400, &[Share::Weight(3), Share::Weight(1)]);
        for started in 1..=400 {
            let first = count(&order[..started], 0);
            assert!(first.abs_diff(started * 3 / 4) <= 1, "{first} of {started}");
        }
    }

    #[test]
    fn remainders_are_not_lost() {
        let order = order(10, &[Share::Weight(1), Share::Weight(1), Share::Weight(1)]);
        assert_eq!(order.len(), 10);
        assert_eq!((count(&order, 0), count(&order, 1), count(&order, 2)), (4, 3, 3));
    }

    #[test]
    fn a_fixed_count_is_kept_and_the_rest_goes_by_weight() {
        let order = order(10, &[Share::Fixed(2), Share::Weight(1)]);
        assert_eq!((count(&order, 0), count(&order, 1)), (2, 8));
    }

    #[test]
    fn counts_that_don_t_add_up_are_refused() {
        assert_eq!(Mix::new(3, &[Share::Fixed(5)]), Err(MixError::TooManyFixed { fixed: 5, users: 3 }));
        assert_eq!(Mix::new(3, &[Share::Fixed(1)]), Err(MixError::Unclaimed { left: 2, users: 3 }));
    }
}
