use sse_load::prelude::*;

struct ChatUser;

#[sse_user]
impl ChatUser {
    #[on_start]
    async fn new(_ctx: &mut Context) -> Self {
        Self
    }

    #[task]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
