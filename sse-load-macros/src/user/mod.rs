//! `#[sse_user]`: tokens → parts (`parse`, `args`) → user class (`model`) → errors (`validate`) → code (`expand`).

mod args;
mod expand;
mod model;
mod parse;
mod validate;

pub(crate) use expand::expand;
