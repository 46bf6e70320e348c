//! Load tests of the chat endpoint.
//!
//! ```text
//! cargo test --release --test load -- --nocapture
//! LLM_HOST=https://api.example.com LLM_MODEL=m LLM_API_KEY=.. cargo test --release --test load -- --nocapture
//! ```

use serde_json::json;
use sse_load::mock::MockServer;
use sse_load::prelude::*;

#[sse_user(wait_time = between(ms(50), ms(150)))]
impl ChatUser {
    #[task]
    async fn question(ctx: &mut Context) -> TaskResult {
        let prompt = "Why is the sky blue?";
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
            .name("chat")
            .send()
            .await?;
        Ok(())
    }
}

#[test]
fn the_first_token_comes_within_a_quarter_of_a_second() {
    // Stands in for the endpoint until LLM_HOST names one.
    let server = MockServer::builder().ttft(ms(50)).inter_token(ms(20)).tokens(20).start();

    let report = ChatUser::load_test("chat")
        .host(env_or("LLM_HOST", &server.url()))
        .users(40)
        .spawn_rate(40.0)
        .run_time(secs(10))
        .run();

    report.assert([ttft("chat").p95().at_most(ms(250)), error_rate().at_most(0.01)]);
}
