use sse_load::prelude::*;

const WEIGHT: u32 = 3;

#[sse_user(weight = 0, fixed_count = 4294967296)]
impl ChatUser {
    #[task(weight = 0)]
    async fn none(_ctx: &mut Context) {}

    #[task(weight = WEIGHT)]
    async fn constant(_ctx: &mut Context) {}

    #[task(weight = -1)]
    async fn negative(_ctx: &mut Context) {}
}

fn main() {}
