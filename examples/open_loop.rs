//! The same server under both loops. It stalls once: the closed loop hides what that does to callers who don't wait for each
//! other, and its report says so; the open loop shows it in full.
//!
//! ```text
//! cargo run --release --example open_loop
//! ```

use sse_load::client::HangUp;
use sse_load::mock::{Fault, MockServer, On};
use sse_load::prelude::*;

const STALL: std::time::Duration = ms(500);

#[sse_user]
impl Caller {
    #[task]
    async fn call(ctx: &mut Context) -> TaskResult {
        ctx.openai_chat("some-model").user("Hello.").max_tokens(5).name("call").send().await?;
        Ok(())
    }
}

/// Callers of whom some lose patience.
#[sse_user]
impl Impatient {
    #[task]
    async fn call(ctx: &mut Context) -> TaskResult {
        let hang_up = HangUp::after_tokens(1).share(0.5);
        ctx.openai_chat("some-model").user("Hello.").max_tokens(5).name("impatient").hang_up(hang_up).send().await?;
        Ok(())
    }
}

/// Ten requests in the middle of the run wait for half a second before their first token.
fn stalling() -> MockServer {
    MockServer::builder()
        .ttft(ms(5))
        .tokens(5)
        .fault(Fault::Stall { after: 0, pause: Some(STALL) }, On::requests(100..110))
        .start()
}

fn main() {
    let server = stalling();
    let closed = Caller::load_test("closed_loop").host(server.url()).users(10).max_tasks(1_000).run();

    let server = stalling();
    let rate = LoadShape::starting_at(50).ramp_to(300, ms(500)).hold(ms(1_500));
    let open = LoadTest::new("open_loop")
        .class::<Caller>()
        .arrivals(Arrivals::poisson(rate))
        .arrivals_of::<Impatient>(Arrivals::gamma(20, 0.5))
        .max_users(10)
        .max_tokens(1_000_000)
        .host(server.url())
        .run_time(secs(2))
        .run();

    // Ten of a thousand requests were slow: p95 of those that were sent knows nothing of it, and the report warns.
    println!("closed loop: {:?}", closed.warnings());
    // Whoever wanted to call meanwhile had to wait: from the moment when they should have been asked it shows.
    let call = open.request("call");
    println!("open loop: ttft max {:?}, ttft_sched p95 {:?}", call.ttft().max(), call.ttft_sched().p95());
    open.assert([queue("call").max().at_most(secs(60)), lag("call").p50().at_most(secs(1)), error_rate().at_most(0.0)]);
}
