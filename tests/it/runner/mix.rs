//! Several user classes in one run, and tasks by their labels.

use std::collections::BTreeSet;

use sse_load::mock::MockServer;
use sse_load::prelude::*;

#[sse_user(weight = 3, wait_time = ms(20))]
impl Reader {
    #[task]
    async fn read(ctx: &mut Context) -> TaskResult {
        visit(ctx, "reader").await
    }
}

#[sse_user(wait_time = ms(20))]
impl Writer {
    #[task]
    async fn write(ctx: &mut Context) -> TaskResult {
        visit(ctx, "writer").await
    }
}

#[sse_user(fixed_count = 2, wait_time = ms(20))]
impl Admin {
    #[task]
    async fn watch(ctx: &mut Context) -> TaskResult {
        visit(ctx, "admin").await
    }
}

async fn visit(ctx: &mut Context, class: &'static str) -> TaskResult {
    let user = ctx.user_index();
    ctx.sse_request(format!("/{class}/{user}")).name(class).send().await?;
    Ok(())
}

/// How many users of each class the server saw.
fn seen(server: &MockServer, classes: &[&str]) -> Vec<usize> {
    let paths: BTreeSet<String> = server.requests().into_iter().map(|request| request.path).collect();
    let of = |class: &&str| paths.iter().filter(|path| path.starts_with(&format!("/{class}/"))).count();
    classes.iter().map(of).collect()
}

fn planned(report: &Report) -> Vec<(&str, u64)> {
    report.plan().classes.iter().map(|class| (class.name, class.users)).collect()
}

#[test]
fn each_class_has_the_users_that_were_asked_for() {
    let server = MockServer::builder().tokens(1).start();
    let test = LoadTest::new("users_of").users_of::<Reader>(1).users_of::<Writer>(4);
    let report = test.host(server.url()).run_time(ms(250)).run();
    assert_eq!(seen(&server, &["reader", "writer"]), [1, 4]);
    assert_eq!(planned(&report), [("Reader", 1), ("Writer", 4)]);
    assert_eq!(report.plan().users, 5);
    let of_both = report.request("reader").count() + report.request("writer").count();
    assert_eq!((of_both, report.total().count()), (server.request_count(), server.request_count()));
}

#[test]
fn classes_share_the_users_by_weight_and_a_fixed_count_is_kept() {
    let server = MockServer::builder().tokens(1).start();
    let test = LoadTest::new("by_weight").class::<Reader>().class::<Writer>().class::<Admin>();
    let report = test.host(server.url()).users(10).run_time(ms(250)).run();
    assert_eq!(seen(&server, &["reader", "writer", "admin"]), [6, 2, 2]);
    assert_eq!(planned(&report), [("Reader", 6), ("Writer", 2), ("Admin", 2)]);
}

#[test]
fn a_user_number_belongs_to_one_user_of_all_classes() {
    let server = MockServer::builder().tokens(1).start();
    let test = LoadTest::new("numbers").users_of::<Reader>(3).users_of::<Admin>(3);
    let _ = test.host(server.url()).run_time(ms(250)).run();
    let paths: BTreeSet<String> = server.requests().into_iter().map(|request| request.path).collect();
    let numbers: BTreeSet<_> = paths.iter().filter_map(|path| path.rsplit('/').next()).collect();
    assert_eq!(numbers.into_iter().collect::<Vec<_>>(), ["0", "1", "2", "3", "4", "5"]);
    assert_eq!(paths.len(), 6);
}

#[sse_user(wait_time = ms(5))]
impl Tagged {
    #[task(tags = ["smoke"])]
    async fn quick(ctx: &mut Context) -> TaskResult {
        visit(ctx, "quick").await
    }

    #[task(tags = ["smoke", "slow"])]
    async fn slow(ctx: &mut Context) -> TaskResult {
        visit(ctx, "slow").await
    }

    #[task]
    async fn plain(ctx: &mut Context) -> TaskResult {
        visit(ctx, "plain").await
    }
}

/// The request names of a run of a fixed seed.
fn names(change: impl FnOnce(LoadTest) -> LoadTest) -> Vec<String> {
    let server = MockServer::builder().tokens(1).start();
    let test = Tagged::load_test("tags").host(server.url()).users(8).seed(1).run_time(ms(600));
    change(test).run().requests().iter().map(|request| request.name().to_owned()).collect()
}

#[test]
fn labels_choose_the_tasks() {
    assert_eq!(names(|test| test), ["plain", "quick", "slow"]);
    assert_eq!(names(|test| test.tags(["smoke"])), ["quick", "slow"]);
    assert_eq!(names(|test| test.exclude_tags(["slow"])), ["plain", "quick"]);
    assert_eq!(names(|test| test.tags(["smoke"]).exclude_tags(["slow"])), ["quick"]);
}

#[test]
fn labels_that_leave_no_task_are_refused() {
    let refusal = Tagged::load_test("no_task").host("http://127.0.0.1:9").tags(["smok"]).try_run();
    let message = refusal.expect_err("nothing is left to run").to_string();
    assert_eq!(
        message,
        "load test `no_task`: user class `Tagged` has no task to run: .tags(..), .exclude_tags(..), SSE_LOAD_TAGS or SSE_LOAD_EXCLUDE_TAGS leave none over"
    );
}
