use sse_load::prelude::*;

#[sse_user]
impl ChatUser {
    #[task]
    fn joke(_ctx: &mut Context) -> TaskResult {
        Ok(())
    }
}

fn main() {}
