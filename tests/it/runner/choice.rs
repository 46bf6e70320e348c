//! Which task is next.

use sse_load::mock::MockServer;
use sse_load::prelude::*;

mod by_weight {
    #![expect(clippy::unused_async, reason = "a task is async, whether it waits for something or not")]

    use super::*;

    #[sse_user]
    impl Idler {
        #[task(weight = 6)]
        async fn often(_: &mut Context) {}

        #[task(weight = 3)]
        async fn at_times(_: &mut Context) {}

        #[task]
        async fn rarely(_: &mut Context) {}
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
    fn tasks_are_chosen_in_proportion_to_their_weights() {
        let report = Idler::load_test("weights").users(2).seed(1).run_time(ms(300)).run();
        let count = |name| {
            let task = report.tasks().iter().find(|ran| ran.origin.task == name);
            task.map_or(0, |ran| ran.count)
        };
        let (often, at_times, rarely) = (count("often"), count("at_times"), count("rarely"));
        let all = often + at_times + rarely;
        assert!(all >= 500, "only {all} tasks ran");
        for (count, share) in [(often, 0.5..0.7), (at_times, 0.2..0.4), (rarely, 0.04..0.2)] {
            let measured = count as f64 / all as f64;
            assert!(share.contains(&measured), "{count} of {all} is not within {share:?}");
        }
    }
}

#[sse_user]
impl Replayer {
    #[task(weight = 2)]
    async fn a(ctx: &mut Context) -> TaskResult {
        visit(ctx, "a").await
    }

    #[task]
    async fn b(ctx: &mut Context) -> TaskResult {
        visit(ctx, "b").await
    }

    #[task]
    async fn c(ctx: &mut Context) -> TaskResult {
        visit(ctx, "c").await
    }
}

/// The path tells the task and a choice of the task's own.
async fn visit(ctx: &mut Context, task: &str) -> TaskResult {
    let choice = ctx.choose(&[1, 2, 3]);
    ctx.sse_request(format!("/{task}{choice}")).name("visit").send().await?;
    Ok(())
}

/// The choices of one user's run, in their order.
fn choices(seed: u64) -> Vec<String> {
    let server = MockServer::builder().tokens(1).start();
    let report = Replayer::load_test("replay").host(server.url()).seed(seed).run_time(ms(400)).run();
    assert_eq!(report.seed(), seed);
    let choices: Vec<_> = server.requests().into_iter().map(|request| request.path).collect();
    assert!(choices.len() >= 6, "only {} requests: too few to compare", choices.len());
    choices
}

#[test]
fn a_seed_replays_every_choice_and_another_seed_does_not() {
    let (first, again, other) = (choices(7), choices(7), choices(8));
    let both = first.len().min(again.len());
    assert_eq!(first[..both], again[..both]);
    assert_ne!(first[..6], other[..6]);
}

#[test]
fn a_run_without_a_seed_takes_a_new_one_each_time() {
    let server = MockServer::builder().tokens(1).start();
    let seed = || Replayer::load_test("fresh_seed").host(server.url()).run_time(ms(50)).run().seed();
    assert_ne!(seed(), seed());
}
