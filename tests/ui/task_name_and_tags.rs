use sse_load::prelude::*;

#[sse_user]
impl ChatUser {
    #[task(name = "", tags = "chat")]
    async fn empty(_ctx: &mut Context) {}

    #[task(tags = ["chat", 3])]
    async fn number(_ctx: &mut Context) {}
}

fn main() {}
