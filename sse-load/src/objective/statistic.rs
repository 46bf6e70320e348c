//! One limit on one figure.

use std::marker::PhantomData;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{Figure, Limit, Quantity, Value};
use crate::sample::Scope;

/// A figure that a limit can be set on; `U` is its unit, so that only a limit of that unit fits.
///
/// ```
/// use sse_load::prelude::*;
///
/// let of_the_run = error_rate().at_most(0.01);
/// let of_one_name = error_rate().of("search").at_most(0.05);
/// let throughput = request_rate().at_least(30.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "set a limit with `.at_most(..)`, `.at_least(..)` or `.within(..)`"]
pub struct Statistic<U> {
    quantity: Quantity,
    scope: Scope,
    unit: PhantomData<U>,
}

impl<U: Into<Value>> Statistic<U> {
    pub(super) fn new(quantity: Quantity, scope: Scope) -> Self {
        Self { quantity, scope, unit: PhantomData }
    }

    pub(super) fn of_quantity(self, change: impl FnOnce(Quantity) -> Quantity) -> Self {
        Self { quantity: change(self.quantity), ..self }
    }

    /// Of the requests of one name, of another [`Scope`], or of [`ALL`](crate::slo::ALL).
    pub fn of(self, scope: impl Into<Scope>) -> Self {
        Self { scope: scope.into(), ..self }
    }

    /// The figure must not be more than `limit`.
    ///
    /// # Panics
    /// When a count is limited by a negative number.
    #[track_caller]
    pub fn at_most(self, limit: impl Limit<U>) -> Objective {
        self.bounded(Bound::AtMost, limit.in_unit())
    }

    /// The figure must not be less than `limit`.
    ///
    /// # Panics
    /// When a count is limited by a negative number.
    #[track_caller]
    pub fn at_least(self, limit: impl Limit<U>) -> Objective {
        self.bounded(Bound::AtLeast, limit.in_unit())
    }

    pub(super) fn figure(self) -> Figure {
        Figure { quantity: self.quantity, scope: self.scope }
    }

    /// The figure must lie between two limits, either of which is allowed.
    ///
    /// ```
    /// use sse_load::prelude::*;
    ///
    /// let neither_slow_nor_skipped = ttft("chat").p50().within(ms(90)..=ms(250));
    /// assert_eq!(neither_slow_nor_skipped.to_string(), "chat ttft p50 between 90 ms and 250 ms");
    /// ```
    ///
    /// # Panics
    /// When a count is limited by a negative number, or the limits stand the wrong way round.
    #[track_caller]
    pub fn within<L: Limit<U>>(self, limits: RangeInclusive<L>) -> Objective {
        let (low, high) = limits.into_inner();
        let (low, high): (Value, Value) = (low.in_unit().into(), high.in_unit().into());
        assert!(low <= high, ".within(low..=high) takes the lower limit first, and these are {low:?} and {high:?}");
        let objective = self.bounded(Bound::AtMost, high);
        Objective { bound: Bound::Within { low }, ..objective }
    }

    fn bounded(self, bound: Bound, limit: impl Into<Value>) -> Objective {
        Objective {
            quantity: self.quantity,
            scope: self.scope,
            bound,
            limit: limit.into(),
            alpha: ALPHA,
            accepts_inconclusive: false,
        }
    }
}

/// Which side of the limit is good.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Bound {
    /// The limit and below.
    AtMost,
    /// The limit and above.
    AtLeast,
    /// From `low` to the limit.
    Within {
        /// The lower limit.
        low: Value,
    },
}

/// One limit on one figure.
///
/// ```
/// use sse_load::prelude::*;
///
/// let objective: Objective = ttft("chat").p95().at_most(ms(250));
/// let whole_run: Objective = error_rate().at_most(0.01);
/// ```
///
/// A limit of another unit does not compile:
/// ```compile_fail
/// use sse_load::prelude::*;
///
/// let wrong = error_rate().at_most(ms(250));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use = "an objective that nobody checks limits nothing: pass it to `report.assert(..)`"]
pub struct Objective {
    /// The figure.
    pub quantity: Quantity,
    /// Of which requests.
    pub scope: Scope,
    /// Which side of the limit is good.
    pub bound: Bound,
    /// The limit; of [`Bound::Within`] the upper one.
    pub limit: Value,
    /// The probability of a false pass, and that of a false miss. Default: 0.05.
    pub alpha: f64,
    /// Whether [`Inconclusive`](super::Verdict::Inconclusive) is no failure.
    pub accepts_inconclusive: bool,
}

/// One false verdict of twenty at the most, each way.
const ALPHA: f64 = 0.05;

impl Objective {
    /// Allows a false pass with this probability at the most, and a false miss; between 0 and 1. A smaller one needs more
    /// samples: of none that breaks the limit a p95 needs 59 at the default of 0.05, and 90 at 0.01.
    ///
    /// # Panics
    /// When it is not between 0 and 1, or is either.
    #[track_caller]
    pub fn alpha(self, alpha: f64) -> Self {
        assert!(
            alpha > 0.0 && alpha < 1.0,
            "the probability of a false verdict lies between 0 and 1 (5 % is 0.05), but this one is {alpha}"
        );
        Self { alpha, ..self }
    }

    /// Lets the check pass where the samples prove neither a pass nor a miss.
    ///
    /// ```
    /// use sse_load::prelude::*;
    ///
    /// let hoped_for = ttft("chat").p99().at_most(ms(900)).allow_inconclusive();
    /// ```
    pub fn allow_inconclusive(self) -> Self {
        Self { accepts_inconclusive: true, ..self }
    }

    /// Whether `value` keeps the limit; a value of another unit does not, nor does +∞, whatever the limit.
    ///
    /// ```
    /// use sse_load::prelude::*;
    /// use sse_load::slo::Value;
    ///
    /// let objective = ttft("chat").p95().at_most(ms(250));
    /// assert!(objective.holds(Value::from(ms(250))));
    /// assert!(!objective.holds(Value::from(ms(251))));
    /// ```
    #[must_use]
    pub fn holds(&self, value: Value) -> bool {
        match self.bound {
            _ if value.is_unbounded() => false,
            Bound::AtMost => value <= self.limit,
            Bound::AtLeast => value >= self.limit,
            Bound::Within { low } => low <= value && value <= self.limit,
        }
    }

    /// How far `value` lies from the limit that it breaks, or else from the upper one, relative to it; `None` as for [`Value::excess`].
    #[must_use]
    pub fn excess(&self, value: Value) -> Option<f64> {
        match self.bound {
            Bound::Within { low } if value < low => value.excess(low),
            _ => value.excess(self.limit),
        }
    }

    /// The two limits of a band, each alone and with this probability of a false verdict.
    pub(crate) fn sides(&self, low: Value, alpha: f64) -> [Self; 2] {
        let lower = Self { bound: Bound::AtLeast, limit: low, alpha, ..self.clone() };
        [lower, Self { bound: Bound::AtMost, alpha, ..self.clone() }]
    }
}

/// Objectives of which hardly one has a false verdict: together they share the probability that one alone would have, by the
/// correction of Bonferroni ("Teoria statistica delle classi e calcolo delle probabilità", 1936), which holds however they
/// hang together.
///
/// ```
/// use sse_load::prelude::*;
///
/// let objectives = family_wise([ttft("chat").p95().at_most(ms(250)), error_rate().at_most(0.01)]);
/// assert_eq!(objectives[0].alpha, 0.025);
/// ```
pub fn family_wise(objectives: impl IntoIterator<Item = Objective>) -> Vec<Objective> {
    let objectives: Vec<_> = objectives.into_iter().collect();
    let all = u32::try_from(objectives.len()).map_or(f64::INFINITY, f64::from);
    objectives.into_iter().map(|objective| Objective { alpha: objective.alpha / all, ..objective }).collect()
}
