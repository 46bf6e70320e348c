use sse_load::prelude::*;

struct ChatUser;

fn load_test<U: User>() {}

fn main() {
    load_test::<ChatUser>();
}
