use sse_load::prelude::*;

macro_rules! tasks {
    () => {
        #[task]
        async fn joke(_ctx: &mut Context) {}
    };
}

#[sse_user]
impl ChatUser {
    tasks!();
}

fn main() {}
