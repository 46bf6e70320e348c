//! The server that all tools are compared against, and this library's own load test of it. `run.sh` beside this file runs both.
//!
//! ```text
//! peers serve                      tells its address, works until its standard input ends, and tells its record
//! peers run USERS SECONDS HOST     tells what the load test reports
//! ```
//! What they tell is a line of JSON, times in ms.

use std::error::Error;
use std::io::{self, Read};
use std::time::Duration;

use serde_json::json;
use sse_load::mock::{Dialect, MockServer, Script};
use sse_load::prelude::*;

const TTFT: Duration = ms(200);
const INTER_TOKEN: Duration = ms(20);
const TOKENS: u32 = 100;
const PROMPT: &str = "Tell me a joke.";

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve"] => serve(),
        ["run", users, seconds, host] => run(users.parse()?, secs(seconds.parse()?), host),
        _ => Err("expected `serve` or `run USERS SECONDS HOST`; benches/peers/run.sh runs the comparison".into()),
    }
}

fn serve() -> Fallible<()> {
    let script = Script::new().ttft(TTFT).inter_token(INTER_TOKEN).tokens(TOKENS);
    // The only format that locust-sse knows.
    let append = script.clone().dialect(Dialect::Append);
    let server = MockServer::builder().script(script).path("/append", append).log_limit(0).start();
    println!("{}", json!({"host": server.url(), "ttft": millis(TTFT)}));
    io::stdin().read_to_end(&mut Vec::new())?;
    let late = server.send_lateness();
    let [p50, p99, max] = [late.p50, late.p99, late.max].map(millis);
    println!("{}", json!({"tokens": late.count, "p50": p50, "p99": p99, "max": max}));
    Ok(())
}

#[sse_user]
impl Reader {
    #[task]
    async fn read(ctx: &mut Context) -> TaskResult {
        let body = json!({
            "model": "mock",
            "stream": true,
            "stream_options": {"include_usage": true},
            "messages": [{"role": "user", "content": PROMPT}],
        });
        ctx.sse_request("/v1/chat/completions").json(&body).prompt(PROMPT).name("chat").send().await?;
        Ok(())
    }
}

fn run(users: u64, seconds: Duration, host: &str) -> Fallible<()> {
    let rate = f64::from(u32::try_from(users)?);
    let report = Reader::load_test("peers").host(host).users(users).spawn_rate(rate).run_time(seconds).try_run()?;
    let chat = report.request("chat");
    let [p50, p99] = [chat.ttft().p50(), chat.ttft().p99()].map(millis);
    println!("{}", json!({"p50": p50, "p99": p99, "failed": chat.failures(), "requests": chat.count()}));
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
