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

use sse_load::client::{Conversation, Reply};
use sse_load::mock::MockServer;
use sse_load::prelude::*;

const PERSONAS: [&str; 3] = ["You are a patient teacher.", "You are a terse engineer.", "You are a poet."];
const QUESTIONS: [&str; 4] = ["Why is the sky blue?", "And at sunset?", "How do you know?", "Say it in one sentence."];

struct Learner {
    conversation: Conversation,
}

#[sse_user(wait_time = exponential(ms(30)))]
impl Learner {
    /// Before the first task; an error here starts the user anew a second later.
    #[on_start]
    async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
        let persona = *ctx.choose(&PERSONAS);
        let mut learner = Self { conversation: Conversation::new(ctx).system(persona) };
        learner.ask(ctx, "Hello.", "greeting").await?;
        Ok(learner)
    }

    #[task]
    async fn next_turn(&mut self, ctx: &mut Context) -> TaskResult {
        let question = QUESTIONS[self.conversation.turns() as usize % QUESTIONS.len()];
        self.ask(ctx, question, "chat").await?;
        Ok(())
    }

    /// After the last task, while the run already ends: no load, and in no figure.
    #[on_stop]
    async fn part(&mut self, ctx: &mut Context) -> TaskResult {
        let reply = self.ask(ctx, "Thank you, goodbye.", "goodbye").await?;
        println!(
            "user {} parts after {} turns: {:.40}",
            ctx.user_index(),
            self.conversation.turns(),
            reply.text().trim()
        );
        Ok(())
    }

    async fn ask(&mut self, ctx: &mut Context, question: &str, name: &str) -> Result<Reply, RequestError> {
        let request = ctx
            .openai_chat(env_or("LLM_MODEL", "gpt-4o"))
            .api_key(env_or("LLM_API_KEY", "none"))
            .header("x-session-id", self.conversation.id())
            .max_tokens(100)
            .name(name);
        self.conversation.ask(request, question).await
    }
}

fn main() {
    let server = MockServer::builder().ttft(ms(30)).inter_token(ms(3)).tokens(20).start();

    let report =
        Learner::load_test("conversation").host(env_or("LLM_HOST", &server.url())).users(8).run_time(secs(1)).run();

    let prompts = |name| report.request(name).prompt_tokens();
    assert!(prompts("chat turn 3").max() > prompts("greeting turn 1").max(), "the prompts did not grow\n{report}");
    report.assert([
        // Each user greets once: eight requests prove no 95th percentile, but the slowest of them is a fact.
        ttft("greeting").max().at_most(secs(10)),
        // A second of load proves little about a percentile: a real gate runs longer, and leaves `.allow_inconclusive()` out.
        ttft("chat").p95().at_most(secs(1)).allow_inconclusive(),
        error_rate().at_most(0.0),
    ]);
}
