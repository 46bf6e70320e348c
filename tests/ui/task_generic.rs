use sse_load::prelude::*;

#[sse_user]
impl ChatUser {
    #[task]
    async fn joke<T>(_ctx: &mut Context) {}
}

fn main() {}
