use sse_load::prelude::*;

struct ChatUser;

trait Chat {
    async fn joke(_ctx: &mut Context);
}

#[sse_user]
impl Chat for ChatUser {
    #[task]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
