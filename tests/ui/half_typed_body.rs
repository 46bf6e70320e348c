use sse_load::prelude::*;

#[sse_user(host = "http://127.0.0.1:8080")]
impl ChatUser {
    #[task]
    async fn joke(ctx: &mut Context) -> TaskResult {
        ctx.
    }
}

fn load_test<U: User>() {}

fn main() {
    // The class is there all the same.
    load_test::<ChatUser>();
}
