//! What a limit may be written as.

use std::time::Duration;

use super::FailedShare;
use crate::stats::{Rate, Ratio};

/// A number that can be a limit on a figure of unit `U`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` can't be a limit on this figure, whose unit is `{U}`",
    label = "a limit of the wrong unit",
    note = "times take a `Duration` such as `ms(250)`, counts a whole number, ratios and rates a number"
)]
pub trait Limit<U> {
    /// The limit in the figure's unit.
    fn in_unit(self) -> U;
}

impl Limit<Self> for Duration {
    fn in_unit(self) -> Self {
        self
    }
}

impl<T: Into<Ratio>> Limit<Ratio> for T {
    fn in_unit(self) -> Ratio {
        self.into()
    }
}

impl<T: Into<Ratio>> Limit<FailedShare> for T {
    fn in_unit(self) -> FailedShare {
        FailedShare(self.into())
    }
}

impl<T: Into<Rate>> Limit<Rate> for T {
    fn in_unit(self) -> Rate {
        self.into()
    }
}

impl Limit<Self> for u64 {
    fn in_unit(self) -> Self {
        self
    }
}

impl Limit<u64> for u32 {
    fn in_unit(self) -> u64 {
        self.into()
    }
}

impl Limit<u64> for usize {
    fn in_unit(self) -> u64 {
        self as u64
    }
}

/// So that a literal such as `100` needs no suffix.
impl Limit<u64> for i32 {
    /// # Panics
    /// When the number is negative: no count is.
    #[track_caller]
    fn in_unit(self) -> u64 {
        assert!(self >= 0, "a limit on a count must not be negative, and this one is {self}");
        u64::from(self.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_literals_are_limits_of_every_unit_that_is_a_number() {
        assert_eq!(Limit::<u64>::in_unit(100), 100);
        assert_eq!(Limit::<Rate>::in_unit(30), Rate::per_sec(30.0));
        assert_eq!(Limit::<Rate>::in_unit(0.5), Rate::per_sec(0.5));
        assert_eq!(Limit::<Ratio>::in_unit(0), Ratio::from(0.0));
    }

    #[test]
    #[should_panic(expected = "must not be negative, and this one is -1")]
    fn no_count_has_a_negative_limit() {
        let _ = Limit::<u64>::in_unit(-1);
    }
}
