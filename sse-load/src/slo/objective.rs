//! One limit on one figure.

use std::marker::PhantomData;

use super::{Limit, Quantity, Scope, Value};

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
#[must_use = "set a limit with `.at_most(..)` or `.at_least(..)`"]
pub struct Statistic<U> {
    quantity: Quantity,
    scope: Scope,
    unit: PhantomData<U>,
}

impl<U: Into<Value>> Statistic<U> {
    pub(super) fn new(quantity: Quantity, scope: Scope) -> Self {
        Self { quantity, scope, unit: PhantomData }
    }

    /// Of one request name only, or of [`ALL`](super::ALL).
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

    fn bounded(self, bound: Bound, limit: U) -> Objective {
        Objective { quantity: self.quantity, scope: self.scope, bound, limit: limit.into() }
    }
}

/// Which side of the limit is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The limit and below.
    AtMost,
    /// The limit and above.
    AtLeast,
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
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// The figure.
    pub quantity: Quantity,
    /// Of which requests.
    pub scope: Scope,
    /// Which side of the limit is good.
    pub bound: Bound,
    /// The limit.
    pub limit: Value,
}

impl Objective {
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
        }
    }
}
