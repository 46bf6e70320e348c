use sse_load::prelude::*;

#[sse_user(crate = sse_load)]
impl ChatUser {
    #[task]
    async fn joke(_ctx: &mut Context) {}
}

#[sse_user(crate = self::sse_load)]
impl SearchUser {
    #[task]
    async fn search(_ctx: &mut Context) {}
}

fn main() {}
