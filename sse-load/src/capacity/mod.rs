//! Load tests at several levels: which level is next, and what came of them.

mod curve;
mod found;
mod level;
mod levels;
mod search;

pub use curve::{Curve, Point};
pub use found::{Capacity, Conclusion};
pub use level::Level;
pub use levels::{Answer, Levels, LevelsError, MOST_TRIALS, Trial, Tried};
pub use search::Search;

/// The number of the form of `capacity.json` and `curve.json`. It changes when a field changes its meaning or goes; new fields keep it.
pub const SCHEMA_VERSION: u32 = 1;
