//! Tasks in order, in the open loop: the number of an arrival says which task it is.

use std::collections::BTreeSet;

use sse_load::mock::MockServer;
use sse_load::prelude::*;

use super::{each, paths};

/// The path tells the arrival and the task.
async fn visit(ctx: &mut Context, task: &str) -> TaskResult {
    let path = format!("/{}/{task}", ctx.user_index());
    ctx.sse_request(path).name(task).send().await?;
    Ok(())
}

#[sse_user(tasks = in_order)]
impl Visitor {
    #[task]
    async fn open(ctx: &mut Context) -> TaskResult {
        visit(ctx, "open").await
    }

    #[task(weight = 2)]
    async fn ask(ctx: &mut Context) -> TaskResult {
        visit(ctx, "ask").await?;
        assert_ne!(ctx.user_index(), 5, "the user of arrival 5 is gone, and the order stays");
        Ok(())
    }

    #[task(tags = ["last"])]
    async fn leave(ctx: &mut Context) -> TaskResult {
        visit(ctx, "leave").await
    }
}

/// Paths of arrivals that run these tasks over and over.
fn expected(arrivals: impl Iterator<Item = u64>, round: &[&str]) -> BTreeSet<String> {
    arrivals.zip(round.iter().cycle()).map(|(arrival, task)| format!("/{arrival}/{task}")).collect()
}

#[test]
fn an_arrival_runs_the_task_of_its_number_whoever_serves_it() {
    let run = |threads, max_users| {
        let server = MockServer::builder().ttft(ms(5)).tokens(1).start();
        let report = Visitor::load_test("arrivals_in_order")
            .host(server.url())
            .arrivals(each(ms(2), 23))
            .threads(threads)
            .max_users(max_users)
            .run_time(secs(60))
            .run();
        assert_eq!((report.arrivals().begun, report.panic_count()), (23, 1), "{report}");
        paths(&server)
    };
    let round = expected(0..23, &["open", "ask", "ask", "leave"]);
    for (threads, max_users) in [(1, 1), (1, 100), (2, 100)] {
        assert_eq!(run(threads, max_users), round, "{threads} threads, {max_users} users");
    }
}

#[test]
fn a_class_counts_only_the_arrivals_that_it_serves() {
    #[sse_user(tasks = in_order)]
    impl Alternating {
        #[task]
        async fn left(ctx: &mut Context) -> TaskResult {
            visit(ctx, "left").await
        }

        #[task]
        async fn right(ctx: &mut Context) -> TaskResult {
            visit(ctx, "right").await
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let report = LoadTest::new("arrivals_of_two")
        .class::<Alternating>()
        .class::<Visitor>()
        .arrivals(each(ms(2), 16))
        .exclude_tags(["last"])
        .host(server.url())
        .threads(2)
        .run_time(secs(60))
        .run();
    // Each second arrival is one of `Alternating`: by the number among all it would go left each time.
    let mut both = expected((0..16).step_by(2), &["left", "right"]);
    both.append(&mut expected((1..16).step_by(2), &["open", "ask", "ask"]));
    assert_eq!(paths(&server), both, "{report}");
}
