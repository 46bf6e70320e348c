//! A journey with an order: each visitor logs in, opens the page, asks three times and leaves, and then comes again. What
//! several steps share is a function of its own.
//!
//! ```text
//! cargo run --release --example in_order
//! ```
//!
//! In a test, `main` is a function of a file in `tests/`:
//!
//! ```text
//! #[test]
//! fn a_visit_is_quick_from_end_to_end() { .. }
//! ```

use sse_load::mock::MockServer;
use sse_load::prelude::*;

const QUESTIONS: [&str; 3] = ["Why is the sky blue?", "How do tides work?", "Who invented the zip?"];

/// Tasks of a visit: one to log in, one to open the page, three questions, one to leave.
const VISIT: u64 = 6;

#[derive(Default)]
struct Visitor {
    visits: u64,
}

#[sse_user(tasks = in_order, wait_time = exponential(ms(10)))]
impl Visitor {
    #[task]
    async fn log_in(&mut self, ctx: &mut Context) -> TaskResult {
        self.visits += 1;
        let session = self.session(ctx);
        ctx.sse_request("/login").header("x-session-id", session).name("log in").send().await?;
        Ok(())
    }

    #[task]
    async fn open(&mut self, ctx: &mut Context) -> TaskResult {
        self.browse(ctx, "home").await?;
        self.browse(ctx, "chat").await?;
        Ok(())
    }

    /// In its turn it runs three times.
    #[task(weight = 3)]
    async fn ask(&mut self, ctx: &mut Context) -> TaskResult {
        let (question, session) = (*ctx.choose(&QUESTIONS), self.session(ctx));
        let request = ctx.openai_chat("some-model").user(question).max_tokens(20);
        request.header("x-session-id", session).name("ask").send().await?;
        Ok(())
    }

    #[task]
    async fn leave(&mut self, ctx: &mut Context) -> TaskResult {
        self.browse(ctx, "goodbye").await?;
        Ok(())
    }

    /// A flow that tasks share: no task itself, so it has no attribute.
    async fn browse(&mut self, ctx: &mut Context, page: &str) -> Result<(), RequestError> {
        let session = self.session(ctx);
        ctx.sse_request(format!("/pages/{page}")).header("x-session-id", session).name("browse").send().await?;
        Ok(())
    }

    /// Each visit has its own.
    fn session(&self, ctx: &Context) -> String {
        format!("user-{}-visit-{}", ctx.user_index(), self.visits)
    }
}

fn main() {
    let server = MockServer::builder().ttft(ms(10)).inter_token(ms(1)).tokens(10).start();

    // Ten visitors, and each comes twice.
    let report =
        Visitor::load_test("in_order").host(server.url()).users(10).max_tasks_per_user(2 * VISIT).threads(2).run();

    let count = |name| report.request(name).successes();
    assert_eq!((count("log in"), count("browse"), count("ask")), (20, 60, 60), "{report}");
    let first = |request: &sse_load::mock::LoggedRequest| request.header("x-session-id") == Some("user-0-visit-1");
    let visit: Vec<_> = server.requests().into_iter().filter(first).map(|request| request.path).collect();
    println!("the first visit: {}", visit.join(", "));

    report.assert([
        ttft("log in").max().at_most(secs(10)),
        ttft("browse").max().at_most(secs(10)),
        // A second of load proves little about a percentile: a real gate runs longer, and leaves `.allow_inconclusive()` out.
        ttft("ask").p95().at_most(secs(1)).allow_inconclusive(),
        error_rate().at_most(0.0),
    ]);
}
