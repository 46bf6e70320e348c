//! What samples prove of a limit.

use super::{Bound, Expected, Looks, Objective, Verdict};
use crate::report::Report;
use crate::stats::{binomial, sequential};

/// What the samples of a run prove of a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Proof {
    pub(super) verdict: Verdict,
    /// How many further samples a pass needs, if none of them breaks the limit.
    pub(super) needs: Option<u64>,
    /// Whether nothing is inferred: the samples themselves keep the limit or do not.
    pub(super) is_fact: bool,
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
    /// In how many parts of the run they began.
    pub(super) parts: usize,
}

/// How sure a proof must be, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rule {
    /// The probability of a false verdict, each way.
    pub(super) alpha: f64,
    pub(super) looks: Looks,
    /// How many times as long the run is as at the first look.
    pub(super) stretch: f64,
}

impl Rule {
    pub(super) fn of(report: &Report, objective: &Objective) -> Self {
        let Expected { looks, first_look, .. } = report.expected();
        let stretch = report.window().as_secs_f64() / first_look.as_secs_f64();
        let stretch = if stretch.is_finite() { stretch.max(1.0) } else { 1.0 };
        Self { alpha: objective.alpha, looks: *looks, stretch }
    }
}

impl Share {
    /// So many independent samples and hits are they worth.
    fn independent(self) -> (f64, f64) {
        (as_f64(self.n) / self.effect, as_f64(self.hits) / self.effect)
    }
}

/// Two numbers this near each other, relative to their size, differ by rounding alone.
const ROUNDING: f64 = 1e-9;

impl Proof {
    /// Of samples that prove nothing.
    pub(super) const UNDECIDED: Self = Self { verdict: Verdict::Inconclusive, needs: None, is_fact: false };

    /// Of a fact of the sample, from which nothing is inferred.
    pub(super) fn of_fact(holds: bool) -> Self {
        Self { is_fact: true, ..Self::proven(holds) }
    }

    pub(super) fn proven(holds: bool) -> Self {
        Self { verdict: if holds { Verdict::Pass } else { Verdict::Miss }, needs: None, is_fact: false }
    }

    /// The same, proving nothing.
    pub(super) fn undecided(self) -> Self {
        Self { is_fact: self.is_fact, ..Self::UNDECIDED }
    }

    /// Whether at most the share `limit` of all requests breaks it, each way: by the exact binomial test of one look, by evidence that
    /// holds whenever one looks of many. A limit of none or of all is a fact of the sample.
    pub(super) fn of_share(share: Share, limit: f64, rule: Rule) -> Self {
        if limit <= 0.0 || limit >= 1.0 {
            return Self::of_fact(share.hits == 0 || limit >= 1.0);
        }
        match rule.looks {
            Looks::Once => Self::of_one_look(share, limit, rule.alpha),
            Looks::Many => Self::of_many_looks(share, limit, rule.alpha),
        }
    }

    fn of_one_look(share: Share, limit: f64, alpha: f64) -> Self {
        let (n, hits) = share.independent();
        if binomial::at_most(n, limit, hits) <= alpha {
            return Self::proven(true);
        }
        if binomial::at_least(n, limit, hits) <= alpha {
            return Self::proven(false);
        }
        let needs = binomial::samples_to_pass(n, hits, limit, alpha);
        Self { needs: needs.map(|more| scaled(more, share.effect)), ..Self::UNDECIDED }
    }

    fn of_many_looks(share: Share, limit: f64, alpha: f64) -> Self {
        let (n, hits) = share.independent();
        let earliest = sequential::fewest_samples(limit);
        let is_early = share.n < earliest || share.parts < sequential::FEWEST_PARTS;
        if !is_early && sequential::passes(n, limit, hits, alpha) {
            return Self::proven(true);
        }
        if !is_early && sequential::misses(n, limit, hits, alpha) {
            return Self::proven(false);
        }
        let needs = sequential::samples_to_pass(n, hits, limit, alpha);
        let needs = needs.map(|more| scaled(more, share.effect).max(earliest.saturating_sub(share.n)));
        Self { needs: needs.filter(|more| *more > 0), ..Self::UNDECIDED }
    }

    /// Whether an interval lies on one side of the limit.
    pub(super) fn of_interval((low, high): (f64, f64), bound: Bound, limit: f64) -> Self {
        let slack = limit.abs() * ROUNDING;
        let (keeps, breaks) = if bound == Bound::AtLeast {
            (low >= limit - slack, high < limit - slack)
        } else {
            (high <= limit + slack, low > limit + slack)
        };
        if keeps || breaks { Self::proven(keeps) } else { Self::UNDECIDED }
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

    const ONCE: Rule = Rule { alpha: 0.05, looks: Looks::Once, stretch: 1.0 };
    const MANY: Rule = Rule { alpha: 0.05, looks: Looks::Many, stretch: 1.0 };

    fn share(n: u64, hits: u64) -> Share {
        Share { n, hits, effect: 1.0, parts: 60 }
    }

    #[test]
    fn many_looks_take_more_samples_and_some_time() {
        let verdict = |n, hits| Proof::of_share(share(n, hits), 0.05, MANY).verdict;
        assert_eq!((verdict(799, 0), verdict(800, 0)), (Verdict::Inconclusive, Verdict::Pass), "40 expected beyond it");
        assert_eq!((verdict(799, 400), verdict(800, 400)), (Verdict::Inconclusive, Verdict::Miss));
        assert_eq!(verdict(2_000, 85), Verdict::Inconclusive);
        assert_eq!(Proof::of_share(share(2_000, 85), 0.05, ONCE).verdict, Verdict::Inconclusive);
        assert_eq!(Proof::of_share(share(2_000, 80), 0.05, ONCE).verdict, Verdict::Pass);
        assert_eq!(verdict(2_000, 80), Verdict::Inconclusive, "it is looked at again");
        let short = Share { parts: 19, ..share(9_000, 0) };
        assert_eq!(Proof::of_share(short, 0.05, MANY).verdict, Verdict::Inconclusive);
        assert_eq!(Proof::of_share(share(100, 0), 0.05, MANY).needs, Some(700));
        assert!(Proof::of_share(share(2_000, 80), 0.05, MANY).needs.is_some_and(|more| more > 100));
    }

    #[test]
    fn fifty_nine_samples_within_the_limit_prove_a_p95_and_fifty_eight_do_not() {
        assert_eq!(Proof::of_share(share(59, 0), 0.05, ONCE).verdict, Verdict::Pass);
        let undecided = Proof::of_share(share(58, 0), 0.05, ONCE);
        assert_eq!((undecided.verdict, undecided.needs), (Verdict::Inconclusive, Some(1)));
        assert_eq!(Proof::of_share(share(59, 9), 0.05, ONCE).verdict, Verdict::Miss);
        assert_eq!(Proof::of_share(share(59, 9), 0.05, Rule { alpha: 1e-9, ..ONCE }).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn samples_that_hang_together_prove_less() {
        let together = Share { effect: 4.0, ..share(100, 0) };
        let proof = Proof::of_share(together, 0.05, ONCE);
        assert_eq!((proof.verdict, proof.needs), (Verdict::Inconclusive, Some(34 * 4)));
    }

    #[test]
    fn none_and_all_are_facts() {
        for (hits, limit, verdict) in [(0, 0.0, Verdict::Pass), (1, 0.0, Verdict::Miss), (3, 1.0, Verdict::Pass)] {
            assert_eq!(Proof::of_share(share(3, hits), limit, ONCE).verdict, verdict, "{hits} {limit}");
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
