//! Flows that several tasks share: functions that take the context.

use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;

/// A flow of no class.
async fn log_in(ctx: &mut Context) -> Result<(), RequestError> {
    ctx.sse_request("/login").send().await?;
    Ok(())
}

/// What was asked for, in its order.
fn paths(server: &MockServer) -> Vec<String> {
    server.requests().into_iter().map(|request| request.path).collect()
}

mod without_state {
    use super::*;

    #[sse_user(tasks = in_order)]
    impl Visitor {
        #[task]
        async fn read(ctx: &mut Context) -> TaskResult {
            Self::enter(ctx, "reader").await?;
            ctx.sse_request("/read").send().await?;
            Ok(())
        }

        #[task]
        async fn write(ctx: &mut Context) -> Result<(), RequestError> {
            Self::enter(ctx, "writer").await?;
            ctx.sse_request("/write").send().await?;
            Ok(())
        }

        /// A flow of the block, with an argument of its own, and another flow within it.
        async fn enter(ctx: &mut Context, who: &str) -> Result<(), RequestError> {
            log_in(ctx).await?;
            ctx.sse_request(format!("/enter/{who}")).send().await?;
            Ok(())
        }
    }

    #[test]
    fn tasks_share_functions_of_the_block_and_others() {
        let server = MockServer::builder().tokens(1).start();
        let report = Visitor::load_test("flows").host(server.url()).max_tasks_per_user(2).run();
        assert_eq!(paths(&server), ["/login", "/enter/reader", "/read", "/login", "/enter/writer", "/write"]);
        assert_eq!((report.request("/login").successes(), report.tasks().len()), (2, 2), "a flow is no task: {report}");
    }

    #[test]
    fn an_error_ends_the_flow_and_its_task_and_is_counted_once() {
        let broken = Script::new().fault(Fault::status(401), On::all());
        let server = MockServer::builder().tokens(1).path("/enter/writer", broken).start();
        let report = Visitor::load_test("broken_flow").host(server.url()).max_tasks_per_user(3).run();
        let second_round = ["/login", "/enter/reader", "/read"];
        assert_eq!(paths(&server)[3..], [&["/login", "/enter/writer"][..], &second_round].concat());
        let [failure] = report.failures() else { panic!("one cause: {:?}", report.failures()) };
        assert_eq!((failure.count, failure.origin.task), (1, "write"), "the task that called the flow: {failure:?}");
        assert!(report.task_errors().is_empty(), "{:?}", report.task_errors());
    }
}

mod with_state {
    use super::*;

    #[derive(Default)]
    struct Reader {
        pages: u32,
    }

    #[sse_user(tasks = in_order)]
    impl Reader {
        #[task]
        async fn read(&mut self, ctx: &mut Context) -> TaskResult {
            log_in(ctx).await?;
            self.browse(ctx).await?;
            self.browse(ctx).await?;
            Ok(())
        }

        #[task]
        async fn search(&mut self, ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/search").send().await?;
            self.browse(ctx).await?;
            Ok(())
        }

        async fn browse(&mut self, ctx: &mut Context) -> Result<(), RequestError> {
            self.pages += 1;
            ctx.sse_request(format!("/page/{}", self.pages)).send().await?;
            Ok(())
        }
    }

    #[test]
    fn a_flow_may_change_the_user() {
        let server = MockServer::builder().tokens(1).start();
        let report = Reader::load_test("reader").host(server.url()).max_tasks_per_user(3).run();
        let first = ["/login", "/page/1", "/page/2", "/search", "/page/3"];
        assert_eq!(paths(&server), [&first[..], &["/login", "/page/4", "/page/5"]].concat());
        assert_eq!(report.total().failures(), 0);
    }
}
