//! Good requests: those that succeed and keep limits of their own.

use sse_load::mock::{Fault, MockServer, On};
use sse_load::prelude::*;
use sse_load::report::Report;
use sse_load::sample::{Failure, FailureClass, Outcome, Tokens};
use sse_load::slo::RequestLimit;

use crate::golden::run::{Request, Run, chat};

fn verdict(report: &Report, objective: Objective) -> (Verdict, String) {
    let verdicts = report.check([objective]);
    (verdicts.judged()[0].verdict, verdicts.to_string())
}

/// 320 chats of which every eighth is slow to its first token, and 80 failures, in a minute.
fn mixed(limits: impl IntoIterator<Item = RequestLimit>) -> Report {
    let mut run = Run::named("goodput");
    run.good_if(limits);
    for number in 0..320 {
        run.success(&Request { ttft: ms(if number % 8 == 0 { 600 } else { 50 }), ..chat() });
    }
    run.failures(80, &chat(), &Failure::new(FailureClass::Truncated, "cut")).report()
}

#[test]
fn a_good_request_succeeds_and_keeps_every_limit() {
    for (limits, good) in [
        (vec![], 320),
        (vec![ttft(ALL).each().at_most(ms(500))], 280),
        (vec![ttft(ALL).each().at_least(ms(500))], 40),
        (vec![ttft("chat_completion").each().within(ms(50)..=ms(50))], 280),
        (vec![ttft(user_class("ChatUser")).each().at_most(ms(1))], 0),
        (vec![ttft(user_class("SearchUser")).each().at_most(ms(1))], 320),
        (vec![ttft(ALL).each().at_most(ms(600)), icl(ALL).each().at_most(ms(19))], 0),
        (vec![ttft(ALL).each().at_most(ms(500)), icl(ALL).each().at_most(ms(20))], 280),
        (vec![completion_tokens(ALL).each().at_least(20), tok_s_user(ALL).each().at_least(50.0)], 320),
        (vec![tok_s_user(ALL).each().at_least(50.5)], 0),
    ] {
        let report = mixed(limits.clone());
        assert_eq!(report.total().good(), Some(good), "{limits:?}");
        assert_eq!(report.request("chat_completion").good(), Some(good), "{limits:?}");
    }
    let report = mixed([ttft(ALL).each().at_most(ms(500))]);
    assert_eq!((report.total().goodput(), report.total().good_fraction()), ((280.0 / 60.0).into(), 0.7.into()));
}

#[test]
fn a_request_without_the_metric_keeps_its_limit() {
    let mut run = Run::named("goodput");
    run.good_if([tpot(ALL).each().at_most(ms(1))]).success(&chat());
    run.success(&Request { events: 1, tokens: Tokens::default(), ..chat() });
    assert_eq!(run.report().total().good(), Some(1));
}

#[test]
fn goodput_and_the_good_fraction_are_judged_by_what_they_prove() {
    let report = mixed([ttft(ALL).each().at_most(ms(500))]);
    for (objective, expected) in [
        (good_fraction().at_least(0.6), Verdict::Pass),
        (good_fraction().at_least(0.7), Verdict::Inconclusive),
        (good_fraction().at_least(0.8), Verdict::Miss),
        (good_fraction().at_most(0.6), Verdict::Miss),
        (good_fraction().within(0.6..=0.8), Verdict::Pass),
        (good_fraction().of("chat_completion").at_least(0.6), Verdict::Pass),
        (goodput().at_least(3.0), Verdict::Pass),
        (goodput().at_least(6.0), Verdict::Miss),
    ] {
        let text = objective.to_string();
        let (verdict, block) = verdict(&report, objective);
        assert_eq!(verdict, expected, "{text}: {block}");
    }
    let (_, block) = verdict(&report, good_fraction().at_least(0.8));
    assert!(block.contains("MISS  good fraction  70 %  at least 80 %"), "{block}");
}

#[test]
fn what_was_cut_off_is_not_good() {
    let mut run = Run::named("goodput");
    run.good_if([]).chats(100);
    (0..100).for_each(|_| {
        run.request(&chat(), Outcome::CutOff);
    });
    let (verdict, block) = verdict(&run.report(), good_fraction().at_least(0.9));
    assert_eq!(verdict, Verdict::Inconclusive, "{block}");
    assert!(block.contains("of 100 more nobody knows"), "{block}");
}

#[test]
fn what_says_nothing_passes_nothing() {
    let plain = Run::named("plain").chats(100).report();
    assert_eq!(plain.total().good(), None);
    for objective in [goodput().at_least(0.0), good_fraction().at_least(0.0)] {
        let (verdict, block) = verdict(&plain, objective);
        assert_eq!(verdict, Verdict::Invalid);
        assert!(block.contains(".good_if([ttft(ALL).each().at_most(ms(500))])"), "{block}");
    }
    for (limit, why) in [
        (ttft("caht_completion").each().at_most(ms(1)), "did you mean `chat_completion`?"),
        (queue(ALL).each().at_most(ms(1)), "use .arrivals(..)"),
        (ttft(tag("slow")).each().at_most(ms(1)), "there are no tags"),
    ] {
        let (verdict, block) = verdict(&mixed([limit]), good_fraction().at_least(0.0));
        assert_eq!(verdict, Verdict::Invalid);
        assert!(block.contains("a limit of .good_if(..): ") && block.contains(why), "{block}");
    }
}

#[test]
#[should_panic(expected = "say it before the run with .good_if(..)")]
fn the_goodput_of_nothing_panics() {
    let _ = Run::named("plain").chats(1).report().total().goodput();
}

#[test]
fn a_run_counts_its_good_requests() {
    #[sse_user]
    impl Caller {
        #[task]
        async fn chat(ctx: &mut Context) -> TaskResult {
            let _ = ctx.sse_request("/v1/chat/completions").prompt("Hello").name("chat").send().await;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(3).fault(Fault::status(503), On::first(10)).start();
    let run = |limit| {
        let limits = [max_stall("chat").each().at_most(secs(60)), completion_tokens("chat").each().at_least(limit)];
        let test = Caller::load_test("goodput").host(server.url()).users(2).max_tasks(40).run_time(secs(60));
        test.good_if(limits).run()
    };
    let report = run(1);
    assert_eq!((report.total().good(), report.total().failures()), (Some(30), 10), "{report}");
    assert!(report.to_string().contains("good: succeeded, each chat max stall at most 60 s, each chat completion"));
    let report = run(1_000);
    assert_eq!((report.total().good(), report.total().successes()), (Some(0), 40), "{report}");
}
