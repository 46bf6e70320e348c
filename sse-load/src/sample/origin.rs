//! Where a request came from.

use std::fmt;

use serde::Serialize;

/// The task that sent a request, and where its function stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Origin {
    /// The user class.
    pub user: &'static str,
    /// The task.
    pub task: &'static str,
    /// The source file, as the compiler names it.
    pub file: &'static str,
    /// The line of the task's function, from 1; 0 where it is not known.
    pub line: u32,
    /// The task's labels.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub tags: &'static [&'static str],
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}  {}", self.user, self.task, self.file)?;
        if self.line == 0 { Ok(()) } else { write!(f, ":{}", self.line) }
    }
}
