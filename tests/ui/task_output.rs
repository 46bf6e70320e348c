use sse_load::prelude::*;

struct Unconvertible;

#[sse_user]
impl ChatUser {
    #[task]
    async fn number(_ctx: &mut Context) -> u32 {
        42
    }

    #[task]
    async fn full(_ctx: &mut Context) -> Result<String, TaskError> {
        Ok(String::new())
    }

    #[task]
    async fn foreign(_ctx: &mut Context) -> Result<(), Unconvertible> {
        Err(Unconvertible)
    }

    #[on_stop]
    async fn stop(_ctx: &mut Context) -> bool {
        true
    }
}

fn main() {}
