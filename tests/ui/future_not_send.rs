use std::rc::Rc;

use sse_load::prelude::*;

#[sse_user]
impl ChatUser {
    #[task]
    async fn joke(_ctx: &mut Context) {
        let shared = Rc::new(1);
        std::future::ready(()).await;
        drop(shared);
    }
}

fn main() {}
