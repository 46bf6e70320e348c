#![doc = include_str!("../../docs/baselines.md")]

mod compare;
mod compared;
mod comparison;
mod error;
mod figures;
mod obstacles;
mod snapshot;
mod store;

pub use compared::Compared;
pub use comparison::Comparison;
pub use error::BaselineError;
pub use figures::{Tolerance, compared};
pub use snapshot::{Baseline, MetricBaseline, Percentiles, RequestBaseline, SCHEMA_VERSION};
