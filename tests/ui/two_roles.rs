use sse_load::prelude::*;

struct ChatUser;

#[sse_user]
impl ChatUser {
    #[task]
    #[on_start]
    async fn new(_ctx: &mut Context) -> Result<Self, TaskError> {
        Ok(Self)
    }

    #[task]
    #[task(weight = 3)]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
