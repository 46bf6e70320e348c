//! Why there are no records.

use std::path::PathBuf;

/// Why a file gives no records, or a row no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file can't be read.
    #[error("can't read {}: {source}; expected {expected}. A path is seen from the folder of the package's Cargo.toml", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
        /// What the file should hold.
        expected: &'static str,
    },
    /// There is nothing in the file.
    #[error("{} holds no record; expected {expected}", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What the file should hold.
        expected: &'static str,
    },
    /// A record is not as it should be.
    #[error("{}, {place}: {reason}; expected {expected}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where in it.
        place: Place,
        /// What is wrong.
        reason: String,
        /// What the file should hold.
        expected: &'static str,
    },
    /// A row has no such column.
    #[error("there is no column `{column}`; the columns are {}", .known.join(", "))]
    NoColumn {
        /// The name that was asked for.
        column: String,
        /// The names that there are.
        known: Vec<String>,
    },
}

/// Where in a file, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A line of text.
    Line(u64),
    /// A row of a table.
    Row(u64),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Row(number) => write!(f, "row {number}"),
        }
    }
}
