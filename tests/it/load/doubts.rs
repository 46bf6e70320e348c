//! What makes the figures of a run doubtful is told.

use sse_load::mock::{Fault, MockServer, On};
use sse_load::prelude::*;

#[test]
fn a_stall_that_the_closed_loop_hides_is_told() {
    #[sse_user]
    impl Caller {
        #[task]
        async fn call(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/call").send().await?;
            Ok(())
        }
    }

    // Ten of a thousand requests, one of each user, wait for two seconds: no p95 shows them.
    let stall = Fault::Stall { after: 0, pause: Some(secs(2)) };
    let server = MockServer::builder().tokens(1).fault(stall, On::requests(500..510)).start();
    let report = Caller::load_test("hidden_stall").host(server.url()).users(10).max_tasks(1_000).run();
    assert_eq!(report.total().successes(), 1_000, "{report}");
    let told = |text: &String| text.starts_with("closed loop: while the server stalled the users sent nothing");
    assert!(report.warnings().iter().any(told), "{report}");
}
