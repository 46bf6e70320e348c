use sse_load::prelude::*;

#[sse_user(host = "http://127.0.0.1:8080")]
pub struct ChatUser;

fn main() {}
