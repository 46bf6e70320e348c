//! What the functions of a user class may return, and the words for those that may not.

use super::{TaskError, TaskResult};

/// A user that the library makes itself: one that implements `Default`.
#[diagnostic::on_unimplemented(
    message = "nothing says how a `{Self}` is made: it has neither `Default` nor an `#[on_start]`",
    label = "how is this user made?",
    note = "put `#[derive(Default)]` on `{Self}`",
    note = "or add a constructor to the impl: `#[on_start] async fn new(ctx: &mut Context) -> Result<Self, TaskError>`"
)]
pub trait DefaultUser: Sized {
    /// The user at its start.
    fn default_user() -> Self;
}

#[diagnostic::do_not_recommend]
impl<U: Default> DefaultUser for U {
    fn default_user() -> Self {
        Self::default()
    }
}

/// What a task or an `#[on_stop]` may return: nothing, or a result whose error becomes a [`TaskError`].
#[diagnostic::on_unimplemented(
    message = "a task can't return `{Self}`",
    label = "the output of this function is `{Self}`",
    note = "a task returns `TaskResult`, that is `Result<(), TaskError>`, or nothing at all",
    note = "`Result<(), E>` works too for every `E` that `?` turns into a `TaskError`"
)]
pub trait TaskOutput {
    /// The same as a plain result.
    ///
    /// # Errors
    /// The task's own.
    fn into_result(self) -> TaskResult;
}

impl TaskOutput for () {
    fn into_result(self) -> TaskResult {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<TaskError>> TaskOutput for Result<(), E> {
    fn into_result(self) -> TaskResult {
        self.map_err(Into::into)
    }
}

/// What an `#[on_start]` may return: a result of its user, whose error becomes a [`TaskError`].
#[diagnostic::on_unimplemented(
    message = "`#[on_start]` of `{U}` can't return `{Self}`",
    label = "the output of this function is `{Self}`",
    note = "`#[on_start]` returns `Result<Self, TaskError>`",
    note = "`Result<Self, E>` works too for every `E` that `?` turns into a `TaskError`"
)]
pub trait StartOutput<U> {
    /// The same as a plain result.
    ///
    /// # Errors
    /// The constructor's own.
    fn into_user(self) -> Result<U, TaskError>;
}

#[diagnostic::do_not_recommend]
impl<U, E: Into<TaskError>> StartOutput<U> for Result<U, E> {
    fn into_user(self) -> Result<U, TaskError> {
        self.map_err(Into::into)
    }
}
