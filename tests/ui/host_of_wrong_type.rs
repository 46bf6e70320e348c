use sse_load::prelude::*;

#[sse_user(host = 8080, wait_time = 3)]
impl ChatUser {
    #[task]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
