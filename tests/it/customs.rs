//! Values that tasks record beside their requests.

use sse_load::clock::Timestamp;
use sse_load::mock::MockServer;
use sse_load::prelude::*;
use sse_load::record::CustomUnit;
use sse_load::report::Report;

use crate::golden::run::{Run, chat};

fn verdict(report: &Report, objective: Objective) -> (Verdict, String) {
    let verdicts = report.check([objective]);
    (verdicts.judged()[0].verdict, verdicts.to_string())
}

/// 400 tool calls, of which every twentieth takes 90 ms and not 20, and as many searches of 2 to 5 documents.
fn agent() -> Report {
    let mut run = Run::named("agent");
    run.success(&chat());
    for number in 0..400_u32 {
        let at = ms(150) * (number * 77 % 400);
        run.custom_time("tool_call", at, ms(if number % 20 == 0 { 90 } else { 20 }));
        run.custom_count("documents", at, u64::from(2 + number % 4));
    }
    run.report()
}

#[test]
fn what_tasks_record_is_judged_like_a_metric() {
    let report = agent();
    for (objective, expected) in [
        (custom_time("tool_call").p90().at_most(ms(40)), Verdict::Pass),
        (custom_time("tool_call").p95().at_most(ms(40)), Verdict::Inconclusive),
        (custom_time("tool_call").p99().at_most(ms(40)), Verdict::Miss),
        (custom_time("tool_call").max().at_most(ms(90)), Verdict::Pass),
        (custom_time("tool_call").mean().within(ms(20)..=ms(27)), Verdict::Pass),
        (custom_count("documents").mean().at_least(3), Verdict::Pass),
        (custom_count("documents").mean().at_least(4), Verdict::Miss),
        (custom_count("documents").p(0.0).at_least(2), Verdict::Pass),
        (custom_count("documents").p50().at_least(5), Verdict::Miss),
    ] {
        let text = objective.to_string();
        let (verdict, block) = verdict(&report, objective);
        assert_eq!(verdict, expected, "{text}: {block}");
    }
    assert_eq!(report.custom("tool_call").times().max(), ms(90));
    assert_eq!(
        (report.custom("documents").counts().count(), report.custom("documents").unit()),
        (400, CustomUnit::Count)
    );
}

#[test]
fn an_unknown_name_and_another_unit_pass_nothing() {
    let report = agent();
    for (objective, why) in [
        (
            custom_time("tool_cal").p50().at_most(secs(9)),
            "no task recorded values named `tool_cal` in the measured window: did you mean `tool_call`? known names are `documents`, `tool_call`",
        ),
        (custom_count("tool_call").p50().at_most(9), "`tool_call` has times and not counts: use custom_time(..)"),
        (custom_time("documents").p50().at_most(secs(9)), "`documents` has counts and not times: use custom_count(..)"),
        (custom_time("tool_call").p50().of("chat_completion").at_most(secs(9)), "leave out `.of(..)`"),
    ] {
        let (verdict, block) = verdict(&report, objective);
        assert_eq!(verdict, Verdict::Invalid, "{block}");
        assert!(block.contains(why), "{block}");
    }
    assert!(report.try_custom("nothing").is_none());
}

#[test]
#[should_panic(expected = "`documents` has counts and not times")]
fn counts_are_no_times() {
    let _ = agent().custom("documents").times();
}

#[test]
fn a_run_has_what_its_tasks_recorded_in_the_window() {
    #[sse_user]
    impl Agent {
        #[task]
        async fn act(ctx: &mut Context) -> TaskResult {
            let begun = Timestamp::now();
            ctx.sse_request("/").name("call").send().await?;
            ctx.record_time("call", Timestamp::now() - begun);
            ctx.record_count("odd", ctx.user_index());
            ctx.record_time("odd", ms(1));
            Ok(())
        }

        #[on_stop]
        async fn leave(ctx: &mut Context) {
            constant(ms(0)).pass(ctx).await;
            ctx.record_count("goodbyes", 1);
        }
    }

    let server = MockServer::builder().tokens(2).start();
    let test = Agent::load_test("agent").host(server.url()).users(2).max_tasks(60).run_time(secs(60));
    let report = test.run();
    let (calls, requests) = (report.custom("call").times(), report.request("call").processing_time());
    assert_eq!((calls.count(), requests.count()), (60, 60), "{report}");
    assert!(calls.min() >= requests.min(), "{report}");
    assert!(report.try_custom("goodbyes").is_none(), "a goodbye is in no window");
    assert_eq!(report.custom("odd").counts().count(), 60);
    let told = "`odd` has counts: 60 times that were recorded under it are in no figure";
    assert!(report.warnings().iter().any(|warning| warning.contains(told)), "{report}");
    report.assert([custom_time("call").max().at_most(secs(60)), custom_count("odd").max().at_most(1)]);
}
