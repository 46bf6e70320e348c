//! Headers that a user sends with every request.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use sse_load::client::BuildError;
use sse_load::mock::{Dialect, Fault, LoggedRequest, MockServer, On, Script};
use sse_load::prelude::*;

fn of<'r>(requests: &'r [LoggedRequest], path: &str, name: &str) -> Vec<Option<&'r str>> {
    requests.iter().filter(|request| request.path == path).map(|request| request.header(name)).collect()
}

mod after_a_log_in {
    use super::*;

    struct Member;

    #[sse_user(wait_time = secs(60))]
    impl Member {
        #[on_start]
        async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
            ctx.sse_request("/log-in").body("{}").send().await?;
            ctx.default_header("X-Session", format!("session-{}", ctx.user_index()))?;
            ctx.default_header("anthropic-version", "2099-01-01")?;
            Ok(Self)
        }

        #[task]
        async fn ask(&mut self, ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/ask").body("{}").send().await?;
            ctx.sse_request("/own").body("{}").header("x-session", "own").send().await?;
            ctx.anthropic("m").user("Hi").path("/typed").send().await?;
            ctx.default_header("x-session", "renewed")?;
            ctx.sse_request("/renewed").body("{}").send().await?;
            ctx.http().get(format!("{}/plain", ctx.host())).send().await?;
            Ok(())
        }
    }

    #[test]
    fn they_go_with_every_later_request_of_this_user() {
        let anthropic = Script::new().tokens(1).dialect(Dialect::Anthropic);
        let server = MockServer::builder().tokens(1).path("/typed", anthropic).start();
        let report = Member::load_test("headers").host(server.url()).users(2).run_time(ms(300)).run();
        assert_eq!((report.total().failures(), report.task_error_count()), (0, 0), "{report}");
        let requests = server.requests();
        let sessions = |path| {
            let mut sessions = of(&requests, path, "x-session");
            sessions.sort_unstable();
            sessions
        };
        assert_eq!(sessions("/log-in"), [None, None]);
        assert_eq!(sessions("/ask"), [Some("session-0"), Some("session-1")]);
        assert_eq!(sessions("/own"), [Some("own"), Some("own")]);
        assert_eq!(sessions("/typed"), [Some("session-0"), Some("session-1")]);
        assert_eq!(sessions("/renewed"), [Some("renewed"), Some("renewed")]);
        assert_eq!(sessions("/plain"), [None, None]);
        assert_eq!(of(&requests, "/typed", "anthropic-version"), [Some("2099-01-01"); 2], "it wins over the API's own");
    }
}

mod of_arrivals {
    use super::*;

    struct Caller;

    #[sse_user]
    impl Caller {
        #[on_start]
        #[expect(clippy::unused_async, reason = "a start is async, whether it waits for something or not")]
        async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
            ctx.default_header("x-start", "given")?;
            Ok(Self)
        }

        #[task]
        async fn call(&mut self, ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/first").body("{}").send().await?;
            ctx.default_header("x-start", "changed")?;
            ctx.sse_request("/second").body("{}").send().await?;
            Ok(())
        }
    }

    #[test]
    fn each_begins_with_those_of_the_start() {
        let server = MockServer::builder().tokens(1).start();
        let arrivals = Arrivals::at([ms(0), ms(10), ms(20)]);
        let report = Caller::load_test("arrivals")
            .host(server.url())
            .arrivals(arrivals)
            .max_users(1)
            .max_tasks(3)
            .run_time(secs(60))
            .run();
        assert_eq!(report.total().successes(), 6, "{report}");
        let requests = server.requests();
        assert_eq!(of(&requests, "/first", "x-start"), [Some("given"); 3]);
        assert_eq!(of(&requests, "/second", "x-start"), [Some("changed"); 3]);
    }
}

#[test]
fn a_user_that_begins_anew_has_none() {
    static TASKS: AtomicU64 = AtomicU64::new(0);

    #[sse_user]
    impl Fragile {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/ask").body("{}").send().await?;
            ctx.default_header("x-task", "set")?;
            assert!(TASKS.fetch_add(1, SeqCst) > 0, "the first goes wrong");
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let report = Fragile::load_test("anew").host(server.url()).max_tasks(3).run();
    assert_eq!(report.panic_count(), 1, "{report}");
    assert_eq!(of(&server.requests(), "/ask", "x-task"), [None, None, Some("set")]);
}

#[test]
fn what_is_no_header_is_refused_and_no_value_is_shown() {
    static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    const VALUE: &str = "swordfish";

    #[sse_user(wait_time = secs(60))]
    impl Secretive {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            assert_eq!(ctx.default_header("no name", VALUE), Err(BuildError::HeaderName("no name".to_owned())));
            let refused = ctx.default_header("x-plain", format!("{VALUE}\n")).expect_err("a line break");
            assert_eq!(refused, BuildError::HeaderValue("x-plain".to_owned()));
            ctx.default_header("x-plain", VALUE)?;
            let error = ctx.sse_request("/").send().await.expect_err("the server refuses it");
            ERRORS.lock().expect("no panic").extend([refused.to_string(), error.to_string(), format!("{error:?}")]);
            Ok(())
        }
    }

    let quote = Fault::status(401).body(format!("{VALUE} is wrong"));
    let server = MockServer::builder().script(Script::new().fault(quote, On::all())).start();
    let report = Secretive::load_test("secretive").host(server.url()).run_time(ms(200)).run();
    assert_eq!((report.total().failures(), report.panic_count()), (1, 0), "{report}");
    let errors = ERRORS.lock().expect("no panic").join("\n");
    for text in [errors, report.to_string()] {
        assert!(!text.contains(VALUE) && text.contains("[redacted] is wrong"), "{text}");
    }
}
