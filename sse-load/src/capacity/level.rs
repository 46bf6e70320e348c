//! What a level is given as.

/// A level of load as the load test's closure takes it: an `f64` such as a rate, or a `u64` such as a number of users.
///
/// Levels of `u64` are whole numbers, so a search tries no number of users twice.
pub trait Level: Copy + sealed::Sealed {
    /// Whether there is no level between two neighbouring whole numbers.
    const IS_WHOLE: bool;

    /// The level that a number stands for.
    fn from_number(number: f64) -> Self;

    /// The level as a number.
    fn number(self) -> f64;
}

impl Level for f64 {
    const IS_WHOLE: bool = false;

    fn from_number(number: f64) -> Self {
        number
    }

    fn number(self) -> f64 {
        self
    }
}

impl Level for u64 {
    const IS_WHOLE: bool = true;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "levels are positive, and those of this type are whole"
    )]
    fn from_number(number: f64) -> Self {
        number as Self
    }

    #[expect(clippy::cast_precision_loss, reason = "no load has a level of 2^52")]
    fn number(self) -> f64 {
        self as f64
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for u64 {}
}
