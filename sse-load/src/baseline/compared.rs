//! One figure of two runs or hosts side by side.

use std::time::Duration;

use crate::slo::{Figure, Value, Verdict};

/// Shorter times count as this in a comparison: there the generator is as slow as what it measures, and a time of 0 has no ratio.
pub(crate) const SHORTEST: Duration = Duration::from_micros(100);

/// One figure of two runs side by side, or of two hosts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Compared {
    /// Which figure.
    pub figure: Figure,
    /// What it was; `None` when the verdict is [`Verdict::Invalid`].
    pub before: Option<Value>,
    /// What it is; `None` when the verdict is [`Verdict::Invalid`].
    pub after: Option<Value>,
    /// After / before; of a share after − before, since it may have been 0.
    pub change: f64,
    /// Between which values the change of the servers lies.
    pub interval: (f64, f64),
    /// [`Pass`](Verdict::Pass): proven not to be worse than the tolerance allows. [`Miss`](Verdict::Miss): proven to be.
    /// [`Inconclusive`](Verdict::Inconclusive): neither. [`Invalid`](Verdict::Invalid): it can't be compared.
    pub verdict: Verdict,
    /// How many samples the figure is of, before and after: values of the metric and failed requests, or requests where it is a share. Of
    /// two hosts: how many blocks each has. 0 when the verdict is [`Verdict::Invalid`].
    pub n: (u64, u64),
    /// Why it can't be compared.
    pub reason: String,
}

impl Compared {
    /// A figure that can't be compared.
    pub(crate) fn invalid(figure: Figure, reason: String) -> Self {
        Self {
            figure,
            before: None,
            after: None,
            change: f64::NAN,
            interval: (f64::NAN, f64::NAN),
            verdict: Verdict::Invalid,
            n: (0, 0),
            reason,
        }
    }

    /// The change of a figure that stayed the same.
    #[must_use]
    pub fn no_change(&self) -> f64 {
        if self.figure.is_share() { 0.0 } else { 1.0 }
    }

    /// Whether the figure is proven to be better than it was.
    #[must_use]
    pub fn is_improved(&self) -> bool {
        let (low, high) = self.interval;
        if self.figure.more_is_better() { low > self.no_change() } else { high < self.no_change() }
    }

    /// Whether what the samples show may be no change at all.
    #[must_use]
    pub fn may_be_unchanged(&self) -> bool {
        self.interval.0 <= self.no_change() && self.no_change() <= self.interval.1
    }
}

/// What an interval proves where more is worse: every value up to the limit is as good as before.
pub(crate) fn judged((low, high): (f64, f64), limit: f64) -> Verdict {
    match () {
        () if low > limit => Verdict::Miss,
        () if high <= limit => Verdict::Pass,
        () => Verdict::Inconclusive,
    }
}
