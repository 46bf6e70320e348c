use sse_load::prelude::*;

#[sse_user]
enum ChatUser {}

fn main() {}
