use sse_load::prelude::*;

struct ChatUser {
    token: String,
}

#[sse_user]
impl ChatUser {
    #[task]
    async fn joke(&mut self, _ctx: &mut Context) {}
}

fn main() {}
