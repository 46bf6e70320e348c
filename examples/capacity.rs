//! The highest rate of arrivals at which a server keeps its objectives, and how its figures change on the way there.
//!
//! ```text
//! cargo run --release --example capacity
//! ```
//!
//! An answer of the embedded server takes 40 ms, and four callers are served at a time: that is 100 a second at the very most.

use sse_load::mock::MockServer;
use sse_load::prelude::*;

#[sse_user]
impl Caller {
    #[task]
    async fn call(ctx: &mut Context) -> TaskResult {
        ctx.openai_chat("some-model").user("Hello.").max_tokens(5).name("chat").send().await?;
        Ok(())
    }
}

fn main() {
    let server = MockServer::builder().ttft(ms(20)).inter_token(ms(5)).tokens(5).start();

    let capacity = CapacitySearch::new("capacity", |rate: f64| {
        let test = Caller::load_test("level").host(server.url()).arrivals(Arrivals::poisson(rate));
        test.max_users(4).max_tokens(1_000_000).run_time(ms(1_500))
    })
    // From when they should have been asked: whoever waits for one of the four counts.
    .objectives([ttft_sched("chat").p90().at_most(ms(100)), error_rate().at_most(0.0)])
    .from(40.0)
    .up_to(500.0)
    .precision(0.1)
    .pause(ms(200))
    .run();

    // In a test this is the gate: `assert!(capacity.at_least() >= 50.0, "{capacity}")`.
    println!("at least {}, less than {} a second", capacity.at_least(), capacity.at_most());
    for point in capacity.curve().points() {
        println!("{:>6} a second: ttft_sched p50 {:?}", point.level(), point.ttft().p50());
    }
    assert!(capacity.at_least() <= 200.0, "nobody serves twice as many as there is time for\n{capacity}");
}
