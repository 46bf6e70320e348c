//! Why a task ended early.

use std::error::Error;
use std::fmt;

use crate::client::RequestError;

/// What a task returns.
pub type TaskResult = Result<(), TaskError>;

/// Why a task ended early: any error, by way of `?`.
///
/// A failed request is counted when it fails, so passing it on counts nothing twice; every other error is counted as an
/// error of the task.
///
/// ```
/// use sse_load::{TaskError, TaskResult};
///
/// fn parse(text: &str) -> Result<u32, TaskError> {
///     Ok(text.parse::<u32>()?)
/// }
///
/// assert_eq!(parse("x").unwrap_err().to_string(), "invalid digit found in string");
/// assert_eq!(TaskError::new("no answer").to_string(), "no answer");
/// ```
pub struct TaskError(Box<dyn Error + Send + Sync>);

impl TaskError {
    /// An error from a text or from another error.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }

    /// Whether this error needs no counting: a request that failed or was hung up is counted already, and a refused one was never begun.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        matches!(self.0.downcast_ref(), Some(RequestError::Failed(_) | RequestError::HungUp | RequestError::Stopped))
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for TaskError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Failure, FailureClass};

    #[test]
    fn only_what_no_request_counted_is_counted() {
        let failed = RequestError::Failed(Failure::new(FailureClass::Empty, "nothing came"));
        assert!(TaskError::from(failed).is_counted());
        assert!(TaskError::from(RequestError::Stopped).is_counted());
        assert!(TaskError::from(RequestError::HungUp).is_counted());
        assert!(!TaskError::from(RequestError::Build(crate::client::BuildError::Method("x y".into()))).is_counted());
        assert!(!TaskError::new("something else").is_counted());
    }
}
