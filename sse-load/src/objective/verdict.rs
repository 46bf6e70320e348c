//! The four verdicts.

use serde::{Deserialize, Serialize};

/// What a check says of one objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The limit is kept: the samples prove it.
    Pass,
    /// The limit is not kept: the samples prove it.
    Miss,
    /// The samples prove neither.
    Inconclusive,
    /// The figure can't be had, so nothing is proven: no sample, an unknown name, tokens counted in two ways.
    Invalid,
}
