use sse_load::prelude::*;

#[sse_user]
mod chat {}

fn main() {}
