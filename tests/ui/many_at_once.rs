use sse_load::prelude::*;

#[sse_user(hots = "http://127.0.0.1:8080")]
impl ChatUser {
    #[task(weight = 0)]
    fn joke() {}

    #[task]
    async fn search(_ctx: Context) {
        let type_error: u8 = "is found as well";
    }
}

fn load_test<U: User>() {}

fn main() {
    // Neither the struct nor its `impl User` is missed.
    load_test::<ChatUser>();
    let ChatUser = ChatUser::default();
}
