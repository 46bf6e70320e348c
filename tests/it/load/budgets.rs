//! Runs that stop before they overspend.

use sse_load::client::Prices;
use sse_load::mock::{MockServer, Usage};
use sse_load::prelude::*;
use sse_load::report::Ending;

#[sse_user]
impl Spender {
    #[task]
    async fn spend(ctx: &mut Context) -> TaskResult {
        ctx.openai_chat("m").user("Hi").max_tokens(10).name("chat").send().await?;
        Ok(())
    }
}

/// Ten tokens a reply, five a prompt, ten at a time.
fn server() -> MockServer {
    MockServer::builder().tokens(10).prompt_tokens(5).usage(Usage::Always).ttft(ms(2)).start()
}

fn spender(server: &MockServer) -> LoadTest {
    Spender::load_test("budget").host(server.url()).users(10).run_time(secs(60))
}

#[test]
fn no_request_too_many_is_made() {
    let server = server();
    let report = spender(&server).max_requests(37).run();
    assert_eq!((server.request_count(), report.total().successes()), (37, 37), "{report}");
    assert_eq!(report.ending(), Ending::BudgetSpent);
    assert!(report.to_string().contains("budget spent after"), "{report}");
    assert!(report.to_string().contains("spent: 37 requests, 555 tokens"), "{report}");
    assert_eq!((report.task_error_count(), report.total().counts().cut_off), (0, 0), "it ends cleanly");
}

#[test]
fn tokens_are_never_overspent_and_nearly_all_are_used() {
    let server = server();
    let report = spender(&server).max_tokens(1_000).run();
    let spent = report.spent().expect("a budget").tokens;
    assert_eq!(spent, report.total().successes() * 15, "{report}");
    // A request is taken to cost its body's bytes and 10 tokens; less than that is left.
    assert!(spent <= 1_000 && spent + 160 > 1_000, "{report}");
    assert_eq!(report.ending(), Ending::BudgetSpent);
}

#[test]
fn dollars_are_never_overspent() {
    let server = server();
    // A dollar a thousand prompt tokens and ten a thousand of the reply: 10.5 cents a request.
    let report = spender(&server).max_cost(3.0, Prices::new().model("m", 1_000.0, 10_000.0)).run();
    let spent = report.spent().expect("a budget");
    #[expect(clippy::cast_precision_loss, reason = "a few requests")]
    let expected = report.total().successes() as f64 * 0.105;
    assert!((spent.usd - expected).abs() < 1e-9, "{report}");
    assert!(spent.usd <= 3.0 && spent.usd > 2.6, "{report}");

    let unpriced = spender(&server).max_cost(3.0, Prices::new().model("other", 1.0, 1.0)).max_tasks(1).run();
    assert_eq!((unpriced.total().count(), unpriced.task_error_count()), (0, 1), "{unpriced}");
    assert!(unpriced.task_errors()[0].message.contains("no price for model `m`"), "{unpriced}");
}

#[test]
fn a_budget_that_lasts_changes_nothing() {
    let server = server();
    let report = spender(&server).max_requests(1_000_000).max_tasks(20).run();
    assert_eq!((report.ending(), report.total().successes()), (Ending::Complete, 20), "{report}");
    assert_eq!(report.spent().expect("a budget").requests, 20);
    assert_eq!(spender(&server).max_tasks(1).run().spent(), None);
}

#[test]
fn goodbyes_that_fit_are_said() {
    #[sse_user]
    impl Polite {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.openai_chat("m").user("Hi").name("chat").send().await?;
            Ok(())
        }

        #[on_stop]
        async fn leave(ctx: &mut Context) -> TaskResult {
            ctx.openai_chat("m").user("Goodbye").path("/goodbye").send().await?;
            Ok(())
        }
    }

    let server = server();
    let polite = Polite::load_test("goodbyes").host(server.url()).users(20).run_time(ms(100));
    let report = polite.max_requests(1_000_000).run();
    let goodbyes = server.requests().iter().filter(|request| request.path == "/goodbye").count();
    assert_eq!((goodbyes, report.task_error_count()), (20, 0), "{report}");
}
