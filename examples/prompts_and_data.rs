//! Prompts that no prefix cache knows, prompts that share a system prompt, and questions from a file.
//!
//! ```text
//! cargo run --release --example prompts_and_data
//! LLM_HOST=https://api.example.com LLM_MODEL=m LLM_API_KEY=.. cargo run --release --example prompts_and_data
//! ```
//!
//! In a test, `main` is a function of a file in `tests/`, and paths are seen from the folder of its package: `tests/questions.csv`.

use std::sync::LazyLock;

use sse_load::data::{self, Row, Words};
use sse_load::mock::MockServer;
use sse_load::prelude::*;

/// As in a chat with one long system prompt: seven of ten begin with the same 400 tokens.
static CHATS: LazyLock<Prompts> =
    LazyLock::new(|| Prompts::new(Lengths::log_normal(600.0, 0.5).between(50, 4_000)).shared_prefix(400, 0.7));

/// How long replies may be: as those of a log.
static REPLIES: LazyLock<Lengths> = LazyLock::new(|| Lengths::empirical([20, 35, 35, 60, 150]));

/// User k of n gets the lines k, k + n, k + 2n and so on, and begins again after the last.
static QUESTIONS: LazyLock<Feeder<Row>> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/questions.csv");
    Feeder::new(data::csv(path).expect("the questions are in order"))
});

#[sse_user(wait_time = between(ms(5), ms(20)))]
impl Reader {
    #[task(weight = 3)]
    async fn chat(ctx: &mut Context) -> TaskResult {
        let prompt = CHATS.next(ctx);
        let most = REPLIES.next(ctx);
        ctx.openai_chat(env_or("LLM_MODEL", "gpt-4o"))
            .api_key(env_or("LLM_API_KEY", "none"))
            .user(prompt.text)
            .max_tokens(most)
            .name("chat")
            .send()
            .await?;
        Ok(())
    }

    #[task]
    async fn question(ctx: &mut Context) -> TaskResult {
        let row = QUESTIONS.next(ctx);
        // The same questions come again and again: a salt keeps them out of the server's cache.
        let salt = Words::default().salt(ctx);
        ctx.openai_chat(env_or("LLM_MODEL", "gpt-4o"))
            .api_key(env_or("LLM_API_KEY", "none"))
            .user(format!("({salt})\n{}", row.get("question")?))
            .max_tokens(row.get("most_tokens")?.parse()?)
            .name("question")
            .send()
            .await?;
        Ok(())
    }
}

fn main() {
    let server = MockServer::builder().ttft(ms(20)).inter_token(ms(2)).tokens(20).start();
    // Read before the run, not within it.
    LazyLock::force(&QUESTIONS);

    let report =
        Reader::load_test("prompts_and_data").host(env_or("LLM_HOST", &server.url())).users(8).run_time(secs(1)).run();

    report.assert([
        // A second of load proves little about a percentile: a real gate runs longer, and leaves `.allow_inconclusive()` out.
        ttft("chat").p95().at_most(secs(1)).allow_inconclusive(),
        ttft("question").p95().at_most(secs(1)).allow_inconclusive(),
        task_errors().at_most(0_u64),
        error_rate().at_most(0.0),
    ]);
}
