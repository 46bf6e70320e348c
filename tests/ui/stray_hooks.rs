use sse_load::prelude::*;

struct ChatUser;

impl ChatUser {
    #[on_start]
    async fn new(_ctx: &mut Context) -> Result<Self, TaskError> {
        Ok(Self)
    }

    #[on_stop]
    async fn stop(&mut self, _ctx: &mut Context) {}
}

fn main() {}
