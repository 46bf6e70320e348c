use sse_load::prelude::*;

#[task]
async fn alone(_ctx: &mut Context) {}

struct ChatUser;

impl ChatUser {
    #[task(weight = 3)]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
