//! The user class: the trait that `#[sse_user]` implements, and what it collects.

mod definition;
mod error;
mod output;

pub use definition::{BoxFuture, Definition, Location, Start, Step, TaskDefinition};
pub use error::{TaskError, TaskResult};
pub use output::{DefaultUser, StartOutput, TaskOutput};

/// A user class: a kind of simulated client and the tasks that it runs. `#[sse_user]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a user class",
    label = "not a user class",
    note = "put `#[sse_user]` on an `impl {Self}` block with at least one `#[task]`"
)]
pub trait User: Sized + Send + 'static {
    /// What `#[sse_user]` collected.
    #[doc(hidden)]
    fn definition() -> Definition<Self>;
}
