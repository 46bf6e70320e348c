use sse_load::prelude::*;

#[sse_user("http://127.0.0.1:8080", weight = 1 fixed_count = 2)]
impl ChatUser {
    #[task("joke")]
    async fn joke(_ctx: &mut Context) {}

    #[task = "search"]
    async fn search(_ctx: &mut Context) {}

    #[task(weight = )]
    async fn riddle(_ctx: &mut Context) {}
}

#[sse_user(host = 1 +)]
impl SearchUser {
    #[task]
    async fn search(_ctx: &mut Context) {}
}

fn main() {}
