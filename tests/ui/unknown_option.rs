use sse_load::prelude::*;

#[sse_user(hots = "http://127.0.0.1:8080", users = 3)]
impl ChatUser {
    #[task(wieght = 3)]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
