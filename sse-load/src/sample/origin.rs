//! Where a request came from.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::intern::{self, Name, Names};

/// The task that sent a request, and where its function stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The user class.
    #[serde(deserialize_with = "intern::name")]
    pub user: Name,
    /// The task.
    #[serde(deserialize_with = "intern::name")]
    pub task: Name,
    /// The source file, as the compiler names it.
    #[serde(deserialize_with = "intern::name")]
    pub file: Name,
    /// The line of the task's function, from 1; 0 where it is not known.
    pub line: u32,
    /// The task's labels.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty", deserialize_with = "intern::names")]
    pub tags: Names,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}  {}", self.user, self.task, self.file)?;
        if self.line == 0 { Ok(()) } else { write!(f, ":{}", self.line) }
    }
}
