//! The first load test: 40 users on a chat endpoint, gated on time to first token.
//!
//! ```text
//! cargo test --release --test quickstart -- --nocapture
//! LLM_HOST=https://api.example.com LLM_MODEL=m LLM_API_KEY=.. cargo test --release --test quickstart -- --nocapture
//! ```
//!
//! Without `LLM_HOST` it starts a small server of its own: first token after 50 ms, then one each 20 ms.

use serde_json::json;
use sse_load::mock::MockServer;
use sse_load::prelude::*;

/// Asks short questions, with a pause between them.
#[sse_user(wait_time = between(ms(50), ms(150)))]
impl ChatUser {
    #[task(weight = 3)]
    async fn joke(ctx: &mut Context) -> TaskResult {
        chat(ctx, "Tell me a joke.").await
    }

    #[task]
    async fn question(ctx: &mut Context) -> TaskResult {
        chat(ctx, "Why is the sky blue?").await
    }
}

async fn chat(ctx: &mut Context, prompt: &str) -> TaskResult {
    let body = json!({
        "model": env_or("LLM_MODEL", "gpt-4o"),
        "stream": true,
        "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": prompt}],
    });
    ctx.sse_request("/v1/chat/completions")
        .bearer_auth(env_or("LLM_API_KEY", "none"))
        .json(&body)
        .prompt(prompt)
        .name("chat_completion")
        .send()
        .await?;
    Ok(())
}

#[test]
fn ttft_p95_stays_under_a_quarter_of_a_second() {
    let server = MockServer::builder().ttft(ms(50)).inter_token(ms(20)).tokens(20).start();

    let report = ChatUser::load_test("quickstart")
        .host(env_or("LLM_HOST", &server.url()))
        .users(40)
        .spawn_rate(40.0)
        .run_time(secs(10))
        .run();

    assert!(report.request("chat_completion").ttft().p95() < ms(250), "{report}");
    report.assert([
        ttft("chat_completion").p95().at_most(ms(250)),
        icl("chat_completion").p99().at_most(ms(100)),
        error_rate().at_most(0.01),
    ]);
}
