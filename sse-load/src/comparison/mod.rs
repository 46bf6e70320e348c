//! One load test against two hosts: what came of its blocks, and what that proves.

mod compared;
mod hosts;

pub use hosts::{ComparedHosts, SIDES};

/// The number of the form of `comparison.json`. It changes when a field changes its meaning or goes; new fields keep it.
pub const SCHEMA_VERSION: u32 = 1;
