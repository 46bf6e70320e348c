//! Whose fault it is that a request of the open loop is late: the server's, the generator's, or nobody's.

use std::collections::BTreeSet;
use std::time::Duration;

use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;

use super::{each, paths};

#[test]
fn a_late_generator_is_no_busy_server() {
    #[sse_user]
    impl Blocking {
        #[task]
        async fn block(ctx: &mut Context) -> TaskResult {
            if ctx.user_index() == 0 {
                std::thread::sleep(ms(300));
            }
            ctx.sse_request("/").name("call").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let report = Blocking::load_test("late_generator")
        .host(server.url())
        .arrivals(each(ms(10), 20))
        .max_users(2)
        .threads(1)
        .run_time(secs(10))
        .run();
    // Nineteen arrivals are due while the only thread stands still. Each is late by what is left of the 300 ms.
    let call = report.request("call");
    assert_eq!(call.successes(), 20, "{report}");
    assert!(call.lag().p50() >= ms(100), "{report}");
}

#[test]
fn what_a_task_does_before_its_request_is_nobodys_fault() {
    #[sse_user]
    impl Thoughtful {
        #[task]
        async fn think(ctx: &mut Context) -> TaskResult {
            constant(ms(300)).pass(ctx).await;
            ctx.sse_request("/").name("call").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let arrivals = each(ms(1), 5);
    let report = Thoughtful::load_test("thoughtful").host(server.url()).arrivals(arrivals).run_time(secs(10)).run();
    let call = report.request("call");
    assert!(call.ttft_sched().min() >= ms(300) && call.successes() == 5, "{report}");
    assert!(call.lag().min() < ms(300) && call.queue().min() < ms(300), "{report}");
}

#[test]
fn an_arrival_whose_user_can_not_be_made_is_counted() {
    struct Picky;

    #[sse_user]
    impl Picky {
        #[on_start]
        async fn start(ctx: &mut Context) -> Result<Self, TaskError> {
            ctx.sse_request("/login").send().await?;
            Ok(Self)
        }

        #[task]
        async fn act(&mut self, ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/act").send().await?;
            Ok(())
        }
    }

    let refused = Script::new().fault(Fault::status(401), On::first(4));
    let server = MockServer::builder().path("/login", refused).path("/act", Script::new().tokens(1)).start();
    let report = Picky::load_test("picky")
        .host(server.url())
        .arrivals(each(ms(5), 10))
        .max_users(1)
        .threads(1)
        .run_time(secs(60))
        .run();
    let arrived = report.arrivals();
    assert_eq!((arrived.begun, arrived.without_user, arrived.missed, arrived.due()), (6, 4, 0, 10), "{report}");
    assert!(report.to_string().contains("4 of 10 arrivals got no user, since its start failed"), "{report}");
    assert_eq!(report.request("/act").ttft_sched().count(), 6);
}

#[test]
fn only_first_requests_of_arrivals_have_a_schedule() {
    #[sse_user]
    impl Twice {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/good").name("both").send().await?;
            let _ = ctx.sse_request("/bad").name("both").send().await;
            Ok(())
        }

        #[on_stop]
        async fn part(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/good").name("goodbye").send().await?;
            Ok(())
        }
    }

    let bad = Script::new().fault(Fault::status(500), On::all());
    let server = MockServer::builder().path("/good", Script::new().tokens(1)).path("/bad", bad).start();
    let report = Twice::load_test("twice").host(server.url()).arrivals(each(ms(5), 10)).run_time(secs(10)).run();
    let both = report.request("both");
    assert_eq!((both.count(), both.failures(), both.ttft_sched().count()), (20, 10, 10), "{report}");
    assert!(both.ttft_sched().max() < Duration::MAX, "no first request failed: {report}");
    // A goodbye is no load.
    assert_eq!(
        (report.request("goodbye").count(), report.request("goodbye").ttft_sched().try_max().is_ok()),
        (0, false)
    );
    assert!(report.request("goodbye").counts().outside >= 1);
}

#[test]
fn a_retry_that_succeeds_is_the_arrivals_first_token() {
    #[sse_user]
    impl Patient {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let retry = sse_load::client::Retry::attempts(3).backoff(ms(100));
            ctx.sse_request("/").name("ask").retry(retry).send().await?;
            Ok(())
        }
    }

    let script = Script::new().tokens(1).fault(Fault::status(503), On::first(5));
    let server = MockServer::builder().script(script).start();
    let report = Patient::load_test("patient").host(server.url()).arrivals(each(ms(1), 5)).run_time(secs(20)).run();
    let ask = report.request("ask");
    assert_eq!((ask.successes(), ask.failures(), ask.ttft_sched().count()), (5, 5, 5), "{report}");
    assert!(ask.ttft_sched().min() >= ms(100) && ask.ttft_sched().max() < Duration::MAX, "the pause counts: {report}");
    assert!(ask.lag().min() < ms(100), "and is not the generator's fault: {report}");
}

#[test]
fn new_users_and_old_ones_make_the_choices_of_the_arrival() {
    struct Chooser;

    #[sse_user]
    impl Chooser {
        #[on_start]
        async fn start(ctx: &mut Context) -> Result<Self, TaskError> {
            let at = ctx.choose(&["/start/a", "/start/b"]).to_string();
            ctx.sse_request(at).name("start").send().await?;
            Ok(Self)
        }

        #[task]
        async fn choose(&mut self, ctx: &mut Context) -> TaskResult {
            let choice = *ctx.choose(&[1, 2, 3, 4, 5, 6, 7, 8]);
            ctx.sse_request(format!("/{}/{choice}", ctx.user_index())).name("choose").send().await?;
            Ok(())
        }
    }

    let run = |users, threads| {
        let server = MockServer::builder().tokens(1).ttft(ms(3)).start();
        let test = Chooser::load_test("choosers").host(server.url()).arrivals(each(ms(2), 30)).run_time(secs(20));
        let report = test.seed(3).max_users(users).threads(threads).run();
        assert_eq!(report.request("choose").successes(), 30, "{report}");
        paths(&server).into_iter().filter(|path| !path.starts_with("/start")).collect::<BTreeSet<_>>()
    };
    assert_eq!(run(1, 1), run(30, 2));
}

#[test]
fn all_users_say_goodbye_at_once_however_many_they_are() {
    #[sse_user]
    impl Polite {
        #[task]
        async fn talk(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/talk").send().await?;
            Ok(())
        }

        #[on_stop]
        async fn part(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/bye").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder()
        .path("/talk", Script::new().ttft(ms(300)).tokens(1))
        .path("/bye", Script::new().ttft(ms(100)).tokens(1))
        .start();
    let test = Polite::load_test("polite").host(server.url()).arrivals(each(ms(0), 30)).threads(1);
    let report = test.run_time(secs(20)).stop_timeout(secs(60)).run();
    let byes = server.requests().iter().filter(|request| request.path == "/bye").count();
    assert_eq!((report.request("/talk").successes(), byes), (30, 30), "{report}");
    assert!(server.peak_in_flight() > 1, "{report}");
}
