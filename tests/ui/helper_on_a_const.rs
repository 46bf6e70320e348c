use sse_load::prelude::*;

#[sse_user]
impl ChatUser {
    #[task]
    const PROMPT: &str = "Tell me a joke.";
}

fn main() {}
