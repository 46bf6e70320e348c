//! The life of a user: start, tasks, stop; errors and panics on the way.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;
use sse_load::sample::FailureClass;

use super::{visit, visits};

mod with_state {
    use super::*;

    struct Member {
        served: u32,
    }

    #[sse_user(wait_time = ms(20))]
    impl Member {
        #[on_start]
        async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
            visit(ctx, "start").await?;
            Ok(Self { served: 0 })
        }

        #[task]
        async fn ask(&mut self, ctx: &mut Context) -> TaskResult {
            self.served += 1;
            visit(ctx, self.served).await
        }

        #[on_stop]
        async fn leave(&mut self, ctx: &mut Context) -> TaskResult {
            visit(ctx, "stop").await
        }
    }

    #[test]
    fn a_user_starts_once_keeps_its_state_and_stops_once() {
        let server = MockServer::builder().tokens(2).start();
        let report = Member::load_test("members").host(server.url()).users(4).run_time(ms(500)).run();
        let visits = visits(&server);
        assert_eq!(visits.len(), 4);
        for (user, visits) in visits {
            let asked = visits.len().saturating_sub(2);
            assert!(asked > 0, "user {user}: {visits:?}");
            let tasks = (1..=asked).map(|number| number.to_string());
            let expected = ["start".to_owned()].into_iter().chain(tasks).chain(["stop".to_owned()]);
            assert_eq!(visits, expected.collect::<Vec<_>>(), "user {user}");
        }
        // A goodbye is no load.
        assert_eq!((report.total().successes() + 4, report.total().counts().outside), (server.request_count(), 4));
        assert!(report.task_errors().is_empty(), "{:?}", report.task_errors());
    }
}

mod failing_start {
    #![expect(clippy::unused_async, reason = "a start is async, whether it waits for something or not")]

    use super::*;

    static TRIES: AtomicU32 = AtomicU32::new(0);

    struct Latecomer;

    #[sse_user(wait_time = ms(50))]
    impl Latecomer {
        #[on_start]
        async fn new(_: &mut Context) -> Result<Self, TaskError> {
            if TRIES.fetch_add(1, SeqCst) == 0 { Err(TaskError::new("no seat left")) } else { Ok(Self) }
        }

        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            visit(ctx, "ask").await
        }
    }

    #[test]
    fn a_start_that_fails_is_counted_and_tried_again() {
        let server = MockServer::builder().tokens(1).start();
        let report = Latecomer::load_test("latecomer").host(server.url()).run_time(ms(1_600)).run();
        assert_eq!(TRIES.load(SeqCst), 2);
        let [error] = report.task_errors() else { panic!("one error: {:?}", report.task_errors()) };
        assert_eq!((error.message.as_str(), error.count, error.origin.task), ("no seat left", 1, "on_start"));
        assert!(report.request("visit").successes() > 0);
    }
}

mod panicking {
    use super::*;

    const PANIC_LINE: u32 = line!() + 13;

    #[derive(Default)]
    struct Fragile {
        asked: u32,
    }

    #[sse_user(wait_time = ms(50))]
    impl Fragile {
        #[task]
        async fn ask(&mut self, ctx: &mut Context) -> TaskResult {
            self.asked += 1;
            let user = ctx.user_index();
            assert!(user > 0 || self.asked == 1, "broken by user {user}");
            visit(ctx, self.asked).await
        }

        #[on_stop]
        async fn leave(&mut self, ctx: &mut Context) -> TaskResult {
            visit(ctx, "stop").await
        }
    }

    #[test]
    fn a_panic_is_counted_where_it_stands_and_its_user_begins_anew() {
        let server = MockServer::builder().tokens(1).start();
        let report = Fragile::load_test("fragile").host(server.url()).users(2).run_time(ms(1_600)).run();

        let [panic] = report.panics() else { panic!("one place: {:?}", report.panics()) };
        assert_eq!((panic.message.as_str(), panic.origin.task), ("broken by user 0", "ask"));
        assert!(panic.location.ends_with(&format!("lives.rs:{PANIC_LINE}")), "{}", panic.location);
        assert_eq!(panic.count, report.panic_count());

        let visits = visits(&server);
        let starts = visits["0"].iter().filter(|what| *what == "1").count();
        assert!(starts >= 2, "user 0 began once: {:?}", visits["0"]);
        assert!(visits["0"].iter().all(|what| what == "1"), "state survived a panic: {:?}", visits["0"]);
        assert_eq!(visits["1"].iter().filter(|what| *what == "1").count(), 1);
        assert_eq!(visits["1"].last().map(String::as_str), Some("stop"));
    }

    #[test]
    fn panics_miss_unless_they_are_allowed() {
        let server = MockServer::builder().tokens(1).start();
        let report = Fragile::load_test("fragile").host(server.url()).run_time(ms(400)).run();
        assert_eq!(report.panic_count(), 1);
        let verdicts = report.check([request_count().at_least(1_u64)]);
        assert!(!verdicts.passed());
        assert_eq!(verdicts.count(Verdict::Miss), 1, "{verdicts}");
        let block = verdicts.to_string();
        assert!(block.contains("MISS  panics") && block.contains("at most 0"), "{block}");
        assert!(report.check([panics().at_most(1_u64)]).passed());
    }
}

#[test]
fn a_run_whose_every_task_panics_misses_too() {
    #[sse_user]
    impl Hopeless {
        #[task]
        #[expect(clippy::unused_async, reason = "a task is async, whether it waits for something or not")]
        async fn never(_: &mut Context) {
            panic!("before any request");
        }
    }

    let report = Hopeless::load_test("hopeless").host("http://127.0.0.1:9").run_time(ms(200)).run();
    let verdicts = report.check([]);
    assert!(!verdicts.passed());
    let block = verdicts.to_string();
    assert!(block.contains("MISS  panics"), "{block}");
}

#[test]
fn a_panic_within_a_check_fails_its_request_once() {
    #[sse_user]
    impl Strict {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let check = |reply: &Reply| -> Result<(), String> { panic!("no reply is good: {}", reply.text().len()) };
            ctx.sse_request("/").name("strict").validate(check).send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().tokens(1).start();
    let report = Strict::load_test("strict").host(server.url()).run_time(ms(300)).run();
    let strict = report.request("strict");
    assert_eq!((report.panic_count(), strict.failures(), strict.successes()), (1, 1, 0));
    assert_eq!(strict.failures_by_class().get(&FailureClass::Panic), Some(&1));
    assert_eq!(server.request_count(), 1);
}

#[test]
fn errors_of_tasks_are_counted_and_failed_requests_only_once() {
    #[sse_user(wait_time = ms(5))]
    impl Grumbler {
        #[task]
        async fn grumble(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/fine").send().await?;
            Err(TaskError::new("the quota is used up"))
        }

        #[task]
        async fn fail(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/broken").send().await?;
            Ok(())
        }
    }

    let overloaded = Fault::status(503).body("overloaded");
    let server = MockServer::builder()
        .path("/fine", Script::new().tokens(1))
        .path("/broken", Script::new().fault(overloaded, On::all()))
        .start();
    let report = Grumbler::load_test("grumbler").host(server.url()).users(4).seed(1).run_time(ms(400)).run();

    let [error] = report.task_errors() else { panic!("one cause: {:?}", report.task_errors()) };
    assert_eq!((error.message.as_str(), error.origin.task), ("the quota is used up", "grumble"));
    assert_eq!(error.count, report.request("/fine").successes());
    let seen = |path| server.requests().iter().filter(|request| request.path == path).count() as u64;
    assert_eq!((report.total().failures(), report.request("/broken").failures()), (seen("/broken"), seen("/broken")));
    let [failure] = report.failures() else { panic!("one cause: {:?}", report.failures()) };
    assert_eq!((failure.summary.as_str(), failure.count), ("HTTP 503 Service Unavailable", seen("/broken")));
    let ran = |name| report.tasks().iter().any(|ran| ran.origin.task == name);
    assert!(!ran("grumble") && !ran("fail"), "only tasks without an error count as run: {:?}", report.tasks());
    let verdicts = report.check([task_errors().at_most(0)]);
    assert_eq!(verdicts.count(Verdict::Miss), 1, "{verdicts}");
    assert!(report.check([task_errors().at_most(1_000_000)]).passed(), "{report}");
}

mod with_a_drop_that_panics {
    use super::*;

    struct Fragile;

    impl Drop for Fragile {
        fn drop(&mut self) {
            panic!("broken");
        }
    }

    #[sse_user(wait_time = ms(10))]
    impl Fragile {
        #[on_start]
        async fn new(_ctx: &mut Context) -> Result<Self, TaskError> {
            tokio::task::yield_now().await;
            Ok(Self)
        }

        #[task]
        async fn ask(&mut self, ctx: &mut Context) -> TaskResult {
            visit(ctx, "ask").await
        }
    }

    #[test]
    fn the_panic_is_counted_and_the_run_goes_on() {
        let server = MockServer::builder().tokens(1).start();
        let report = Fragile::load_test("fragile").host(server.url()).users(4).run_time(ms(200)).run();
        assert_eq!(report.total().successes(), server.request_count());
        assert_eq!(report.panic_count(), 4);
        assert_eq!((report.panics()[0].message.as_str(), report.panics()[0].origin.task), ("broken", "drop"));
    }
}

mod with_a_client_of_its_own {
    use std::io::Read as _;
    use std::net::{Ipv4Addr, SocketAddr, TcpListener};

    use tokio::net::TcpStream;

    use super::*;

    const USERS: u64 = 3;

    /// Speaks to a second server over a connection that only it knows.
    struct Twofold {
        other: TcpStream,
    }

    #[sse_user(wait_time = ms(20))]
    impl Twofold {
        #[on_start]
        async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
            Ok(Self { other: TcpStream::connect(*ctx.shared::<SocketAddr>()).await? })
        }

        #[task]
        async fn ask(&mut self, ctx: &mut Context) -> TaskResult {
            self.other.writable().await?;
            self.other.try_write(b".")?;
            visit(ctx, "ask").await
        }
    }

    #[test]
    fn it_lives_as_long_as_its_user() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        // Each connection is read to its end, which comes with that of its user.
        let other = std::thread::spawn(move || {
            let mut connections: Vec<_> =
                (0..USERS).map(|_| listener.accept().expect("a user that connects").0).collect();
            let length = |connection: &mut std::net::TcpStream| connection.read_to_end(&mut Vec::new());
            connections.iter_mut().map(|connection| length(connection).expect("an end")).collect::<Vec<_>>()
        });
        let server = MockServer::builder().tokens(1).start();
        let test = Twofold::load_test("twofold").host(server.url()).users(USERS).share(address).run_time(ms(200));
        let report = test.run();
        let asked = other.join().expect("no panic");
        assert!(asked.iter().all(|asked| *asked > 0), "{asked:?}");
        assert_eq!(asked.iter().sum::<usize>() as u64, server.request_count());
        assert_eq!((report.total().successes(), report.task_error_count()), (server.request_count(), 0), "{report}");
    }
}
