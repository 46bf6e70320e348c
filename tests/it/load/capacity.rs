//! The search for the capacity, and sweeps. The servers answer all requests or refuse all of them, by the level that is tried, so that
//! every verdict is certain on a busy machine too.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value;
use sse_load::capacity::{Capacity, Conclusion, Curve, Point};
use sse_load::mock::{Fault, MockServer, On};
use sse_load::prelude::*;

use crate::golden::markup::linked_files;

#[sse_user(wait_time = ms(5))]
impl Caller {
    #[task]
    async fn call(ctx: &mut Context) -> TaskResult {
        let body = serde_json::json!({"stream": true, "stream_options": {"include_usage": true}});
        ctx.sse_request("/chat").json(&body).name("chat").send().await?;
        Ok(())
    }
}

const NO_FAILURE: f64 = 0.0;

/// A server that holds with a certain load and refuses everything beyond it.
struct Limited {
    capacity: f64,
    sound: MockServer,
    overloaded: MockServer,
}

impl Limited {
    fn to(capacity: impl Into<f64>) -> Self {
        let refusal = Fault::status(503).body("overloaded");
        Self {
            capacity: capacity.into(),
            sound: MockServer::builder().tokens(2).start(),
            overloaded: MockServer::builder().fault(refusal, On::all()).start(),
        }
    }

    fn step(&self, level: f64) -> LoadTest {
        let server = if level <= self.capacity { &self.sound } else { &self.overloaded };
        Caller::load_test("step").host(server.url()).run_time(ms(150))
    }

    fn users(&self, users: u64) -> LoadTest {
        self.step(f64::from(u32::try_from(users).expect("few users"))).users(users)
    }
}

fn levels(curve: &Curve) -> Vec<f64> {
    curve.points().iter().map(Point::level).collect()
}

fn bracket(capacity: &Capacity) -> (f64, f64, Conclusion) {
    (capacity.at_least(), capacity.at_most(), capacity.conclusion())
}

fn file(curve: &Curve, path: &str) -> Value {
    let path = curve.folder().expect("a folder").join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn users_are_bracketed_by_two_neighbours() {
    let server = Limited::to(5);
    let order = RefCell::new(Vec::new());
    let capacity = CapacitySearch::new("capacity_of_users", |users: u64| {
        order.borrow_mut().push(users);
        server.users(users)
    })
    .objectives([error_rate().at_most(NO_FAILURE)])
    .up_to(100)
    .pause(ms(0))
    .run();
    assert_eq!(bracket(&capacity), (5.0, 6.0, Conclusion::Found), "{capacity}");
    assert_eq!(order.into_inner(), [1, 2, 4, 8, 6, 5]);

    let curve = capacity.curve();
    assert_eq!(levels(curve), [1.0, 2.0, 4.0, 5.0, 6.0, 8.0]);
    let users: Vec<_> = curve.points().iter().map(|point| point.report().plan().users).collect();
    assert_eq!(users, [1, 2, 4, 5, 6, 8]);
    let six = curve.point(6.0);
    assert_eq!((six.verdict(), six.reasons()), (Verdict::Miss, &["error rate 100 %, at most 0 %".to_owned()][..]));
    assert_eq!(curve.point(5.0).verdict(), Verdict::Pass);
}

#[test]
fn each_level_has_its_files_and_the_search_its_own() {
    let server = Limited::to(2);
    let capacity = CapacitySearch::new("capacity of files", |users: u64| server.users(users).seed(70))
        .objectives([error_rate().at_most(NO_FAILURE)])
        .pause(ms(0))
        .run();
    let curve = capacity.curve();
    assert!(curve.folder().is_some_and(|folder| folder.ends_with("sse-load/capacity_of_files")), "{capacity}");
    let json = file(curve, "capacity.json");
    assert_eq!((&json["at_least"], &json["at_most"]), (&2.0.into(), &3.0.into()));
    assert_eq!((&json["schema_version"], &json["conclusion"]), (&1.into(), &"found".into()));
    assert_eq!(json["curve"]["objectives"][0], "error rate at most 0 %");
    assert_eq!(linked_files(&curve.folder().expect("a folder").join("capacity.html")), 4, "one for each level");
    // 1, 2, 4 and then 3, by seed.
    for (place, (level, seed)) in [(1, 70), (2, 71), (3, 73), (4, 72)].into_iter().enumerate() {
        let point = &json["curve"]["points"][place];
        assert_eq!((point["level"].as_f64(), point["seed"].as_u64()), (Some(f64::from(level)), Some(seed)));
        let report = file(curve, &format!("{level}/report.json"));
        assert_eq!(report["name"], format!("capacity of files_{level}"));
        assert_eq!((&report["plan"]["seed"], &report["plan"]["users"]), (&seed.into(), &level.into()));
    }
}

#[test]
fn rates_are_narrowed_until_they_are_as_near_as_asked() {
    let server = Limited::to(75.0);
    let capacity = CapacitySearch::new("capacity_of_rates", |rate: f64| server.step(rate).arrivals(rate))
        .objectives([ttft_sched("chat").p50().at_most(secs(60)), error_rate().at_most(NO_FAILURE)])
        .from(50.0)
        .up_to(400.0)
        .precision(0.1)
        .pause(ms(0))
        .run();
    let (low, high, conclusion) = bracket(&capacity);
    assert!(low <= 75.0 && 75.0 < high && high / low <= 1.1 && conclusion == Conclusion::Found, "{capacity}");
    assert_eq!(levels(capacity.curve()), [50.0, 70.7, 77.1, 84.1, 100.0], "{capacity}");
    let table = capacity.to_string();
    assert!(table.contains("ttft_sched p50") && table.contains("holds at 70.7, misses at 77.1"), "{table}");
}

#[test]
fn a_server_that_always_holds_has_no_upper_bound_and_one_that_never_does_no_lower() {
    let search = |server: Limited| {
        CapacitySearch::new("capacity_of_one_kind", move |users: u64| server.users(users))
            .objectives([error_rate().at_most(NO_FAILURE)])
            .from(2)
            .up_to(5)
            .pause(ms(0))
            .run()
    };
    let all = search(Limited::to(1_000));
    assert_eq!(bracket(&all), (5.0, f64::INFINITY, Conclusion::NothingMissed), "{all}");
    assert_eq!(levels(all.curve()), [2.0, 4.0, 5.0]);
    assert!(all.curve().passed());
    assert!(file(all.curve(), "capacity.json")["at_most"].is_null());
    let none = search(Limited::to(0));
    assert_eq!(bracket(&none), (0.0, 1.0, Conclusion::NothingPassed), "{none}");
    assert_eq!(levels(none.curve()), [1.0, 2.0]);
}

#[test]
fn a_level_that_proves_nothing_ends_the_search() {
    let server = Limited::to(1_000);
    let silent = MockServer::builder().ttft(secs(3_600)).start();
    let capacity = CapacitySearch::new("capacity_of_silence", |users: u64| {
        let test = server.users(users);
        if users < 4 { test } else { test.host(silent.url()).stop_timeout(Duration::ZERO) }
    })
    .objectives([error_rate().at_most(NO_FAILURE)])
    .pause(ms(0))
    .run();
    assert_eq!(bracket(&capacity), (2.0, f64::INFINITY, Conclusion::Invalid), "{capacity}");
    let reasons = capacity.curve().point(4.0).reasons();
    assert!(reasons[0].starts_with("error rate: no request of `ALL` ended by itself"), "{reasons:?}");
}

#[test]
fn a_load_test_that_cannot_run_is_an_error_at_first_and_ends_the_search_later() {
    let server = Limited::to(1_000);
    let search = |most: u64| {
        CapacitySearch::new("capacity_of_few", |users: u64| {
            let test = server.users(users);
            if users <= most { test } else { test.run_time(Duration::ZERO) }
        })
        .objectives([error_rate().at_most(NO_FAILURE)])
        .pause(ms(0))
        .try_run()
    };
    let error = search(0).expect_err("a refusal").to_string();
    assert!(error.starts_with("load test `capacity_of_few_1`: the run time "), "{error}");
    let capacity = search(1).expect("one level");
    assert_eq!(bracket(&capacity), (1.0, f64::INFINITY, Conclusion::CutShort), "{capacity}");
    assert!(capacity.to_string().contains("levels are missing: load test `capacity_of_few_2`"), "{capacity}");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_runs() {
    let make = |_: f64| -> LoadTest { panic!("nothing may run") };
    let search = || CapacitySearch::new("wrong", make);
    for (search, why) in [
        (search().from(0.0), "a level must be a number above 0"),
        (search().up_to(f64::NAN), "a level must be a number above 0"),
        (search().from(9.0).up_to(3.0), ".up_to(..) must not be below .from(..)"),
        (search().precision(5.0), "a precision must lie between 0.001 and 1"),
    ] {
        let error = search.try_run().expect_err("a refusal").to_string();
        assert!(error.starts_with("load test `wrong`: ") && error.contains(why), "{error}");
    }
    let error = Sweep::new("wrong", make).try_run().expect_err("a refusal").to_string();
    assert!(error.contains("it has no level"), "{error}");
}

#[test]
fn a_sweep_tries_what_it_is_given_in_that_order() {
    let server = Limited::to(2);
    let order = RefCell::new(Vec::new());
    let curve = Sweep::new("sweep", |users: u64| {
        order.borrow_mut().push(users);
        server.users(users)
    })
    .objectives([error_rate().at_most(NO_FAILURE)])
    .levels([3, 1, 2])
    .pause(ms(0))
    .run();
    assert_eq!(order.into_inner(), [3, 1, 2]);
    assert_eq!(levels(&curve), [1.0, 2.0, 3.0]);
    assert!(!curve.passed() && curve.point(3.0).verdict() == Verdict::Miss, "{curve}");
    assert!(curve.point(2.0).ttft().count() > 0 && curve.point(2.0).tok_s().is_some(), "{curve}");
    assert_eq!(file(&curve, "curve.json")["points"][2]["verdict"], "miss");
    assert_eq!(linked_files(&curve.folder().expect("a folder").join("curve.html")), 3, "one for each level");
}

#[test]
#[should_panic(expected = "level 7 was not tried, but 1, 2")]
fn a_level_that_was_not_tried_is_no_point() {
    let server = Limited::to(2);
    let curve = Sweep::new("short_sweep", |users: u64| server.users(users)).levels([1, 2]).pause(ms(0)).run();
    let _ = curve.point(7.0);
}

#[tokio::test]
async fn a_search_can_be_awaited() {
    let server = Limited::to(1);
    let search = CapacitySearch::new("capacity_awaited", |users: u64| server.users(users)).pause(ms(1));
    let capacity = search.objectives([error_rate().at_most(NO_FAILURE)]).run_async().await;
    assert_eq!(bracket(&capacity), (1.0, 2.0, Conclusion::Found), "{capacity}");
}
