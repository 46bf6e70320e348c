//! Attribute macros of `sse-load`. Use them through that crate, whose re-exports carry the full documentation with
//! examples that compile.
//!
//! Every macro gives the item back as it was written; [`macro@sse_user`] adds one `impl User` that lists what the block
//! holds. What a listed task does in a run is decided by the library alone.

use proc_macro::TokenStream;

mod errors;
mod fallback;
mod orphan;
mod paths;
mod user;

use paths::Helper;

/// Makes a user class of the `async` functions of an `impl` block.
#[proc_macro_attribute]
pub fn sse_user(args: TokenStream, item: TokenStream) -> TokenStream {
    user::expand(args.into(), &item.into()).into()
}

/// Marks a function of an [`macro@sse_user`] block as a task, one weighted step of the user.
#[proc_macro_attribute]
pub fn task(args: TokenStream, item: TokenStream) -> TokenStream {
    orphan::expand(Helper::Task, &args.into(), item.into()).into()
}

/// Marks a function of an [`macro@sse_user`] block as the one that makes the user.
#[proc_macro_attribute]
pub fn on_start(args: TokenStream, item: TokenStream) -> TokenStream {
    orphan::expand(Helper::OnStart, &args.into(), item.into()).into()
}

/// Marks a function of an [`macro@sse_user`] block as the one that ends the user.
#[proc_macro_attribute]
pub fn on_stop(args: TokenStream, item: TokenStream) -> TokenStream {
    orphan::expand(Helper::OnStop, &args.into(), item.into()).into()
}
