//! Load tests that can't run say why.

use sse_load::prelude::*;
use sse_load::run::{PlanError, RunError};

#[sse_user]
impl Visitor {
    #[task]
    async fn visit(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/").send().await?;
        Ok(())
    }
}

fn visitors() -> LoadTest {
    Visitor::load_test("wrong").host("http://127.0.0.1:9").run_time(ms(100))
}

/// The message, without the name of the load test, which every message begins with.
fn refusal(test: LoadTest) -> String {
    let error = test.try_run().expect_err("a refusal");
    assert!(matches!(error, RunError::Plan { .. }), "{error:?}");
    let message = error.to_string();
    message.strip_prefix("load test `wrong`: ").unwrap_or_else(|| panic!("no name in: {message}")).to_owned()
}

#[test]
fn a_test_without_a_class_is_refused() {
    let message = refusal(LoadTest::new("wrong"));
    assert_eq!(message, "it has no user class: add one with .users_of::<ChatUser>(n) or .class::<ChatUser>()");
}

#[test]
fn a_test_without_a_user_is_refused() {
    assert_eq!(
        refusal(visitors().users(0)),
        "it has no user: .users(..), .users_of::<..>(..) or SSE_LOAD_USERS must say at least 1"
    );
    let none = LoadTest::new("wrong").users_of::<Visitor>(0).host("http://127.0.0.1:9");
    assert_eq!(refusal(none), "it has no user: .users(..), .users_of::<..>(..) or SSE_LOAD_USERS must say at least 1");
}

#[test]
fn a_rate_that_starts_nobody_is_refused() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = refusal(visitors().users(2).spawn_rate(rate));
        assert_eq!(
            message,
            format!(
                "a spawn rate (.spawn_rate(..) or SSE_LOAD_SPAWN_RATE) must be a number above 0 (users a second), and this one is {rate}"
            )
        );
    }
}

#[test]
fn a_window_of_no_length_is_refused() {
    assert_eq!(
        refusal(visitors().run_time(ms(0))),
        "the run time (.run_time(..) or SSE_LOAD_RUN_TIME) must be more than zero"
    );
}

#[test]
fn a_host_without_a_scheme_is_refused_with_what_to_write() {
    assert_eq!(
        refusal(visitors().host("127.0.0.1:8080")),
        "user class `Visitor`: the host `127.0.0.1:8080` has no scheme: write http://127.0.0.1:8080 or https://127.0.0.1:8080"
    );
}

#[test]
fn numbers_of_users_that_contradict_each_other_are_refused() {
    let test = LoadTest::new("wrong").users_of::<Visitor>(3).users(5).host("http://127.0.0.1:9");
    assert_eq!(
        refusal(test),
        ".users(5) and .users_of::<..>(n) were both given and differ: the classes have 3 users in all; leave .users(..) out"
    );
    let too_few = LoadTest::new("wrong").users_of::<Visitor>(3).class::<Visitor>().users(2).host("http://127.0.0.1:9");
    assert!(refusal(too_few).starts_with("the classes fix 3 users, but the load test has 2"));
}

#[test]
#[should_panic(expected = "load test `wrong`: it has no user")]
fn run_panics_with_the_same_words() {
    let _ = visitors().users(0).run();
}

#[test]
fn a_class_that_would_be_left_out_in_silence_is_refused() {
    let beside_counted = LoadTest::new("wrong").class::<Visitor>().users_of::<Visitor>(10).host("http://127.0.0.1:9");
    assert!(refusal(beside_counted).contains("user class `Visitor` would get no user"));
    let too_few = LoadTest::new("wrong").class::<Visitor>().class::<Visitor>().users(1).host("http://127.0.0.1:9");
    assert!(refusal(too_few).contains("user class `Visitor` would get no user"));
}

#[test]
fn more_users_than_a_process_holds_are_refused() {
    let test = LoadTest::new("wrong").users_of::<Visitor>(u64::MAX).users_of::<Visitor>(u64::MAX);
    assert!(refusal(test).contains("more than one process can hold"));
}

#[test]
fn the_reason_is_data_too() {
    let error = visitors().users(0).try_run().expect_err("a refusal");
    assert!(matches!(error, RunError::Plan { name, error: PlanError::NoUser } if name == "wrong"));
}

#[test]
fn a_load_test_within_a_task_is_refused() {
    #[sse_user(wait_time = ms(20))]
    impl Nesting {
        #[task]
        #[expect(clippy::unused_async, reason = "this one blocks, as no task should")]
        async fn blocking(_: &mut Context) -> Result<(), RunError> {
            visitors().try_run().map(drop)
        }

        #[task]
        async fn waiting(_: &mut Context) -> Result<(), RunError> {
            visitors().try_run_async().await.map(drop)
        }
    }

    let report = Nesting::load_test("nesting").host("http://127.0.0.1:9").users(4).seed(1).run_time(ms(300)).run();
    let tasks: Vec<_> = report.task_errors().iter().map(|error| error.origin.task).collect();
    assert!(tasks.contains(&"blocking") && tasks.contains(&"waiting"), "{tasks:?}");
    for error in report.task_errors() {
        assert_eq!(
            error.message,
            "load test `wrong` was started from within a task of another: that one would wait for it for ever"
        );
    }
    assert_eq!(report.total().count(), 0);
}

#[test]
fn a_run_until_nothing_is_decided_is_refused() {
    let message = refusal(visitors().users(1).until_decided(secs(9)));
    assert_eq!(
        message,
        ".until_decided(..) ends the run when its objectives are decided, and it has none: declare them with .expect(..)"
    );
    let expecting = visitors().users(1).expect([error_rate().at_most(0.01)]);
    let message = refusal(expecting.run_time(secs(30)).until_decided(secs(30)));
    assert!(
        message.starts_with(".until_decided(30s) is the longest measured window, and must be longer than"),
        "{message}"
    );
}

#[test]
fn levels_have_the_objectives_of_their_search() {
    let expecting = |users| visitors().users(users).expect([error_rate().at_most(0.01)]);
    let error = Sweep::new("wrong", expecting).levels([1_u64]).try_run().expect_err("a refusal");
    assert!(error.to_string().contains("it is a step of a search, a sweep or a comparison"), "{error}");
    assert!(error.to_string().ends_with("a search and a sweep have .objectives(..)"), "{error}");
}
