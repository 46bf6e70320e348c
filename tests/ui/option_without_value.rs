use sse_load::prelude::*;

#[sse_user(host, wait_time =)]
impl ChatUser {
    #[task(weight(3))]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
