//! The machine of a run.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The machine that made the load, as far as times depend on it. It has no name that tells whose it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The model of the processor, or its architecture where that is not known.
    pub cpu: String,
    /// Cores that the process may use.
    pub cores: u64,
    /// The operating system and the architecture, such as `linux x86_64`.
    pub os: String,
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {} ({})", self.cores, self.cpu, self.os)
    }
}
