//! What samples prove of a limit.

use super::{Bound, Verdict};
use crate::stats::binomial;

/// What the samples of a run prove of a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Proof {
    pub(super) verdict: Verdict,
    /// How many further samples a pass needs, if none of them breaks the limit.
    pub(super) needs: Option<u64>,
}

/// Samples of which some break a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share {
    /// All samples.
    pub(super) n: u64,
    /// Those that break it.
    pub(super) hits: u64,
    /// How many samples, since they hang together, are worth one that stands alone: at least 1.
    pub(super) effect: f64,
}

/// Two numbers this near each other, relative to their size, differ by rounding alone.
const ROUNDING: f64 = 1e-9;

impl Proof {
    /// Of samples that prove nothing.
    pub(super) const UNDECIDED: Self = Self { verdict: Verdict::Inconclusive, needs: None };

    /// Of a fact of the sample, from which nothing is inferred.
    pub(super) fn of_fact(holds: bool) -> Self {
        Self { verdict: if holds { Verdict::Pass } else { Verdict::Miss }, needs: None }
    }

    /// Whether at most the share `limit` of all requests breaks it, by the exact binomial test each way at `alpha`. A limit of
    /// none or of all is a fact of the sample.
    pub(super) fn of_share(share: Share, limit: f64, alpha: f64) -> Self {
        let Share { n, hits, effect } = share;
        if limit <= 0.0 || limit >= 1.0 {
            return Self::of_fact(hits == 0 || limit >= 1.0);
        }
        let (n, hits) = (as_f64(n) / effect, as_f64(hits) / effect);
        if binomial::at_most(n, limit, hits) <= alpha {
            return Self::of_fact(true);
        }
        if binomial::at_least(n, limit, hits) <= alpha {
            return Self::of_fact(false);
        }
        let needs = binomial::samples_to_pass(n, hits, limit, alpha);
        Self { verdict: Verdict::Inconclusive, needs: needs.map(|more| scaled(more, effect)) }
    }

    /// Whether an interval lies on one side of the limit.
    pub(super) fn of_interval((low, high): (f64, f64), bound: Bound, limit: f64) -> Self {
        let slack = limit.abs() * ROUNDING;
        let (keeps, breaks) = if bound == Bound::AtLeast {
            (low >= limit - slack, high < limit - slack)
        } else {
            (high <= limit + slack, low > limit + slack)
        };
        if keeps || breaks { Self::of_fact(keeps) } else { Self::UNDECIDED }
    }
}

/// So many independent samples, in samples that hang together.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 2^50 times the effect, which is at least 1"
)]
fn scaled(samples: u64, effect: f64) -> u64 {
    (as_f64(samples) * effect).ceil() as u64
}

#[expect(clippy::cast_precision_loss, reason = "samples are far fewer than 2^52")]
pub(super) fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(n: u64, hits: u64) -> Share {
        Share { n, hits, effect: 1.0 }
    }

    #[test]
    fn fifty_nine_samples_within_the_limit_prove_a_p95_and_fifty_eight_do_not() {
        assert_eq!(Proof::of_share(share(59, 0), 0.05, 0.05).verdict, Verdict::Pass);
        let undecided = Proof::of_share(share(58, 0), 0.05, 0.05);
        assert_eq!((undecided.verdict, undecided.needs), (Verdict::Inconclusive, Some(1)));
        assert_eq!(Proof::of_share(share(59, 9), 0.05, 0.05).verdict, Verdict::Miss);
        assert_eq!(Proof::of_share(share(59, 9), 0.05, 1e-9).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn samples_that_hang_together_prove_less() {
        let together = Share { n: 100, hits: 0, effect: 4.0 };
        let proof = Proof::of_share(together, 0.05, 0.05);
        assert_eq!((proof.verdict, proof.needs), (Verdict::Inconclusive, Some(34 * 4)));
    }

    #[test]
    fn none_and_all_are_facts() {
        for (hits, limit, verdict) in [(0, 0.0, Verdict::Pass), (1, 0.0, Verdict::Miss), (3, 1.0, Verdict::Pass)] {
            assert_eq!(Proof::of_share(share(3, hits), limit, 0.05).verdict, verdict, "{hits} {limit}");
        }
    }

    #[test]
    fn an_interval_across_the_limit_decides_nothing() {
        let verdict = |low, high, bound| Proof::of_interval((low, high), bound, 10.0).verdict;
        assert_eq!(
            (verdict(8.0, 10.0, Bound::AtMost), verdict(8.0, 10.0, Bound::AtLeast)),
            (Verdict::Pass, Verdict::Inconclusive)
        );
        assert_eq!(
            (verdict(10.5, 11.0, Bound::AtMost), verdict(10.5, 11.0, Bound::AtLeast)),
            (Verdict::Miss, Verdict::Pass)
        );
        assert_eq!(
            (verdict(9.0, 11.0, Bound::AtMost), verdict(9.0, 9.9, Bound::AtLeast)),
            (Verdict::Inconclusive, Verdict::Miss)
        );
    }
}
