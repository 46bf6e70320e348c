use sse_load::prelude::*;

struct ChatUser;

#[sse_user]
impl ChatUser {
    #[cfg(unix)]
    #[on_start]
    async fn new(_ctx: &mut Context) -> Result<Self, TaskError> {
        Ok(Self)
    }

    #[task]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
