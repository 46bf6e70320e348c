use sse_load::prelude::*;

#[sse_user]
impl ChatUser {
    #[task]
    async fn joke(_ctx: &mut String) {}
}

fn main() {}
