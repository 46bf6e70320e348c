//! The load tests whose pages the other modules look at, each in a process of its own. Run by anything else, they do nothing.

use std::path::Path;

use serde_json::json;
use sse_load::prelude::*;

use super::{RELEASE, SERVER};

fn given(variable: &str) -> Option<String> {
    Some(env_or(variable, "")).filter(|value| !value.is_empty())
}

/// Two requests, so that the page has a part for each name.
#[sse_user(wait_time = ms(10))]
impl Asker {
    #[task(weight = 3)]
    async fn chat(ctx: &mut Context) -> TaskResult {
        ask(ctx, "chat").await
    }

    #[task]
    async fn search(ctx: &mut Context) -> TaskResult {
        ask(ctx, "search").await
    }
}

async fn ask(ctx: &mut Context, name: &'static str) -> TaskResult {
    let body = json!({"stream": true, "stream_options": {"include_usage": true}});
    ctx.sse_request("/chat").name(name).json(&body).send().await?;
    Ok(())
}

fn served(name: &str, server: String) -> LoadTest {
    let expected = [ttft("chat").p95().at_most(secs(60)), error_rate().at_most(0.5)];
    Asker::load_test(name).host(server).users(2).run_time(secs(3_600)).stop_timeout(secs(60)).expect(expected)
}

#[test]
#[ignore = "run by its parent test"]
fn is_served() {
    let Some(server) = given(SERVER) else { return };
    let _ = served("served", server).try_run().expect("it runs");
}

/// Ends when the file is there that the parent names.
#[test]
#[ignore = "run by its parent test"]
fn is_scraped_at_its_end() {
    let (Some(server), Some(release)) = (given(SERVER), given(RELEASE)) else { return };
    let test = served("scraped", server).run_time(ms(700)).tear_down(async move |_: &mut Context| {
        eprintln!("all is recorded");
        while !Path::new(&release).exists() {
            tokio::time::sleep(ms(10)).await;
        }
    });
    let _ = test.try_run().expect("it runs");
}

#[test]
#[ignore = "run by its parent test"]
fn is_short() {
    let Some(server) = given(SERVER) else { return };
    let report = served("short", server).run_time(secs(3)).try_run().expect("it runs");
    assert!(report.total().successes() > 0, "{report}");
}

/// A level that would last for an hour.
#[test]
#[ignore = "run by its parent test"]
fn searches() {
    let Some(server) = given(SERVER) else { return };
    let level = |users| Asker::load_test("level").host(server.as_str()).users(users).run_time(secs(3_600));
    let search =
        CapacitySearch::new("searched", move |users: u64| level(users)).objectives([error_rate().at_most(0.0)]);
    println!("{}", search.run());
}

#[test]
#[ignore = "run by its parent test"]
fn later() {
    let Some(server) = given(SERVER) else { return };
    let _ = served("later", server).run_time(ms(300)).try_run().expect("it runs");
}
