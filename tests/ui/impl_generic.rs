use sse_load::prelude::*;

struct ChatUser<T>(T);

#[sse_user]
impl<T> ChatUser<T> {
    #[task]
    async fn joke(_ctx: &mut Context) {}
}

fn main() {}
