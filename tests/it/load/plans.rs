//! Loads that don't go together say why.

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
    let shape = Shape::starting_at(0).ramp_to(3, secs(1));
    assert!(refusal(one().users(shape).spawn_rate(3)).contains("the shape says when users come"));
}

#[test]
fn users_need_a_class_and_arrivals_a_user() {
    let own = LoadTest::new("wrong").arrivals_of::<One>(5).users(3);
    assert!(refusal(own).starts_with("nobody is left for .users(..)"));
    assert!(refusal(one().arrivals(5).max_users(0)).starts_with("it has no user"));
    assert!(refusal(one().users(Shape::starting_at(5))).starts_with("it has no user"), "a shape that lasts no time");
}

#[test]
fn a_ramp_of_more_than_a_day_is_a_slip() {
    assert!(refusal(one().users(2).spawn_rate(1e-6)).contains("take more than a day to start"));
    assert!(refusal(one().users(2).spawn_rate(1e-300)).contains("take more than a day to start"));
}
