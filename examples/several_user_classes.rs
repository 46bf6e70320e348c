//! Two kinds of users at once: many who read long answers, few who fire short questions from a search box.
//!
//! ```text
//! cargo run --release --example several_user_classes
//! LLM_HOST=https://api.example.com LLM_MODEL=m LLM_API_KEY=.. cargo run --release --example several_user_classes
//! ```
//!
//! In a test the two functions below `main` are `#[test]` functions in a file of `tests/`, without any `main`.

use serde_json::json;
use sse_load::mock::MockServer;
use sse_load::prelude::*;

/// Reads each answer before asking on.
#[sse_user(weight = 4, wait_time = between(ms(100), ms(300)))]
impl ChatUser {
    #[task(weight = 3)]
    async fn explain(ctx: &mut Context) -> TaskResult {
        ask(ctx, "chat", "Explain how tides work.", 400).await
    }

    #[task]
    async fn joke(ctx: &mut Context) -> TaskResult {
        ask(ctx, "chat", "Tell me a joke.", 100).await
    }
}

/// Types faster, and wants less.
#[sse_user(weight = 1, wait_time = constant(ms(20)))]
impl SearchUser {
    #[task]
    async fn complete(ctx: &mut Context) -> TaskResult {
        let typed = *ctx.choose(&["why is the sk", "how do tid", "who inv"]);
        ask(ctx, "search", typed, 10).await
    }
}

/// The request is reported under `name`, and so objectives find it.
async fn ask(ctx: &mut Context, name: &str, prompt: &str, most_tokens: u32) -> TaskResult {
    let body = json!({
        "model": env_or("LLM_MODEL", "gpt-4o"),
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_tokens": most_tokens,
        "messages": [{"role": "user", "content": prompt}],
    });
    ctx.sse_request("/v1/chat/completions")
        .bearer_auth(env_or("LLM_API_KEY", "none"))
        .json(&body)
        .prompt(prompt)
        .name(name)
        .send()
        .await?;
    Ok(())
}

fn main() {
    let server = MockServer::builder().ttft(ms(30)).inter_token(ms(5)).tokens(15).vary(0.3).start();
    let host = env_or("LLM_HOST", &server.url());
    each_class_keeps_its_own_objectives(&host);
    weights_share_out_the_users(&host);
}

/// So many users of each class.
fn each_class_keeps_its_own_objectives(host: &str) {
    let report = LoadTest::new("several_user_classes")
        .users_of::<ChatUser>(40)
        .users_of::<SearchUser>(10)
        .host(host)
        .spawn_rate(100.0)
        .run_time(secs(1))
        .run();
    report.assert([
        // A second of load proves little about a percentile: a real gate runs longer, and leaves `.allow_inconclusive()` out.
        ttft("search").p95().at_most(ms(500)).allow_inconclusive(),
        ttft("chat").p95().at_most(secs(1)).allow_inconclusive(),
        icl("chat").p99().at_most(ms(250)).allow_inconclusive(),
        error_rate().of("search").at_most(0.0),
        error_rate().of("chat").at_most(0.05),
    ]);
}

/// So many users in all, four of five of them `ChatUser`s, as the weights of the classes say.
fn weights_share_out_the_users(host: &str) {
    let report = LoadTest::new("several_user_classes_by_weight")
        .class::<ChatUser>()
        .class::<SearchUser>()
        .host(host)
        .users(20)
        .run_time(ms(500))
        .run();
    let users: Vec<_> = report.plan().classes.iter().map(|class| (class.name, class.users)).collect();
    println!("the users were {users:?}");
    report.assert([ttft(ALL).max().at_most(secs(10)), error_rate().at_most(0.0)]);
}
