//! A load test as one of several, each at a level of its own.

use std::time::Duration;

/// How a load test differs from one that runs alone.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// What it is a step of and its name there, which are its folders; `None`: it runs alone.
    pub(super) of: Option<(String, String)>,
    /// How many ran before it; its seed is the common one and this.
    pub(super) number: u64,
    /// The run time, as a multiple of what the test says.
    pub(super) stretch: u32,
    /// How long the server rests before it.
    pub(super) pause: Duration,
    /// What each step has its own of, so that the environment must not set one for all.
    pub(super) differ_in: Difference,
}

/// What steps differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    Nothing,
    Load,
    Host,
}

impl Default for Step {
    fn default() -> Self {
        Self { of: None, number: 0, stretch: 1, pause: Duration::ZERO, differ_in: Difference::Nothing }
    }
}
