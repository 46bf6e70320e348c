use sse_load::prelude::*;

struct ChatUser;

#[sse_user]
impl ChatUser {
    #[on_start]
    async fn new(_ctx: &mut Context) -> Result<Self, TaskError> {
        Ok(Self)
    }

    #[on_start]
    async fn again(_ctx: &mut Context) -> Result<Self, TaskError> {
        Ok(Self)
    }

    #[task]
    async fn joke(_ctx: &mut Context) {}

    #[on_stop]
    async fn stop(_ctx: &mut Context) {}

    #[on_stop]
    async fn stop_again(_ctx: &mut Context) {}
}

fn main() {}
