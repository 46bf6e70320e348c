//! Objectives on what a report is of: names, user classes, tags, turns.

use std::time::Duration;

use sse_load::mock::{MockServer, Script};
use sse_load::prelude::*;
use sse_load::report::Report;
use sse_load::sample::{Failure, FailureClass};

use crate::golden::run::{Request, Run, SEARCH, chat};

/// The one verdict, with what the block says.
fn verdict(report: &Report, objective: Objective) -> (Verdict, String) {
    let verdicts = report.check([objective]);
    (verdicts.judged()[0].verdict, verdicts.to_string())
}

fn assert_verdicts(report: &Report, expected: impl IntoIterator<Item = (Objective, Verdict)>) {
    for (objective, expected) in expected {
        let text = objective.to_string();
        let (verdict, block) = verdict(report, objective);
        assert_eq!(verdict, expected, "{text}: {block}");
    }
}

fn failure(class: FailureClass) -> Failure {
    Failure::new(class, "it failed")
}

/// Under one request name: 100 chats of `ChatUser` after 50 ms, and 100 searches of `SearchUser`, tagged `slow`, after 300 ms, of which
/// each has a second turn after 900 ms; 20 of the searches fail.
fn two_classes() -> Report {
    let mut run = Run::named("classes");
    let search = || Request { origin: SEARCH, ttft: ms(300), turn: Some(1), ..chat() };
    for _ in 0..100 {
        run.success(&chat()).success(&search()).success(&Request { ttft: ms(900), turn: Some(2), ..search() });
    }
    run.failures(20, &search(), &failure(FailureClass::StreamError)).report()
}

#[test]
fn figures_are_of_a_user_class_a_tag_or_a_turn() {
    let report = two_classes();
    let counts = |request: &sse_load::report::RequestReport| (request.successes(), request.failures());
    assert_eq!(counts(report.total()), (300, 20));
    assert_eq!(counts(report.request("chat_completion")), (300, 20));
    assert_eq!(counts(report.user_class("ChatUser")), (100, 0));
    assert_eq!(counts(report.user_class("SearchUser")), (200, 20));
    assert_eq!(counts(report.tag("slow")), (200, 20));
    assert_eq!(counts(report.turn("chat_completion", 1)), (100, 20));
    assert_eq!(counts(report.turn("chat_completion", 2)), (100, 0));
    assert_eq!((report.user_classes().len(), report.tags().len(), report.turns().len()), (2, 1, 2));
    assert_verdicts(
        &report,
        [
            (ttft(ALL).p95().at_most(ms(60)), Verdict::Miss),
            (ttft(user_class("ChatUser")).p95().at_most(ms(60)), Verdict::Pass),
            (ttft(user_class("SearchUser")).p50().at_most(ms(60)), Verdict::Miss),
            (ttft(tag("slow")).p50().at_most(ms(60)), Verdict::Miss),
            (ttft(turn("chat_completion", 2)).p50().at_most(ms(400)), Verdict::Miss),
            (ttft(turn("chat_completion", 1)).p50().at_most(ms(400)), Verdict::Pass),
            (error_rate().of(user_class("ChatUser")).at_most(0.0), Verdict::Pass),
            (error_rate().of(tag("slow")).at_most(0.01), Verdict::Miss),
            (request_count().of(tag("slow")).at_least(220), Verdict::Pass),
        ],
    );
}

#[test]
fn a_missed_class_has_its_own_causes() {
    let mut run = Run::named("classes");
    let search = Request { origin: SEARCH, ..chat() };
    run.failures(40, &search, &failure(FailureClass::StreamError));
    run.failures(60, &chat(), &Failure::new(FailureClass::Connect, "nobody there"));
    let (_, block) = verdict(&run.report(), error_rate().of(tag("slow")).at_most(0.1));
    assert!(block.contains("40 × it failed") && !block.contains("nobody there"), "{block}");
    assert!(block.contains("MISS  tag slow error rate  100 %"), "{block}");
}

#[test]
fn an_unknown_scope_passes_nothing_and_the_known_ones_are_listed() {
    let report = two_classes();
    for (scope, why) in [
        (user_class("ChatUsr"), "did you mean `ChatUser`? known classes are `ChatUser`, `SearchUser`"),
        (tag("slwo"), "no task made requests that is tagged `slwo`: did you mean `slow`? known tags are `slow`"),
        (turn("chat_completion", 3), "known turns are `chat_completion turn 1`, `chat_completion turn 2`"),
        (turn("search", 1), "no request is `search turn 1`"),
    ] {
        let (verdict, block) = verdict(&report, ttft(scope.clone()).p50().at_most(secs(60)));
        assert_eq!(verdict, Verdict::Invalid, "{block}");
        let told = report.figures(&scope).expect_err("it is unknown").to_string();
        assert!(told.contains(why), "{told}");
    }
    let untagged = Run::named("untagged").success(&chat()).report();
    assert!(untagged.figures(&tag("slow")).is_err_and(|error| error.to_string().ends_with("there are no tags")));
    assert!(untagged.try_user_class("SearchUser").is_none() && untagged.try_turn("chat_completion", 1).is_none());
    assert!(untagged.try_tag("slow").is_none());
}

#[test]
#[should_panic(expected = "known classes are `ChatUser`, `SearchUser`")]
fn the_figures_of_an_unknown_class_panic() {
    let _ = two_classes().user_class("Nobody");
}

#[test]
fn the_json_has_classes_and_tags() {
    let json = sse_load::render::json(&two_classes()).expect("it serialises");
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let names = |key: &str| {
        let reports = json[key].as_array().expect("a list").iter();
        reports
            .map(|report| (report["name"].to_string(), report["counts"]["succeeded"].to_string()))
            .collect::<Vec<_>>()
    };
    let pair = |name: &str, n: &str| (format!("\"{name}\""), n.to_owned());
    assert_eq!(names("user_classes"), [pair("ChatUser", "100"), pair("SearchUser", "200")]);
    assert_eq!(names("tags"), [pair("slow", "200")]);
    assert_eq!(json["failures"][0]["origin"]["tags"][0], "slow");
}

#[test]
fn a_run_knows_the_tags_of_its_tasks() {
    #[sse_user]
    impl Reader {
        #[task(tags = ["short", "read"])]
        async fn headline(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/short").name("read").send().await?;
            Ok(())
        }

        #[task(tags = ["long", "read"])]
        async fn novel(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/long").name("read").send().await?;
            Ok(())
        }
    }

    let (short, long) = (Script::new().tokens(2), Script::new().tokens(9));
    let server = MockServer::builder().path("/short", short).path("/long", long).start();
    let report = Reader::load_test("tags").host(server.url()).users(2).max_tasks(40).seed(5).run_time(secs(60)).run();
    let counts = ["short", "long", "read"].map(|label| report.tag(label).count());
    assert!(counts[0] > 0 && counts[1] > 0 && counts[0] + counts[1] == 40 && counts[2] == 40, "{counts:?}");
    assert_eq!(report.user_class("Reader").count(), 40);
    report
        .assert([completion_tokens(tag("short")).max().at_most(2), completion_tokens(tag("long")).p(0.0).at_least(9)]);
}

#[test]
fn a_figure_within_two_limits_passes_if_it_keeps_both() {
    // From 40 to 109.3 ms; p50 is 74.3 ms.
    let report = Run::named("band").chats(100).report();
    assert_verdicts(
        &report,
        [
            (ttft(ALL).p50().within(ms(50)..=ms(100)), Verdict::Pass),
            (ttft(ALL).p50().within(ms(80)..=ms(100)), Verdict::Inconclusive),
            (ttft(ALL).p50().within(ms(90)..=ms(100)), Verdict::Miss),
            (ttft(ALL).p50().within(ms(40)..=ms(60)), Verdict::Miss),
            (completion_tokens(ALL).max().within(20..=20), Verdict::Pass),
            (completion_tokens(ALL).max().within(21..=30), Verdict::Miss),
            (error_rate().within(0.0..=0.05), Verdict::Pass),
            (ttft(ALL).p95().within(ms(1)..=ms(2)), Verdict::Miss),
        ],
    );
    let (_, block) = verdict(&report, ttft(ALL).p50().within(ms(90)..=ms(250)));
    assert!(block.contains("MISS  ttft p50  74.3 ms  between 90 ms and 250 ms  -17.4 %"), "{block}");
}

#[test]
fn each_side_of_a_band_misses_at_half_the_probability() {
    // P[Bin(100, 0.5) ≥ 59] = 0.0443 and P[.. ≥ 60] = 0.0284, P[.. ≥ 61] = 0.0176.
    let report = Run::named("band").chats(100).report();
    let at_least = |micros| ttft(ALL).p50().at_least(Duration::from_micros(micros));
    let within = |micros| ttft(ALL).p50().within(Duration::from_micros(micros)..=secs(9));
    // 60 values are below 81.9 ms, and 61 below 82.5 ms.
    assert_verdicts(
        &report,
        [(at_least(81_900), Verdict::Miss), (within(81_900), Verdict::Inconclusive), (within(82_500), Verdict::Miss)],
    );
}

#[test]
fn failures_are_beyond_a_band() {
    let report = Run::named("band").chats(100).failures(100, &chat(), &failure(FailureClass::Empty)).report();
    assert_verdicts(
        &report,
        [
            (ttft(ALL).p95().within(ms(1)..=secs(9)), Verdict::Miss),
            (ttft(ALL).mean().within(ms(1)..=secs(9)), Verdict::Miss),
            (ttft(ALL).p(0.2).within(ms(1)..=secs(9)), Verdict::Pass),
        ],
    );
}

#[test]
#[should_panic(expected = "takes the lower limit first")]
fn a_band_stands_the_right_way_round() {
    let _ = ttft(ALL).p50().within(ms(250)..=ms(90));
}

#[test]
fn an_error_rate_is_of_its_classes_alone() {
    let mut run = Run::named("failures");
    run.chats(300).failures(60, &chat(), &failure(FailureClass::StreamError));
    let report = run.failures(40, &chat(), &failure(FailureClass::Truncated)).report();
    let of = |class| error_rate().class(class);
    assert_verdicts(
        &report,
        [
            (error_rate().at_most(0.2), Verdict::Miss),
            (of(FailureClass::StreamError).at_most(0.2), Verdict::Pass),
            (of(FailureClass::StreamError).at_most(0.1), Verdict::Miss),
            (of(FailureClass::Truncated).at_most(0.15), Verdict::Pass),
            (of(FailureClass::Truncated).class(FailureClass::StreamError).at_most(0.2), Verdict::Miss),
            (of(FailureClass::Connect).at_most(0.0), Verdict::Pass),
            (of(FailureClass::Connect).of("chat_completion").at_most(0.01), Verdict::Pass),
        ],
    );
    let (_, block) = verdict(&report, of(FailureClass::StreamError).at_most(0.01));
    assert!(block.contains("MISS  error rate of stream_error  15 %"), "{block}");
    assert!(block.contains("60 of 400") && block.contains("60 × ") && !block.contains("40 × "), "{block}");
}

#[test]
fn failures_of_a_class_that_come_at_once_prove_less() {
    let mut run = Run::named("waves");
    let report = run.chats(300).failures(40, &chat(), &failure(FailureClass::Truncated)).report();
    let spread = report.check([error_rate().class(FailureClass::Truncated).at_most(0.5)]).judged()[0].effective;
    let mut run = Run::named("waves");
    run.chats(300);
    run.burst(40, &chat(), &failure(FailureClass::Truncated));
    let wave = run.report().check([error_rate().class(FailureClass::Truncated).at_most(0.5)]).judged()[0].effective;
    assert!(wave * 2 < spread, "{wave} {spread}");
}

#[test]
fn the_token_rate_of_a_user_is_that_of_its_reply_and_none_of_a_failure() {
    // A token each 20 ms: 50/s. And each 50 ms: 20/s.
    let slow = Request { gap: ms(50), ..chat() };
    let mut run = Run::named("rates");
    for number in 0..400 {
        let request = if number % 10 == 0 { slow.clone() } else { chat() };
        run.success(&request);
    }
    let report = run.report();
    let rates = report.total().tok_s_user();
    assert_eq!((rates.p50(), rates.min(), rates.mean()), (50.into(), 20.into(), 47.into()));
    assert!((rates.p(0.05).get() - 20.0).abs() < 0.02, "{rates:?}");
    assert_verdicts(
        &report,
        [
            (tok_s_user(ALL).p(0.05).at_least(19.9), Verdict::Pass),
            (tok_s_user(ALL).p(0.05).at_least(30.0), Verdict::Miss),
            (tok_s_user(ALL).p(0.2).at_least(30.0), Verdict::Pass),
            (tok_s_user("chat_completion").p50().at_most(51), Verdict::Pass),
            (tok_s_user(ALL).mean().at_least(45.0), Verdict::Pass),
            (tok_s_user(ALL).mean().at_most(45.0), Verdict::Miss),
            (tok_s_user(ALL).p50().within(49.0..=51.0), Verdict::Pass),
        ],
    );
    let (_, block) = verdict(&report, tok_s_user(ALL).p(0.05).at_least(30.0));
    assert!(block.contains("MISS  token rate per user p5  20/s  at least 30/s"), "{block}");
    assert!(block.contains("worst token rate per user: ChatUser::joke 20/s"), "{block}");
    let failed = run.failures(100, &chat(), &failure(FailureClass::StallTimeout)).report();
    assert_eq!((failed.total().tok_s_user().p(0.2), failed.total().tok_s_user().mean()), (0.into(), 37.6.into()));
    assert_verdicts(
        &failed,
        [
            (tok_s_user(ALL).p(0.1).at_least(1.0), Verdict::Miss),
            (tok_s_user(ALL).p(0.4).at_least(49.0), Verdict::Pass),
            (tok_s_user(ALL).mean().at_least(45.0), Verdict::Miss),
            (tok_s_user(ALL).p50().at_most(49.0), Verdict::Miss),
            (tok_s_user(ALL).p(0.15).at_most(30.0), Verdict::Pass),
        ],
    );
}
