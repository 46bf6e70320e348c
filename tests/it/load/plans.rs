//! Loads that don't go together say why.

use std::time::Duration;

use sse_load::prelude::*;

#[sse_user(host = "http://127.0.0.1:9")]
impl One {
    #[task]
    async fn act(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/").send().await?;
        Ok(())
    }
}

#[sse_user(host = "http://127.0.0.1:9", fixed_count = 2)]
impl Counted {
    #[task]
    async fn act(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/").send().await?;
        Ok(())
    }
}

fn refusal(test: LoadTest) -> String {
    let error = test.try_run().expect_err("a refusal").to_string();
    error.strip_prefix("load test `wrong`: ").expect("its name").to_owned()
}

fn one() -> LoadTest {
    One::load_test("wrong")
}

#[test]
fn users_and_arrivals_are_two_kinds_of_load() {
    for test in [one().users(3).arrivals(5), one().spawn_rate(3).arrivals(5)] {
        assert!(refusal(test).contains("are two kinds of load for the same classes"));
    }
    let counted = LoadTest::new("wrong").users_of::<One>(3).arrivals(5);
    assert!(refusal(counted).starts_with("user class `One` has a fixed number of users, but arrivals go by weight"));
    let fixed = Counted::load_test("wrong").arrivals(5);
    assert!(refusal(fixed).starts_with("user class `Counted` has a fixed number of users, but arrivals go by weight"));
}

#[test]
fn a_spawn_rate_is_no_shape() {
    let shape = LoadShape::starting_at(0).ramp_to(3, secs(1));
    assert!(refusal(one().users(shape).spawn_rate(3)).contains("the shape says when users come"));
}

#[test]
fn users_need_a_class_and_arrivals_a_user() {
    let own = LoadTest::new("wrong").arrivals_of::<One>(5).users(3);
    assert!(refusal(own).starts_with("nobody is left for .users(..)"));
    assert!(refusal(one().arrivals(5).max_users(0)).starts_with(".max_users(0) leaves nobody"));
    assert!(
        refusal(one().users(LoadShape::starting_at(5))).starts_with("it has no user"),
        "a shape that lasts no time"
    );
}

#[test]
fn a_ramp_of_more_than_a_day_is_a_slip() {
    assert!(refusal(one().users(2).spawn_rate(1e-6)).contains("take more than a day to start"));
    assert!(refusal(one().users(2).spawn_rate(1e-300)).contains("take more than a day to start"));
}

#[test]
fn what_has_no_effect_is_refused() {
    let rush = || LoadShape::starting_at(2).hold(secs(1));
    for (test, said) in [
        (one().users(2).max_users(20), "`.max_users(..)` bounds who serves arrivals"),
        (one().arrivals(5).max_tasks_per_user(2), "`.max_tasks_per_user(..)` bounds users"),
        (LoadTest::new("wrong").users_of::<One>(rush()).spawn_rate(3), "a spawn rate is for a number of users"),
    ] {
        assert!(refusal(test).starts_with(&format!("a setting has no effect: {said}")));
    }
    assert!(refusal(one().users(1).max_tasks(0)).contains("leave nothing to do"));
    assert!(refusal(one().arrivals(5).users_of::<Counted>(rush()).max_tasks(5)).contains("this test has several"));
}

#[test]
fn a_load_that_never_comes_or_that_nobody_can_make_is_refused() {
    let shape = LoadShape::starting_at(20);
    for test in [one().arrivals(0), one().arrivals(shape), one().arrivals(Arrivals::at([]))] {
        assert!(refusal(test).starts_with("no arrival ever comes"));
    }
    assert!(
        refusal(one().arrivals(1e9)).starts_with("1000000000 arrivals a second are more than one process can send")
    );
    let huge = LoadTest::new("wrong").users_of::<One>(LoadShape::starting_at(0).ramp_to(1e11, secs(1)));
    assert!(refusal(huge).contains("users are more than one process can hold"));
    assert!(refusal(LoadTest::new("wrong").users_of::<One>(LoadShape::starting_at(5))).starts_with("it has no user"));
    assert!(refusal(one().users(1).warm_up(Duration::MAX)).starts_with("a warm-up of"));
    assert!(
        refusal(one().users(LoadShape::starting_at(3).hold(secs(1))).warm_up(secs(2)))
            .contains("nothing is left to measure")
    );
}
