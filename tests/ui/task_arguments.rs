use sse_load::prelude::*;

#[sse_user]
impl ChatUser {
    #[task]
    async fn none() {}

    #[task]
    async fn shared(_ctx: &Context) {}

    #[task]
    async fn owned(_ctx: Context) {}

    #[task]
    async fn more(_ctx: &mut Context, _prompt: &str, _n: usize) {}
}

fn main() {}
