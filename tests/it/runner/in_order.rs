//! Tasks in the order in which they are written.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;

use super::{visit, visits};

fn server() -> MockServer {
    MockServer::builder().tokens(1).start()
}

#[sse_user(tasks = in_order)]
impl Visitor {
    #[task(tags = ["session"])]
    async fn log_in(ctx: &mut Context) -> TaskResult {
        visit(ctx, "log_in").await
    }

    #[task]
    async fn open(ctx: &mut Context) -> TaskResult {
        visit(ctx, "open").await
    }

    #[task(weight = 3, tags = ["ask"])]
    async fn ask(ctx: &mut Context) -> TaskResult {
        visit(ctx, "ask").await
    }

    #[task(tags = ["session"])]
    async fn leave(ctx: &mut Context) -> TaskResult {
        visit(ctx, "leave").await
    }
}

#[test]
fn a_user_runs_its_tasks_as_they_are_written_over_and_over() {
    let server = server();
    let report = Visitor::load_test("in_order").host(server.url()).max_tasks_per_user(9).run();
    let expected = ["log_in", "open", "ask", "ask", "ask", "leave", "log_in", "open", "ask"];
    assert_eq!(visits(&server)["0"], expected);
    let count = |name| report.tasks().iter().find(|ran| ran.origin.task == name).map(|ran| ran.count);
    assert_eq!((count("log_in"), count("ask"), count("leave")), (Some(2), Some(4), Some(1)));
}

#[test]
fn each_user_has_its_own_place_in_the_round() {
    let server = server();
    let test = Visitor::load_test("own_places").host(server.url()).users(5).spawn_rate(50.0).threads(2);
    let report = test.max_tasks_per_user(7).run();
    let visits = visits(&server);
    assert_eq!((visits.len(), report.total().failures()), (5, 0), "{report}");
    for (user, visits) in visits {
        assert_eq!(visits, ["log_in", "open", "ask", "ask", "ask", "leave", "log_in"], "user {user}");
    }
}

#[test]
fn tasks_that_tags_leave_out_are_left_out_of_the_round() {
    let run = |choose: fn(LoadTest) -> LoadTest| {
        let server = server();
        let _report = choose(Visitor::load_test("tagged").host(server.url()).max_tasks_per_user(5)).run();
        visits(&server).remove("0").expect("one user")
    };
    assert_eq!(run(|test| test.tags(["session"])), ["log_in", "leave", "log_in", "leave", "log_in"]);
    assert_eq!(run(|test| test.exclude_tags(["ask"])), ["log_in", "open", "leave", "log_in", "open"]);
    assert_eq!(run(|test| test.tags(["ask"])), ["ask"; 5]);
}

#[test]
fn a_wait_lies_between_two_tasks() {
    #[sse_user(tasks = in_order, wait_time = ms(50))]
    impl Slow {
        #[task(weight = 2)]
        async fn a(ctx: &mut Context) -> TaskResult {
            visit(ctx, "a").await
        }

        #[task]
        async fn b(ctx: &mut Context) -> TaskResult {
            visit(ctx, "b").await
        }
    }

    let server = server();
    let _report = Slow::load_test("slow").host(server.url()).max_tasks_per_user(4).run();
    let requests = server.requests();
    assert_eq!(visits(&server)["0"], ["a", "a", "b", "a"]);
    assert!(requests[3].at >= requests[0].at + ms(140), "three waits of 50 ms: {requests:?}");
}

#[test]
fn a_task_that_fails_does_not_break_the_order() {
    #[sse_user(tasks = in_order)]
    impl Unlucky {
        #[task]
        async fn grumble(ctx: &mut Context) -> TaskResult {
            visit(ctx, "grumble").await?;
            Err(TaskError::new("the quota is used up"))
        }

        #[task]
        async fn fail(ctx: &mut Context) -> TaskResult {
            visit(ctx, "fail").await
        }

        #[task]
        async fn succeed(ctx: &mut Context) -> TaskResult {
            visit(ctx, "succeed").await
        }
    }

    let broken = Script::new().fault(Fault::status(503), On::all());
    let server = MockServer::builder().tokens(1).path("/0/fail", broken).start();
    let report = Unlucky::load_test("unlucky").host(server.url()).max_tasks_per_user(6).run();
    assert_eq!(visits(&server)["0"], ["grumble", "fail", "succeed", "grumble", "fail", "succeed"]);
    assert_eq!((report.task_errors()[0].count, report.total().failures()), (2, 2), "{report}");
}

#[test]
fn a_user_that_panicked_begins_with_the_first_task_again() {
    static BROKEN: AtomicBool = AtomicBool::new(false);

    #[sse_user(tasks = in_order)]
    impl Fragile {
        #[task]
        async fn first(ctx: &mut Context) -> TaskResult {
            visit(ctx, "first").await
        }

        #[task]
        async fn second(ctx: &mut Context) -> TaskResult {
            visit(ctx, "second").await?;
            assert!(BROKEN.swap(true, SeqCst), "broken once");
            Ok(())
        }

        #[task]
        async fn third(ctx: &mut Context) -> TaskResult {
            visit(ctx, "third").await
        }
    }

    let server = server();
    let report = Fragile::load_test("fragile_in_order").host(server.url()).max_tasks_per_user(5).run();
    assert_eq!(visits(&server)["0"], ["first", "second", "first", "second", "third"]);
    assert_eq!(report.panic_count(), 1);
}

mod coming_again {
    use super::*;

    struct Guest;

    #[sse_user(tasks = in_order, wait_time = ms(10))]
    impl Guest {
        #[on_start]
        async fn enter(ctx: &mut Context) -> Result<Self, TaskError> {
            visit(ctx, "enter").await?;
            Ok(Self)
        }

        #[task]
        async fn order(&mut self, ctx: &mut Context) -> TaskResult {
            visit(ctx, "order").await
        }

        /// No stay lasts until it is over.
        #[task(weight = 1_000_000)]
        async fn eat(&mut self, ctx: &mut Context) -> TaskResult {
            visit(ctx, "eat").await
        }
    }

    #[test]
    fn a_user_that_comes_again_begins_with_the_first_task() {
        let server = server();
        let twice = LoadShape::starting_at(1).hold(ms(400)).step_to(0).hold(ms(100)).step_to(1).hold(ms(400));
        let _report = Guest::load_test("coming_again").host(server.url()).users(twice).run();
        let visits = visits(&server).remove("0").expect("one user");
        let stays: Vec<_> = visits.split(|what| what == "enter").skip(1).collect();
        assert_eq!(stays.len(), 2, "{visits:?}");
        for stay in stays {
            let [first, rest @ ..] = stay else { panic!("a stay without a task: {visits:?}") };
            assert_eq!(first, "order");
            assert!(!rest.is_empty() && rest.iter().all(|what| what == "eat"), "{visits:?}");
        }
    }
}
