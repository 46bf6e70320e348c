//! What went on when, and the slowest requests with their timelines.

use std::sync::LazyLock;

use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;
use sse_load::report::Trace;

const TOKENS: u32 = 8;

static SERVER: LazyLock<MockServer> = LazyLock::new(|| {
    let script = Script::new().ttft(ms(20)).inter_token(ms(5)).tokens(TOKENS);
    MockServer::builder()
        .path("/chat", script.clone())
        .path("/cut", script.fault(Fault::Truncate { after: 2 }, On::all()))
        .start()
});

#[sse_user(host = SERVER.url(), wait_time = constant(ms(10)))]
impl Walker {
    #[task]
    async fn chat(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/chat").send().await?;
        ctx.sse_request("/cut").send().await?;
        Ok(())
    }
}

fn total(of: impl Iterator<Item = f64>, width: f64) -> f64 {
    of.sum::<f64>() * width
}

#[test]
fn the_course_of_a_run_has_every_user_request_and_token_when_it_was_there() {
    let report = Walker::load_test("course").users(3).warm_up(ms(200)).run_time(ms(800)).run();
    let (course, all) = (report.course(), report.total());
    let width = course.width().as_secs_f64();
    let moments: Vec<_> = course.moments().collect();
    assert!(moments[0].at < 0.0 && moments.iter().any(|moment| moment.at == 0.0), "{moments:?}");
    let ended = total(moments.iter().map(|moment| moment.succeeded + moment.failed), width);
    let started = total(moments.iter().map(|moment| moment.started), width);
    assert!(all.failures() > 0 && all.successes() > 0, "{report}");
    assert!(
        ended + 0.5 >= f64::from(u32::try_from(all.count()).expect("few")),
        "those of the warm-up are among them: {ended} {report}"
    );
    assert!((started - ended).abs() < 0.5, "none was cut off: {started} {ended}");
    let succeeded = total(moments.iter().map(|moment| moment.succeeded), width);
    let tokens = total(moments.iter().map(|moment| moment.tokens), width);
    assert!((tokens - succeeded * f64::from(TOKENS)).abs() < 0.5, "{tokens} {succeeded}");
    let users = moments.iter().map(|moment| moment.users).fold(0.0, f64::max);
    let in_flight = moments.iter().map(|moment| moment.in_flight).fold(0.0, f64::max);
    assert!(in_flight > 0.0 && in_flight <= users + 1e-9 && users <= 3.0 + 1e-9, "{in_flight} {users}");
    assert!(course.lateness.total() > 0);
}

#[test]
fn the_slowest_requests_are_told_with_their_timelines() {
    let report = Walker::load_test("slowest").users(2).run_time(ms(500)).run();
    let slowest = report.slowest();
    assert_eq!((slowest.to_first_token.len(), slowest.to_end.len()), (10, 10), "{report}");
    let first_token = |trace: &Trace| trace.generated[0];
    assert!(slowest.to_first_token.is_sorted_by(|a, b| first_token(a) >= first_token(b)));
    assert!(slowest.to_end.is_sorted_by(|a, b| a.end >= b.end));
    let chat = slowest.to_end.iter().find(|trace| trace.request == "/chat").expect("it is the longer one");
    assert_eq!((chat.events, chat.failure.as_deref(), chat.origin.task), (u64::from(TOKENS), None, "chat"));
    assert!(chat.generated.is_sorted() && chat.generated.last() <= Some(&chat.end), "{chat:?}");
    assert!(chat.headers <= chat.generated.first().copied(), "{chat:?}");
    let json: serde_json::Value = serde_json::from_str(&sse_load::render::json(&report).expect("JSON")).expect("JSON");
    assert_eq!(json["slowest"]["to_end"].as_array().map(Vec::len), Some(10));
    assert!(json["course"]["tokens"]["sums"].is_array());
}
