use sse_load::prelude::*;

#[sse_user]
async fn joke(_ctx: &mut Context) {}

fn main() {}
