//! Users who come and go by a shape.

use std::collections::BTreeMap;
use std::time::Duration;

use sse_load::mock::MockServer;
use sse_load::prelude::*;

struct Walker;

/// Comes, walks, goes.
#[sse_user(wait_time = ms(10))]
impl Walker {
    #[on_start]
    async fn come(ctx: &mut Context) -> Result<Self, TaskError> {
        let path = format!("/come/{}", ctx.user_index());
        ctx.sse_request(path).name("come").send().await?;
        Ok(Self)
    }

    #[task]
    async fn walk(&mut self, ctx: &mut Context) -> TaskResult {
        ctx.sse_request(format!("/walk/{}", ctx.user_index())).name("walk").send().await?;
        Ok(())
    }

    #[on_stop]
    async fn go(&mut self, ctx: &mut Context) -> TaskResult {
        ctx.sse_request(format!("/go/{}", ctx.user_index())).name("go").send().await?;
        Ok(())
    }
}

/// When the requests of each path came in.
fn moments(server: &MockServer) -> BTreeMap<String, Vec<Duration>> {
    let mut moments = BTreeMap::<_, Vec<_>>::new();
    for request in server.requests() {
        moments.entry(request.path).or_default().push(request.at);
    }
    moments
}

#[test]
fn users_come_and_go_as_the_shape_says_and_finish_what_they_do() {
    let server = MockServer::builder().tokens(2).start();
    let shape = LoadShape::starting_at(1).hold(ms(200)).spike_to(3, ms(200)).hold(ms(200)).spike_to(2, ms(200));
    let report = Walker::load_test("spikes").host(server.url()).users(shape).run();
    assert_eq!((report.total().failures(), report.task_error_count(), report.panic_count()), (0, 0, 0), "{report}");
    assert_eq!((report.plan().users, report.plan().run_time), (3, ms(800)));
    let moments = moments(&server);
    let of = |path: &str| moments.get(path).map_or(0, Vec::len);
    assert_eq!([of("/come/0"), of("/come/1"), of("/come/2"), of("/come/3")], [1, 2, 1, 0], "{report}");
    assert_eq!([of("/go/0"), of("/go/1"), of("/go/2")], [1, 2, 1], "whoever goes says goodbye");
    assert!(moments["/come/1"][0] >= moments["/come/0"][0] + ms(150), "user 1 comes with the spike");
    assert!(moments["/come/1"][1] >= moments["/come/1"][0] + ms(350), "and again with the next");
}

#[test]
fn several_shapes_run_at_once_from_their_own_starts() {
    #[sse_user(wait_time = ms(10))]
    impl Runner {
        #[task]
        async fn run(ctx: &mut Context) -> TaskResult {
            ctx.sse_request(format!("/run/{}", ctx.user_index())).name("run").send().await?;
            Ok(())
        }
    }
    let server = MockServer::builder().tokens(2).start();
    let rush = LoadShape::starting_at(2).hold(ms(100)).after(ms(200));
    let report = LoadTest::new("two_shapes")
        .users_of::<Walker>(1)
        .users_of::<Runner>(rush)
        .host(server.url())
        .run_time(ms(500))
        .run();
    let moments = moments(&server);
    assert!(moments.contains_key("/walk/0") && moments.contains_key("/run/1") && moments.contains_key("/run/2"));
    assert!(moments["/run/1"][0] >= moments["/come/0"][0] + ms(150), "{report}");
    let users: Vec<_> = report.plan().classes.iter().map(|class| (class.name, class.users)).collect();
    assert_eq!(users, [("Walker", 1), ("Runner", 2)]);
}

#[test]
fn a_number_of_tasks_ends_a_run() {
    let walked = |test: LoadTest| {
        let server = MockServer::builder().tokens(1).start();
        let report = test.host(server.url()).seed(1).run();
        assert_eq!((report.total().failures(), report.request("go").counts().outside), (0, 3), "{report}");
        report.request("walk").successes()
    };
    assert_eq!(walked(Walker::load_test("shared_iterations").users(3).max_tasks(20)), 20);
    assert_eq!(walked(Walker::load_test("iterations_of_each").users(3).max_tasks_per_user(4)), 12);
    assert_eq!(walked(Walker::load_test("both_iterations").users(3).max_tasks_per_user(4).max_tasks(10)), 10);
}

#[test]
fn a_run_ends_when_its_last_task_has_and_goodbyes_are_not_measured() {
    #[sse_user(wait_time = secs(60))]
    impl Slow {
        #[task]
        async fn act(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/act").send().await?;
            Ok(())
        }

        #[on_stop]
        async fn part(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/bye").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().path("/bye", sse_load::mock::Script::new().ttft(ms(500)).tokens(1)).start();
    // The server has no `/act`: its tasks fail, and are tasks all the same.
    let report = Slow::load_test("last_task").host(server.url()).users(3).max_tasks(3).run();
    assert_eq!((report.request("/act").failures(), report.request("/bye").counts().outside), (3, 3), "{report}");
    assert!(report.drained() >= ms(500), "{report}");
    assert_eq!(report.request("/bye").count(), 0);
}

#[test]
fn a_wait_of_ones_own_that_panics_costs_its_user_and_no_other() {
    #[sse_user(wait_time = WaitTime::custom(|_| panic!("no patience")))]
    impl Nervous {
        #[task]
        async fn act(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").name("act").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let report =
        Nervous::load_test("nervous").host(server.url()).users(2).max_tasks_per_user(2).run_time(secs(30)).run();
    assert!(report.panic_count() >= 2 && report.panics()[0].message.contains("no patience"), "{report}");
    assert!(report.request("act").successes() >= 4, "{report}");
}
