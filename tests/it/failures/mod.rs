//! How requests fail: the class, what is said of it, and what counts as no failure.

mod cases;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, OnceLock};

use sse_load::client::{BuildError, HostError, SseRequest};
use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;
use sse_load::run::{PlanError, RunError};
use sse_load::sample::FailureClass;

use self::cases::{CASES, Case, server_of_failures, stalled};
use crate::raw_server::RawServer;

#[test]
fn each_class_of_failure_is_told_apart_and_says_what_happened() {
    /// The address of the raw server, and one that nobody listens on.
    static ELSEWHERE: OnceLock<(String, String)> = OnceLock::new();
    static OUTCOMES: Mutex<BTreeMap<&str, RequestError>> = Mutex::new(BTreeMap::new());

    fn request<'c>(ctx: &'c mut Context, path: &str) -> SseRequest<'c> {
        let (raw, nobody) = ELSEWHERE.get().expect("the servers run");
        let url = match path {
            "/refused" => format!("{nobody}{path}"),
            "/closed" | "/limited" | "/redirect" | "/compressed" | "/compressed-error" => format!("{raw}{path}"),
            _ => path.to_owned(),
        };
        let request = ctx.sse_request(url).name(path);
        match path {
            // Silence is a stall only after the first generated event.
            "/mute" | "/pings" => request.ttft_timeout(ms(50)).stall_timeout(ms(1)),
            "/many-events" => request.max_events(100),
            "/many-bytes" => request.max_body_bytes(9_999),
            "/stall" => request.stall_timeout(ms(50)),
            "/endless" => request.timeout(ms(50)),
            "/refused-reply" => request.validate(|reply| Err::<(), _>(format!("expected 42, came {}", reply.text()))),
            _ => request,
        }
    }

    #[sse_user(wait_time = secs(60))]
    impl Failing {
        #[task]
        async fn fail(ctx: &mut Context) -> TaskResult {
            let path = CASES[usize::try_from(ctx.user_index())?].path;
            let error = request(ctx, path).send().await.err().ok_or_else(|| TaskError::new("it did not fail"))?;
            OUTCOMES.lock().expect("no panic").insert(path, error.clone());
            Err(error.into())
        }
    }

    let server = server_of_failures();
    let raw = RawServer::start(|path| match path {
        "/limited" => "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 9\r\n\r\nslow down",
        "/compressed" => {
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x08\x08\0"
        }
        "/compressed-error" => {
            "HTTP/1.1 502 Bad Gateway\r\ncontent-encoding: GZIP\r\ncontent-length: 4\r\n\r\n\x1f\x08\x08\0"
        }
        "/redirect" => "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
        _ => "",
    });
    // Bound and not listening: nobody answers, and nobody else gets the port.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    let _inside = runtime.enter();
    let bound = tokio::net::TcpSocket::new_v4().expect("a socket");
    bound.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let nobody = format!("http://{}", bound.local_addr().expect("an address"));
    ELSEWHERE.get_or_init(|| (raw.url().to_owned(), nobody));

    let users = CASES.len() as u64;
    let report = Failing::load_test("failures").host(server.url()).users(users).run_time(secs(1)).run();
    let outcomes = OUTCOMES.lock().expect("no panic");
    for Case { path, class, summary, detail } in CASES {
        let figures = report.request(path);
        assert_eq!((figures.count(), figures.failures()), (1, 1), "{path}\n{report}");
        assert_eq!(figures.failures_by_class(), &BTreeMap::from([(class, 1)]), "{path}");
        let of_path: Vec<_> = report.failures().iter().filter(|failure| failure.request == path).collect();
        let [of_path] = of_path[..] else { panic!("{path} has {} causes", of_path.len()) };
        assert_eq!((of_path.class, of_path.summary.as_str(), of_path.count), (class, summary, 1), "{path}");
        assert!(of_path.example.contains(detail), "{path}: {}", of_path.example);
        assert!(!of_path.example.contains(char::is_control), "{path}: {}", of_path.example);
        assert_eq!((of_path.origin.user, of_path.origin.task), ("Failing", "fail"));
        let RequestError::Failed(failure) = &outcomes[path] else { panic!("{path}: {:?}", outcomes[path]) };
        assert_eq!((failure.class, &*failure.summary, &failure.detail), (class, summary, &of_path.example), "{path}");
        assert!(outcomes[path].to_string().starts_with(summary), "{path}");
    }
    assert!(report.task_errors().is_empty(), "a failed request is no error of its task as well\n{report}");
    assert_eq!((report.total().successes(), report.total().failures()), (0, users));
    let by_class: u64 = report.total().failures_by_class().values().sum();
    assert_eq!(by_class, users);
    assert_eq!(report.total().ttft().p50(), std::time::Duration::MAX);
    assert!(!report.check([error_rate().at_most(0.5)]).passed());
    let printed = report.to_string();
    assert!(printed.contains("HTTP 503 Service Unavailable") && printed.contains("overloaded"), "{printed}");
}

#[test]
fn what_can_t_be_built_is_an_error_of_its_task_and_no_request() {
    static OUTCOMES: Mutex<Vec<BuildError>> = Mutex::new(Vec::new());
    static SERVER: OnceLock<String> = OnceLock::new();

    async fn refused(request: SseRequest<'_>) -> TaskResult {
        match request.send().await {
            Err(RequestError::Build(error)) => {
                OUTCOMES.lock().expect("no panic").push(error.clone());
                Err(RequestError::Build(error).into())
            }
            other => Err(TaskError::new(format!("it was not refused: {other:?}"))),
        }
    }

    #[sse_user(wait_time = secs(60))]
    impl Homeless {
        #[task]
        async fn build(ctx: &mut Context) -> TaskResult {
            let url = SERVER.get().expect("the server runs");
            match ctx.user_index() {
                0 => refused(ctx.sse_request(url).header("no name", "x")).await,
                1 => refused(ctx.sse_request(url).header("x-key", "sk-123456\n")).await,
                2 => refused(ctx.sse_request(url).bearer_auth("sk-123456\n")).await,
                3 => refused(ctx.sse_request(url).method("NO METHOD")).await,
                4 => refused(ctx.sse_request(url).json(&BTreeMap::from([([1, 2], 3)]))).await,
                5 => refused(ctx.sse_request("/no-host")).await,
                6 => refused(ctx.sse_request("localhost:8080/no-scheme")).await,
                7 => refused(ctx.sse_request("http://[no-url")).await,
                // The first mistake is the one that is told.
                8 => refused(ctx.sse_request(url).method("").header("", "")).await,
                _ => {
                    // A whole URL needs no host.
                    ctx.sse_request(url).name("whole").send().await?;
                    Ok(())
                }
            }
        }
    }

    let server = MockServer::start();
    SERVER.get_or_init(|| server.url());
    let report = Homeless::load_test("unbuilt").users(10).run_time(secs(1)).run();
    assert_eq!(report.requests().len(), 1, "{report}");
    assert_eq!((report.request("whole").successes(), server.request_count()), (1, 1), "{report}");
    let outcomes = OUTCOMES.lock().expect("no panic");
    assert_eq!(outcomes.len(), 9, "{report}");
    let refused = |expected: &BuildError| outcomes.iter().filter(|error| *error == expected).count();
    assert_eq!(refused(&BuildError::HeaderName("no name".to_owned())), 1);
    assert_eq!(refused(&BuildError::HeaderValue("x-key".to_owned())), 1);
    assert_eq!(refused(&BuildError::HeaderValue("authorization".to_owned())), 1);
    assert_eq!(refused(&BuildError::Method("NO METHOD".to_owned())), 1);
    assert_eq!(refused(&BuildError::Method(String::new())), 1);
    assert_eq!(refused(&BuildError::NoHost), 3);
    assert_eq!(outcomes.iter().filter(|error| matches!(error, BuildError::Json(_))).count(), 1);
    let messages: Vec<_> = report.task_errors().iter().map(|error| (error.count, error.message.as_str())).collect();
    assert_eq!(messages.iter().map(|(count, _)| count).sum::<u64>(), 9, "{messages:?}");
    assert!(
        messages.iter().all(|(_, message)| message.starts_with("the request could not be built: ")),
        "{messages:?}"
    );
    assert!(!report.to_string().contains("sk-123456"));
}

#[test]
fn a_host_that_is_none_stops_the_test_before_it_starts() {
    #[sse_user(host = "localhost:8080")]
    impl Astray {
        #[task]
        async fn never(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").send().await?;
            Ok(())
        }
    }

    let refused = |host: Option<&str>| {
        let test = Astray::load_test("astray");
        let test = if let Some(host) = host { test.host(host) } else { test };
        match test.try_run() {
            Err(RunError::Plan { error: PlanError::Host { class: "Astray", error }, .. }) => error,
            other => panic!("expected an error of the host, came {other:?}"),
        }
    };
    assert_eq!(refused(None), HostError::NoScheme("localhost:8080".to_owned()));
    assert_eq!(refused(Some(" ")), HostError::Empty);
    assert!(matches!(refused(Some("ftp://h")), HostError::NoUrl(_)));
}

#[test]
fn a_panic_within_a_request_fails_it_and_one_after_it_does_not() {
    #[sse_user]
    impl Panicking {
        #[task]
        async fn panic(ctx: &mut Context) -> TaskResult {
            if ctx.user_index() == 0 {
                ctx.sse_request("/")
                    .name("within")
                    .validate(|_| -> Result<(), String> { panic!("no 42") })
                    .send()
                    .await?;
            }
            let reply = ctx.sse_request("/").name("after").send().await?;
            assert!(reply.text().contains("42"), "no {} in it", 42);
            Ok(())
        }
    }

    let server = MockServer::start();
    let report = Panicking::load_test("panics").host(server.url()).users(2).run_time(ms(500)).run();
    let within = report.request("within");
    assert_eq!(within.failures_by_class(), &BTreeMap::from([(FailureClass::Panic, within.count())]), "{report}");
    let after = report.request("after");
    assert_eq!((after.failures(), after.successes()), (0, after.count()), "{report}");
    assert_eq!(report.panic_count(), within.count() + after.count(), "{report}");
    assert_eq!(report.panics().iter().map(|panic| panic.count).sum::<u64>(), report.panic_count());
    let messages: Vec<_> = report.panics().iter().map(|panic| panic.message.as_str()).collect();
    assert!(messages.contains(&"no 42") && messages.contains(&"no 42 in it"), "{messages:?}");
    let here = |panic: &sse_load::report::PanicSummary| panic.location.starts_with(file!());
    assert!(report.panics().iter().all(here), "{report}");
    assert!(report.task_errors().is_empty(), "{report}");

    let missed = report.check([error_rate().at_most(1.0)]);
    assert_eq!((missed.count(Verdict::Miss), missed.count(Verdict::Pass)), (1, 1), "{missed}");
    assert!(report.check([panics().at_most(report.panic_count())]).passed());
    let refused = catch_unwind(AssertUnwindSafe(|| report.assert([])));
    assert!(refused.is_err());
}

#[test]
fn data_that_is_no_json_is_a_warning_and_no_failure() {
    #[sse_user]
    impl Reading {
        #[task]
        async fn read(ctx: &mut Context) -> TaskResult {
            let reply = ctx.sse_request("/chat").send().await?;
            let seen = (reply.malformed_events(), reply.events().count());
            if seen == (1, 4) { Ok(()) } else { Err(TaskError::new(format!("{seen:?}"))) }
        }
    }

    let server = MockServer::builder().tokens(4).fault(Fault::NonJson { after: 2 }, On::all()).start();
    let report = Reading::load_test("no_json").host(server.url()).run_time(ms(300)).run();
    let chat = report.request("/chat");
    assert!(chat.successes() > 0 && chat.failures() == 0 && report.task_errors().is_empty(), "{report}");
    assert_eq!(chat.counts().malformed_events, chat.successes());
    let [odd] = report.malformed() else { panic!("{report}") };
    assert_eq!((odd.request.as_str(), odd.requests), ("/chat", chat.successes()));
    assert!(odd.example.contains("this is not JSON"), "{}", odd.example);
    report.assert([error_rate().at_most(0.0)]);
}

#[test]
fn what_a_task_drops_or_the_run_cuts_off_is_neither_success_nor_failure() {
    static STOPPED: Mutex<Vec<RequestError>> = Mutex::new(Vec::new());

    #[sse_user(wait_time = secs(60))]
    impl Impatient {
        #[task]
        async fn leave(ctx: &mut Context) -> TaskResult {
            match ctx.user_index() {
                0 => {
                    let request = ctx.sse_request("/stall").name("dropped").send();
                    assert!(tokio::time::timeout(ms(400), request).await.is_err());
                }
                1 => drop(ctx.sse_request("/stall").name("cut off").send().await?),
                _ => {
                    // It begins within the window and ends after it; the next one begins too late.
                    ctx.sse_request("/slow").name("in time").send().await?;
                    let error = ctx.sse_request("/slow").name("too late").send().await.err();
                    STOPPED.lock().expect("no panic").extend(error.clone());
                    if let Some(error) = error {
                        return Err(error.into());
                    }
                }
            }
            Ok(())
        }
    }

    let slow = Script::new().ttft(ms(700)).tokens(2);
    let server = MockServer::builder().path("/stall", stalled(1)).path("/slow", slow).start();
    let test = Impatient::load_test("unfinished").host(server.url()).users(3).run_time(ms(500));
    let report = test.stop_timeout(secs(2)).run();
    for (name, hung_up, cut_off, succeeded) in [("dropped", 1, 0, 0), ("cut off", 0, 1, 0), ("in time", 0, 0, 1)] {
        let counts = report.request(name).counts();
        let seen = (counts.hung_up, counts.cut_off, counts.succeeded, counts.failed);
        assert_eq!(seen, (hung_up, cut_off, succeeded, 0), "{name}\n{report}");
    }
    assert_eq!(STOPPED.lock().expect("no panic").as_slice(), [RequestError::Stopped]);
    assert!(report.try_request("too late").is_none(), "{report}");
    assert!(report.task_errors().is_empty() && report.panic_count() == 0, "{report}");
    assert_eq!((report.total().count(), report.total().counts().started(), server.request_count()), (1, 3, 3));
    assert!(report.drained() >= secs(2), "the stop time-out was given in full");
    let nothing = catch_unwind(AssertUnwindSafe(|| report.request("dropped").ttft().p95()));
    let message = nothing.expect_err("no sample").downcast::<String>().expect("a message");
    assert!(message.contains("1 were hung up"), "{message}");
    assert_eq!(report.check([error_rate().of("dropped").at_most(0.0)]).count(Verdict::Invalid), 1);
}
