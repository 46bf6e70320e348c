//! How users connect: whom they share connections with, what they speak, whom they trust.

mod certificates;
mod content;
mod cookies;
mod cut;
#[cfg(target_os = "linux")]
mod local_addresses;
mod sharing;
mod timeouts;
mod versions;

use serde_json::json;
use sse_load::prelude::*;

#[cfg(target_os = "linux")]
pub(crate) use certificates::Authority;

/// Asks once and then waits for the end.
#[sse_user(wait_time = secs(60))]
impl OnceUser {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ask(ctx).await
    }
}

/// Has the server count the tokens: loading a table to count them takes a debug build longer than the run.
async fn ask(ctx: &mut Context) -> TaskResult {
    let body = json!({"stream": true, "stream_options": {"include_usage": true}});
    ctx.sse_request("/chat").name("chat").json(&body).send().await?;
    Ok(())
}

/// A run of users that ask once, on one thread.
pub(crate) fn once(name: &str, host: &str, users: u64, connections: Connections) -> Report {
    OnceUser::load_test(name).host(host).users(users).threads(1).run_time(secs(1)).connections(connections).run()
}
