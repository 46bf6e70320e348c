//! Some kinds of failures.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::FailureClass;

/// Some kinds of failures, or all of them.
///
/// ```
/// use sse_load::sample::{FailureClass, FailureClasses};
///
/// let broken = FailureClasses::ALL.and(FailureClass::Truncated).and(FailureClass::StreamError);
/// assert!(broken.contains(FailureClass::Truncated) && !broken.contains(FailureClass::Connect));
/// assert_eq!(broken.to_string(), "stream_error, truncated");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureClasses(u32);

impl FailureClasses {
    /// All of them.
    pub const ALL: Self = Self(0);

    /// Only this one of all; this one too of some.
    #[must_use]
    pub const fn and(self, class: FailureClass) -> Self {
        Self(self.0 | 1 << class as u32)
    }

    /// Whether a kind is among them.
    #[must_use]
    pub fn contains(self, class: FailureClass) -> bool {
        self == Self::ALL || self.0 & (1 << class as u32) != 0
    }
}

impl fmt::Display for FailureClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = FailureClass::ALL.into_iter().filter(|class| *self != Self::ALL && self.contains(*class));
        f.write_str(&named.map(FailureClass::name).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_all_until_one_is_named() {
        for class in FailureClass::ALL {
            let one = FailureClasses::ALL.and(class);
            assert!(FailureClasses::ALL.contains(class) && one.contains(class), "{class}");
            assert_eq!(FailureClass::ALL.into_iter().filter(|other| one.contains(*other)).count(), 1, "{class}");
            assert_eq!(one.to_string(), class.name());
        }
    }
}
