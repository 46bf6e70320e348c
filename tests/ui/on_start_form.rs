use sse_load::prelude::*;

struct ChatUser;

#[sse_user]
impl ChatUser {
    #[on_start(weight = 3)]
    async fn new(&mut self, _ctx: &mut Context) {}

    #[task]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
