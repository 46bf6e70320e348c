//! Ramp, warm-up, measured window, drain.

use sse_load::mock::MockServer;
use sse_load::prelude::*;

#[sse_user(wait_time = secs(60))]
impl Caller {
    #[task]
    async fn call(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/call").send().await?;
        Ok(())
    }
}

#[test]
fn what_begins_in_the_warm_up_is_in_no_figure() {
    let server = MockServer::builder().tokens(2).start();
    let report = Caller::load_test("warm_up")
        .host(server.url())
        .arrivals(Arrivals::at([ms(0), ms(50), ms(99), ms(100), ms(150)]))
        .warm_up(ms(100))
        .run_time(ms(300))
        .run();
    let counts = report.total().counts();
    assert_eq!((counts.outside, counts.succeeded, report.arrivals().due()), (3, 2, 2), "{report}");
    assert_eq!((report.request("/call").ttft().count(), server.request_count()), (2, 5));
    assert!(report.to_string().contains("begun outside of the measured window, in no figure: 3"), "{report}");
}

#[test]
fn the_window_begins_when_the_last_user_has_come() {
    let server = MockServer::builder().tokens(1).start();
    let report =
        Caller::load_test("ramp").host(server.url()).users(5).spawn_rate(20).warm_up(ms(50)).run_time(ms(200)).run();
    let plan = report.plan();
    assert_eq!((plan.ramp, plan.warm_up, plan.run_time), (ms(200), ms(50), ms(200)));
    assert_eq!(server.request_count(), 5, "each user asks once");
    assert_eq!(report.total().counts().started(), 5);
    assert!(report.window() >= ms(200), "{report}");
}

#[test]
fn a_run_that_ends_within_its_warm_up_measured_nothing() {
    let server = MockServer::builder().tokens(1).start();
    let report =
        Caller::load_test("warm_up_only").host(server.url()).users(2).warm_up(secs(60)).max_tasks_per_user(1).run();
    assert_eq!((report.total().count(), report.total().counts().outside, report.window()), (0, 2, ms(0)), "{report}");
    let why = report.request("/call").ttft().try_p95().expect_err("no sample").to_string();
    assert!(why.contains("2 began outside of the measured window"), "{why}");
}
