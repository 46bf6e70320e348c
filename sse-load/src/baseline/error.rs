//! Why there is no baseline to compare with.

use std::path::PathBuf;

/// Why a baseline can't be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// No such file.
    #[error("there is no baseline `{name}`: run the test with SSE_LOAD_UPDATE_BASELINE=1 and commit {}", .file.display())]
    Missing {
        /// The baseline.
        name: String,
        /// Where it should be.
        file: PathBuf,
    },
    /// A name that is no file's.
    #[error(
        "a baseline's name is that of a file: 1 to 60 letters, digits, `-`, `_` or `.`, of which the first is no `.`; but this one is `{0}`"
    )]
    Name(String),
    /// A file that can't be read.
    #[error("the baseline {} can't be read: {error}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// A file that can't be written.
    #[error("the baseline {} can't be written: {error}", .file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// A file of another form.
    #[error(
        "the baseline {} has the form {found}, and this version of sse-load reads {expected}: write it anew with SSE_LOAD_UPDATE_BASELINE=1",
        .file.display()
    )]
    Schema {
        /// The file.
        file: PathBuf,
        /// Its form.
        found: u64,
        /// The form that is read.
        expected: u32,
    },
    /// A file that is no baseline.
    #[error("{} is no baseline of sse-load: {why}; take it from version control again, or write it anew with SSE_LOAD_UPDATE_BASELINE=1", .file.display())]
    Broken {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A run that a later one can't be compared with.
    #[error("no request of the load test `{0}` succeeded: that is no baseline for a later run")]
    NothingSucceeded(String),
    /// A run whose times are the generator's: a later one would never be slower.
    #[error("this run of the load test `{test}` is no baseline for a later one: {why}")]
    Overloaded {
        /// The load test.
        test: String,
        /// What the generator could not do, and the cause.
        why: String,
    },
}
