//! Arrivals that no slow server slows.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;
use sse_load::sample::FailureClass;

use super::{each, paths};

/// Asks on a path that tells the arrival's number and one choice of its own.
#[sse_user(wait_time = secs(60))]
impl Caller {
    #[task]
    async fn call(ctx: &mut Context) -> TaskResult {
        let choice = *ctx.choose(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let path = format!("/{}/{choice}", ctx.user_index());
        ctx.sse_request(path).name("call").send().await?;
        Ok(())
    }
}

#[test]
fn a_slow_server_slows_no_arrival() {
    let server = MockServer::builder().ttft(ms(600)).tokens(1).start();
    let report =
        Caller::load_test("slow_server").host(server.url()).arrivals(each(ms(10), 40)).run_time(secs(60)).run();
    // One user of the closed loop would have asked once.
    assert_eq!((report.total().successes(), server.request_count()), (40, 40), "{report}");
    assert_eq!((report.arrivals().begun, report.arrivals().missed), (40, 0));
    assert_eq!(report.plan().users, 0);
    assert_eq!(report.request("call").lag().count(), 40);
    assert!(report.to_string().contains("arrivals of a trace"), "{report}");
}

#[test]
fn a_stall_of_the_server_shows_in_full_from_the_schedule() {
    let script = Script::new().tokens(1).fault(Fault::Stall { after: 0, pause: Some(secs(1)) }, On::requests([1]));
    let server = MockServer::builder().script(script).start();
    let report = Caller::load_test("stall")
        .host(server.url())
        .arrivals(each(ms(100), 10))
        .max_users(1)
        .run_time(ms(1_500))
        .run();
    let call = report.request("call");
    assert_eq!(call.successes(), 10, "{report}");
    // Arrival k waits for the user until 1 s, that is for 1 s − k · 100 ms.
    assert!(call.queue().max() >= ms(900) && call.queue().p50() >= ms(400), "{report}");
    assert!(call.ttft_sched().p99() >= secs(1) && call.ttft_sched().p50() >= ms(500), "{report}");
    // Whoever looks at one request at a time sees one slow request.
    assert!(call.ttft().min() + call.queue().max() <= call.ttft_sched().max() + call.lag().max(), "{report}");
}

#[test]
fn what_no_user_was_free_for_is_counted_and_not_lost() {
    let script = Script::new().tokens(1).fault(Fault::Stall { after: 0, pause: None }, On::all());
    let server = MockServer::builder().script(script).start();
    let report = Caller::load_test("missed")
        .host(server.url())
        .arrivals(each(ms(10), 5))
        .max_users(1)
        .run_time(ms(200))
        .stop_timeout(ms(50))
        .run();
    assert_eq!((report.arrivals().begun, report.arrivals().missed, report.total().counts().cut_off), (1, 4, 1));
    let warning = "4 of 5 arrivals found no free user before the window ended";
    assert!(report.warnings().iter().any(|text| text.contains(warning)), "{report}");
}

#[test]
fn a_seed_decides_the_arrivals_and_what_they_do_however_many_threads_serve_them() {
    let run = |seed, threads| {
        let server = MockServer::builder().tokens(1).start();
        let report = Caller::load_test("replayed")
            .host(server.url())
            .arrivals(Arrivals::poisson(200))
            .max_tasks(60)
            .seed(seed)
            .threads(threads)
            .run();
        assert_eq!((report.total().successes(), report.arrivals().begun), (60, 60), "{report}");
        paths(&server)
    };
    let first = run(7, 1);
    assert_eq!(first, run(7, 2));
    assert_ne!(first, run(8, 2));
    let numbers: BTreeSet<_> = first.iter().map(|path| path.split('/').nth(1).expect("a number").to_owned()).collect();
    assert_eq!(numbers, (0..60).map(|number| number.to_string()).collect());
}

#[test]
fn no_more_users_than_allowed_serve_at_once() {
    static AT_WORK: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);

    #[sse_user]
    impl Counted {
        #[task]
        async fn count(ctx: &mut Context) -> TaskResult {
            MOST.fetch_max(AT_WORK.fetch_add(1, SeqCst) + 1, SeqCst);
            let reply = ctx.sse_request("/").name("call").send().await;
            AT_WORK.fetch_sub(1, SeqCst);
            reply?;
            Ok(())
        }
    }

    let server = MockServer::builder().ttft(ms(20)).tokens(1).start();
    let test = Counted::load_test("few_users").host(server.url()).arrivals(each(ms(0), 30)).max_users(3);
    let report = test.threads(2).run_time(secs(60)).run();
    assert_eq!(report.total().successes(), 30, "{report}");
    assert_eq!((MOST.load(SeqCst), AT_WORK.load(SeqCst)), (3, 0));
    assert!(report.request("call").queue().max() >= ms(160), "the last of ten rounds waited for nine: {report}");
}

#[test]
fn classes_serve_arrivals_by_their_weights_and_one_class_may_have_its_own() {
    #[sse_user(weight = 3, wait_time = secs(60))]
    impl Often {
        #[task]
        async fn often(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/often").send().await?;
            Ok(())
        }
    }
    #[sse_user(wait_time = secs(60))]
    impl Seldom {
        #[task]
        async fn seldom(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/seldom").send().await?;
            Ok(())
        }
    }
    let server = MockServer::builder().tokens(1).start();
    let report = LoadTest::new("weighted_arrivals")
        .class::<Often>()
        .class::<Seldom>()
        .arrivals_of::<Caller>(each(ms(5), 7))
        .arrivals(each(ms(5), 40))
        .host(server.url())
        .run_time(ms(400))
        .run();
    let successes = |name| report.request(name).successes();
    assert_eq!((successes("/often"), successes("/seldom"), successes("call")), (30, 10, 7), "{report}");
}

#[test]
fn users_are_made_once_and_say_goodbye() {
    struct Guest;

    #[sse_user]
    impl Guest {
        #[on_start]
        async fn enter(ctx: &mut Context) -> Result<Self, TaskError> {
            ctx.sse_request("/enter").send().await?;
            Ok(Self)
        }

        #[task]
        async fn eat(&mut self, ctx: &mut Context) -> TaskResult {
            assert_ne!(ctx.user_index(), 5, "guest 5 drops a glass");
            ctx.sse_request("/eat").send().await?;
            Ok(())
        }

        #[on_stop]
        async fn leave(&mut self, ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/leave").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let report = Guest::load_test("guests")
        .host(server.url())
        .arrivals(each(ms(5), 20))
        .max_users(1)
        .threads(1)
        .max_tasks(20)
        .run_time(secs(60));
    let report = report.run();
    let successes = |name| report.request(name).successes();
    assert_eq!((successes("/eat"), report.panic_count()), (19, 1), "{report}");
    assert_eq!(
        (successes("/enter"), report.request("/leave").counts().outside),
        (2, 1),
        "the one who dropped a glass is gone: {report}"
    );
    let eat = report.request("/eat");
    assert_eq!((eat.ttft_sched().count(), report.request("/enter").ttft_sched().try_max().ok()), (19, None));
}

#[test]
fn a_failed_arrival_counts_as_late_as_can_be() {
    let script = Script::new().tokens(1).fault(Fault::status(503), On::all());
    let server = MockServer::builder().script(script).start();
    let report = Caller::load_test("failed_arrivals")
        .host(server.url())
        .arrivals(each(ms(5), 10))
        .max_tasks(10)
        .run_time(secs(60))
        .run();
    let call = report.request("call");
    assert_eq!(call.failures_by_class()[&FailureClass::HttpStatus], 10);
    assert_eq!(call.ttft_sched().p50(), Duration::MAX);
    assert_eq!((call.lag().count(), call.lag().try_max().is_ok()), (10, true), "the generator's part is known");
}
