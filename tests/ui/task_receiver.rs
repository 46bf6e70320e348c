use sse_load::prelude::*;

#[derive(Default)]
struct ChatUser;

#[sse_user]
impl ChatUser {
    #[task]
    async fn shared(&self, _ctx: &mut Context) {}

    #[task]
    async fn owned(self, _ctx: &mut Context) {}

    #[on_stop]
    async fn stop(self: Box<Self>, _ctx: &mut Context) {}
}

fn main() {}
