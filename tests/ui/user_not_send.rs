use std::rc::Rc;

use sse_load::prelude::*;

#[derive(Default)]
struct ChatUser(Rc<u8>);

#[sse_user]
impl ChatUser {
    #[task]
    async fn joke(&mut self, _ctx: &mut Context) {}
}

fn main() {}
