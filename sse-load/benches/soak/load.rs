//! The load test.

use std::time::Duration;

use serde_json::json;
use sse_load::clock::Timestamp;
use sse_load::prelude::*;
use sse_load::run::RequestLog;

use crate::Fallible;

pub(crate) const USERS: u64 = 500;

#[sse_user(wait_time = between(ms(0), secs(2)))]
impl Talker {
    #[task]
    async fn with_usage(ctx: &mut Context) -> TaskResult {
        let body = json!({"stream": true, "stream_options": {"include_usage": true}});
        ctx.sse_request("/v1/chat/completions").json(&body).name("with usage").send().await?;
        Ok(())
    }

    /// The tokens of the reply, and of a prompt that nobody sent before, are counted here.
    #[task]
    async fn without_usage(ctx: &mut Context) -> TaskResult {
        let prompt = format!("What is {} and {:?}?", ctx.user_index(), Timestamp::now() - Timestamp::from_nanos(0));
        let body = json!({"stream": true, "messages": [{"role": "user", "content": prompt}]});
        ctx.sse_request("/v1/chat/completions").json(&body).prompt(prompt).name("without usage").send().await?;
        Ok(())
    }
}

/// Loads the host for so long, and tells what came of it.
pub(crate) fn run(host: &str, time: Duration) -> Fallible<()> {
    let test = Talker::load_test("soak").host(host).users(USERS).spawn_rate(50).request_log(RequestLog::JsonLines);
    let report = test.run_time(time).try_run()?;
    let total = report.total();
    println!("{} requests succeeded, {} failed.", total.successes(), total.failures());
    report.warnings().iter().for_each(|warning| println!("- {warning}"));
    Ok(())
}
