#![doc = include_str!("../../docs/baselines.md")]

mod compare;
mod compared;
mod comparison;
mod doubts;
mod error;
mod figures;
mod obstacles;
mod snapshot;
mod store;

pub use compared::Compared;
pub(crate) use compared::{SHORTEST, judged};
pub use comparison::Comparison;
pub use error::BaselineError;
pub use figures::Tolerance;
pub use snapshot::{Baseline, MetricBaseline, Percentiles, RequestBaseline, SCHEMA_VERSION};
