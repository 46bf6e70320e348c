mod users {
    pub struct ChatUser<T>(T);
}

#[sse_load::sse_user]
impl users::ChatUser<u8> {
    #[sse_load::task]
    async fn joke(_ctx: &mut sse_load::Context) {}
}

fn main() {}
