//! Users that remember: each turn sends all that was said before, so prompts grow as they do in a real chat.
//!
//! ```text
//! cargo run --release --example conversation
//! LLM_HOST=https://api.example.com LLM_MODEL=m LLM_API_KEY=.. cargo run --release --example conversation
//! ```
//!
//! In a test, `main` is a function of a file in `tests/`:
//!
//! ```text
//! #[test]
//! fn ttft_holds_while_prompts_grow() { .. }
//! ```

use serde_json::{Value, json};
use sse_load::client::Reply;
use sse_load::mock::MockServer;
use sse_load::prelude::*;

const PERSONAS: [&str; 3] = ["You are a patient teacher.", "You are a terse engineer.", "You are a poet."];
const QUESTIONS: [&str; 4] = ["Why is the sky blue?", "And at sunset?", "How do you know?", "Say it in one sentence."];

/// One user's conversation: the messages so far, as the API wants them.
struct Conversation {
    messages: Vec<Value>,
}

#[sse_user(wait_time = between(ms(10), ms(50)))]
impl Conversation {
    /// Before the first task; an error here starts the user anew a second later.
    #[on_start]
    async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
        let persona = *ctx.choose(&PERSONAS);
        let mut conversation = Self { messages: vec![json!({"role": "system", "content": persona})] };
        conversation.say(ctx, "Hello.", "greeting").await?;
        Ok(conversation)
    }

    #[task]
    async fn next_turn(&mut self, ctx: &mut Context) -> TaskResult {
        let question = QUESTIONS[self.turns() % QUESTIONS.len()];
        self.say(ctx, question, "turn").await?;
        Ok(())
    }

    /// After the last task, while the run already ends.
    #[on_stop]
    async fn part(&mut self, ctx: &mut Context) -> TaskResult {
        let reply = self.say(ctx, "Thank you, goodbye.", "goodbye").await?;
        println!("user {} parts after {} turns: {:.40}", ctx.user_index(), self.turns(), reply.text().trim());
        Ok(())
    }

    /// Asks with the whole history, and remembers question and answer once there is one.
    async fn say(&mut self, ctx: &mut Context, question: &str, name: &str) -> Result<Reply, RequestError> {
        let question = json!({"role": "user", "content": question});
        let body = json!({
            "model": env_or("LLM_MODEL", "gpt-4o"),
            "stream": true,
            "stream_options": {"include_usage": true},
            "max_tokens": 100,
            "messages": self.messages.iter().chain([&question]).collect::<Vec<_>>(),
        });
        let key = env_or("LLM_API_KEY", "none");
        let reply = ctx.sse_request("/v1/chat/completions").bearer_auth(key).json(&body).name(name).send().await?;
        self.messages.push(question);
        self.messages.push(json!({"role": "assistant", "content": reply.text()}));
        Ok(reply)
    }

    fn turns(&self) -> usize {
        self.messages.len() / 2
    }
}

fn main() {
    let server = MockServer::builder().ttft(ms(30)).inter_token(ms(3)).tokens(20).start();

    let report = Conversation::load_test("conversation")
        .host(env_or("LLM_HOST", &server.url()))
        .users(8)
        .run_time(secs(1))
        .run();

    let prompts = |name| report.request(name).prompt_tokens();
    assert!(prompts("goodbye").max() > prompts("greeting").max(), "the prompts did not grow\n{report}");
    report.assert([
        ttft("greeting").p95().at_most(secs(1)),
        ttft("turn").p95().at_most(secs(1)),
        ttft("goodbye").p95().at_most(secs(1)),
        error_rate().at_most(0.01),
    ]);
}
