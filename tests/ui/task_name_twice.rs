use sse_load::prelude::*;

#[sse_user]
impl ChatUser {
    #[task]
    async fn joke(_ctx: &mut Context) {}

    #[task(name = "joke")]
    async fn riddle(_ctx: &mut Context) {}
}

fn main() {}
