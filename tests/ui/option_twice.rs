use sse_load::prelude::*;

#[sse_user(weight = 1, weight = 2)]
impl ChatUser {
    #[task(name = "a", name = "b")]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
