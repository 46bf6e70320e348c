//! Limits on each request by itself.

use std::marker::PhantomData;
use std::ops::RangeInclusive;

use super::{Limit, MetricOf, Value};
use crate::record::RequestLimit;

/// A metric of each request by itself, on which a limit is still to be set.
///
/// ```
/// use sse_load::prelude::*;
/// # #[sse_user(host = "http://127.0.0.1:1")]
/// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
///
/// let test = ChatUser::load_test("goodput").good_if([
///     ttft(ALL).each().at_most(ms(500)),
///     tpot("chat").each().at_most(ms(50)),
/// ]);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "set a limit with `.at_most(..)`, `.at_least(..)` or `.within(..)`"]
pub struct Each<U> {
    of: MetricOf<U>,
    unit: PhantomData<U>,
}

impl<U: Into<Value>> Each<U> {
    pub(super) fn new(of: MetricOf<U>) -> Self {
        Self { of, unit: PhantomData }
    }

    /// No value of a good request is more than `limit`.
    ///
    /// # Panics
    /// When a count is limited by a negative number.
    #[track_caller]
    pub fn at_most(self, limit: impl Limit<U>) -> RequestLimit {
        self.limited(0, limit.in_unit().into().recorded())
    }

    /// No value of a good request is less than `limit`.
    ///
    /// # Panics
    /// When a count is limited by a negative number.
    #[track_caller]
    pub fn at_least(self, limit: impl Limit<U>) -> RequestLimit {
        self.limited(limit.in_unit().into().recorded(), u64::MAX)
    }

    /// Every value of a good request lies between two limits, either of which is allowed.
    ///
    /// # Panics
    /// When a count is limited by a negative number, or the limits stand the wrong way round.
    #[track_caller]
    pub fn within<L: Limit<U>>(self, limits: RangeInclusive<L>) -> RequestLimit {
        let (low, high) = limits.into_inner();
        let (low, high): (Value, Value) = (low.in_unit().into(), high.in_unit().into());
        assert!(low <= high, ".within(low..=high) takes the lower limit first, and these are {low:?} and {high:?}");
        self.limited(low.recorded(), high.recorded())
    }

    fn limited(self, low: u64, high: u64) -> RequestLimit {
        let (metric, scope) = self.of.into_parts();
        RequestLimit { metric, scope, low, high }
    }
}
