//! A service of your own, started inside its load test: an axum router that streams the `append` format.
//!
//! ```text
//! cargo run --release --example own_service
//! LLM_HOST=https://staging.example.com cargo run --release --example own_service
//! ```
//!
//! The service needs threads that go on while the test waits. In a plain `#[test]` give it a runtime of its own, as `main`
//! does here. In an asynchronous test let it live on a runtime of several threads, and await the load test:
//!
//! ```text
//! #[tokio::test(flavor = "multi_thread")]
//! async fn answers_begin_within_a_second() {
//!     let host = format!("http://{}", serve().await.unwrap());
//!     let report = Asker::load_test("own_service").host(host).users(20).run_time(secs(1)).run_async().await;
//!     report.assert([ttft("answer").p95().at_most(secs(1))]);
//! }
//! ```

use std::io;
use std::net::SocketAddr;

use axum::response::sse::{Event, Sse};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::{Value, json};
use sse_load::prelude::*;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The service under test. In your project this comes from your crate.
fn app() -> Router {
    Router::new().route("/answer", post(answer))
}

/// Streams the question back, word by word.
async fn answer(Json(body): Json<Value>) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let question = body["question"].as_str().unwrap_or_default();
    let words = question.split_inclusive(' ').map(|word| json!({"type": "append", "text": word}));
    let events: Vec<_> = words.chain([json!({"type": "close"})]).collect();
    Sse::new(stream::iter(events).then(|event| async move {
        tokio::time::sleep(ms(10)).await;
        Event::default().json_data(event)
    }))
}

/// Asks, and checks that the answer is complete.
#[sse_user(wait_time = between(ms(10), ms(30)))]
impl Asker {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        let question = "How many words does it take to answer a question?";
        ctx.sse_request("/answer")
            .json(&json!({"question": question}))
            .prompt(question)
            .name("answer")
            .validate(move |reply| if reply.text() == question { Ok(()) } else { Err("words are missing") })
            .send()
            .await?;
        Ok(())
    }
}

/// Serves on a free port of this machine for as long as the runtime lives.
async fn serve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // Without it a small write waits until the one before is acknowledged (RFC 896), which the client's system may put off
    // for 40 ms: the TTFT of this service was 43 ms instead of 12.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    tokio::spawn(axum::serve(listener, app()).into_future());
    Ok(address)
}

fn main() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let address = runtime.block_on(serve())?;

    let report = Asker::load_test("own_service")
        .host(env_or("LLM_HOST", &format!("http://{address}")))
        .users(20)
        .run_time(secs(1))
        .run();

    report.assert([
        // A second of load proves little about a percentile: a real gate runs longer, and leaves `.allow_inconclusive()` out.
        ttft("answer").p95().at_most(secs(1)).allow_inconclusive(),
        icl("answer").p99().at_most(ms(500)).allow_inconclusive(),
        error_rate().at_most(0.0),
    ]);
    Ok(())
}
