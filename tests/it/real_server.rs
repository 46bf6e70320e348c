//! A real server, named by `LLM_HOST`: proof that a stream of somebody else's making is read as it should be.
//!
//! ```text
//! LLM_HOST=http://127.0.0.1:8080 LLM_MODEL=tiny cargo test --release --test it real_server -- --ignored --nocapture
//! ```

use serde_json::json;
use sse_load::client::shape;
use sse_load::prelude::*;

const MAX_TOKENS: u64 = 32;

#[sse_user(host = env_or("LLM_HOST", "http://127.0.0.1:8080"))]
impl RealUser {
    #[task]
    async fn with_usage(ctx: &mut Context) -> TaskResult {
        let reply = chat(ctx, "with_usage", true).await?;
        assert!(reply.usage().completion_tokens.is_some(), "usage was asked for and did not come");
        Ok(())
    }

    #[task]
    async fn without_usage(ctx: &mut Context) -> TaskResult {
        chat(ctx, "without_usage", false).await?;
        Ok(())
    }
}

async fn chat(ctx: &mut Context, name: &'static str, usage: bool) -> Result<Reply, RequestError> {
    let prompt = "Tell me a joke.";
    let body = json!({
        "model": env_or("LLM_MODEL", "tiny"),
        "stream": true,
        "stream_options": {"include_usage": usage},
        "max_tokens": MAX_TOKENS,
        "messages": [{"role": "user", "content": prompt}],
    });
    let key = env_or("LLM_API_KEY", "none");
    ctx.sse_request("/v1/chat/completions").bearer_auth(key).json(&body).prompt(prompt).name(name).send().await
}

#[test]
#[ignore = "needs a real server: LLM_HOST=http://.. [LLM_MODEL=.. LLM_API_KEY=..]"]
fn a_real_server_is_measured_without_a_failure() {
    let report = RealUser::load_test("real_server").users(4).run_time(secs(5)).run();

    let counted = report.request("with_usage");
    assert!(counted.completion_tokens().max() <= MAX_TOKENS, "{report}");
    assert!(counted.ttft().p50() <= counted.e2e().p50(), "{report}");
    report.assert([
        error_rate().at_most(0.0),
        request_count().of("with_usage").at_least(10_u64),
        request_count().of("without_usage").at_least(10_u64),
    ]);
}

/// llama.cpp's server speaks these five.
#[sse_user(host = env_or("LLM_HOST", "http://127.0.0.1:8080"))]
impl EveryApi {
    #[task]
    async fn chat(ctx: &mut Context) -> TaskResult {
        ctx.openai_chat(model()).user("Hi").max_tokens(MAX_TOKENS).name("chat").validate(shape::usage).send().await?;
        Ok(())
    }

    #[task]
    async fn responses(ctx: &mut Context) -> TaskResult {
        let request = ctx.openai_responses(model()).user("Hi").max_tokens(MAX_TOKENS).name("responses");
        request.validate(shape::usage).send().await?;
        Ok(())
    }

    #[task]
    async fn messages(ctx: &mut Context) -> TaskResult {
        let request = ctx.anthropic(model()).user("Hi").max_tokens(MAX_TOKENS).name("messages");
        request.validate(shape::usage).send().await?;
        Ok(())
    }

    #[task]
    async fn completions(ctx: &mut Context) -> TaskResult {
        let body = json!({"model": model(), "prompt": "Hi", "stream": true, "max_tokens": MAX_TOKENS});
        ctx.sse_request("/v1/completions").json(&body).name("completions").send().await?;
        Ok(())
    }

    #[task]
    async fn own(ctx: &mut Context) -> TaskResult {
        let body = json!({"prompt": "Hi", "stream": true, "n_predict": MAX_TOKENS});
        ctx.sse_request("/completion").json(&body).name("own").validate(shape::usage).send().await?;
        Ok(())
    }
}

fn model() -> String {
    env_or("LLM_MODEL", "tiny")
}

#[test]
#[ignore = "needs a server of llama.cpp: LLM_HOST=http://.. [LLM_MODEL=..]"]
fn every_api_of_a_real_server_is_read_without_a_failure() {
    let report = EveryApi::load_test("every_api").users(4).run_time(secs(5)).run();
    for name in ["chat", "responses", "messages", "completions", "own"] {
        assert_eq!(report.request(name).completion_tokens().max(), MAX_TOKENS, "{name}\n{report}");
    }
    report.assert([error_rate().at_most(0.0), request_count().at_least(50_u64)]);
}
