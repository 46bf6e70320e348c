//! What a report knows of its baselines.

use std::path::PathBuf;

use super::{Machine, Report};

/// Where the baselines of a load test lie, and what the environment says of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baselines {
    /// The folder of this test's baselines.
    pub folder: PathBuf,
    /// The name of the baseline in place of the one in the code.
    pub name: Option<String>,
    /// Whether a comparison writes the baseline anew.
    pub update: UpdateBaseline,
}

/// Whether a comparison writes the baseline anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpdateBaseline {
    /// It compares.
    #[default]
    No,
    /// It writes.
    Yes,
    /// It was asked to write, but in CI, where every run would pass.
    InCi,
}

impl Report {
    /// The machine that made the load.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Where the test's baselines lie.
    #[must_use]
    pub fn baselines(&self) -> &Baselines {
        &self.baselines
    }

    /// Says what the report is compared by: the machine, and where baselines lie.
    pub fn set_baselines(&mut self, machine: Machine, baselines: Baselines) {
        self.machine = machine;
        self.baselines = baselines;
    }
}
