//! A request on the wire: its parts, how often it is sent, and on which connection.

use std::sync::OnceLock;
use std::thread;

use serde_json::json;
use sse_load::mock::{Dialect, Fault, Finish, LoggedRequest, MockServer, On, RawEvent, Script};
use sse_load::prelude::*;

use crate::raw_server::RawServer;

/// The one request that the server got for `path`.
fn only(server: &MockServer, path: &str) -> LoggedRequest {
    let mut requests: Vec<_> = server.requests().into_iter().filter(|request| request.path == path).collect();
    assert_eq!(requests.len(), 1, "requests for {path}");
    requests.remove(0)
}

#[test]
fn each_argument_of_the_builder_reaches_the_server() {
    #[sse_user(wait_time = secs(60))]
    impl Asking {
        #[task]
        async fn each_argument(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/plain").send().await?;
            ctx.sse_request("own")
                .header("accept", "application/x-ndjson")
                .header("Cache-Control", "max-age=1")
                .header("X-Trace", "first")
                .header("x-trace", "second")
                .send()
                .await?;
            ctx.sse_request("/query?a=1").query("b", "two words & ü").query("b", "=").send().await?;
            ctx.sse_request("/json").json(&json!({"model": "m"})).send().await?;
            ctx.sse_request("/typed").json(&json!([])).header("content-type", "application/x-own").send().await?;
            ctx.sse_request("/body").body("a\nb").send().await?;
            ctx.sse_request("/put").method("PUT").json(&1).send().await?;
            ctx.sse_request("/post").method("POST").send().await?;
            ctx.sse_request("/bearer").bearer_auth("token-123456").send().await?;
            let beside_the_prefix = ctx.host().replace("/api", "/whole?c=3");
            ctx.sse_request(beside_the_prefix).name("a whole URL").send().await?;
            Ok(())
        }
    }

    let server = MockServer::start();
    let report = Asking::load_test("builder").host(format!("{}/api/", server.url())).run_time(secs(1)).run();
    assert_eq!((report.total().successes(), server.request_count()), (10, 10), "{report}");
    assert!(report.try_request("/plain").is_some() && report.try_request("a whole URL").is_some());

    let plain = only(&server, "/api/plain");
    assert_eq!((plain.method.as_str(), plain.query.as_str(), plain.body.as_slice()), ("GET", "", &b""[..]));
    assert_eq!(plain.header("accept"), Some("text/event-stream"));
    assert_eq!(plain.header("cache-control"), Some("no-cache"));
    for absent in ["content-type", "content-length", "authorization", "referer", "cookie"] {
        assert_eq!(plain.header(absent), None, "{absent}");
    }
    assert!(plain.header("user-agent").is_some_and(|agent| agent.starts_with("sse-load/")));
    assert_eq!(plain.finished, Some(Finish::Completed));

    let own = only(&server, "/api/own");
    for (name, value) in [("accept", "application/x-ndjson"), ("cache-control", "max-age=1"), ("x-trace", "second")] {
        let values: Vec<_> = own.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect();
        assert_eq!(values, [value], "{name}");
    }

    assert_eq!(only(&server, "/api/query").query, "a=1&b=two+words+%26+%C3%BC&b=%3D");
    let json = only(&server, "/api/json");
    assert_eq!((json.method.as_str(), json.header("content-type")), ("POST", Some("application/json")));
    assert_eq!((json.body.as_slice(), json.header("content-length")), (&br#"{"model":"m"}"#[..], Some("13")));
    assert_eq!(only(&server, "/api/typed").header("content-type"), Some("application/x-own"));
    let body = only(&server, "/api/body");
    assert_eq!((body.method.as_str(), body.body.as_slice()), ("POST", &b"a\nb"[..]));
    assert_eq!(body.header("content-type"), None);
    assert_eq!(only(&server, "/api/put").method, "PUT");
    let post = only(&server, "/api/post");
    assert_eq!((post.method.as_str(), post.body.as_slice()), ("POST", &b""[..]));
    assert_eq!(only(&server, "/api/bearer").header("authorization"), Some("Bearer token-123456"));
    assert_eq!(only(&server, "/whole").query, "c=3");
}

#[test]
fn a_user_name_in_the_host_becomes_basic_authorization_and_is_never_shown() {
    #[sse_user(wait_time = secs(60))]
    impl Known {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").send().await?;
            ctx.sse_request("/own").bearer_auth("token-123456").send().await?;
            Ok(())
        }
    }

    let server = MockServer::start();
    let host = server.url().replace("//", "//me:p%40ss@");
    let report = Known::load_test("user_name").host(host).run_time(ms(500)).run();
    assert_eq!(report.total().successes(), 2, "{report}");
    // The base64 of `me:p@ss` (RFC 7617, section 2).
    assert_eq!(only(&server, "/").header("authorization"), Some("Basic bWU6cEBzcw=="));
    assert_eq!(only(&server, "/own").header("authorization"), Some("Bearer token-123456"));
    assert_eq!(report.plan().classes[0].host, server.url());
}

#[test]
fn one_call_is_one_http_request_however_it_ends() {
    const PATHS: [&str; 7] = ["/status", "/reset", "/truncated", "/error", "/fields", "/redirect", "/closed"];
    static RAW: OnceLock<RawServer> = OnceLock::new();
    static HOST: OnceLock<String> = OnceLock::new();

    fn answer(path: &str) -> &'static str {
        match path {
            "/redirect" => {
                // The mock server has no such path; what follows a redirect would be counted there.
                let host = HOST.get().expect("the host is known");
                let answer = format!(
                    "HTTP/1.1 307 Temporary Redirect\r\nlocation: {host}/followed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                answer.leak()
            }
            _ => "",
        }
    }

    #[sse_user]
    impl Failing {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let index = usize::try_from(ctx.user_index())?;
            let path = PATHS[index];
            let raw = RAW.get().expect("the server runs").url();
            let url = if matches!(path, "/redirect" | "/closed") { format!("{raw}{path}") } else { path.to_owned() };
            ctx.sse_request(url).name(path).send().await?;
            Ok(())
        }
    }

    let fault = |fault: Fault| Script::new().fault(fault, On::all());
    let asks_to_reconnect = Dialect::events([
        RawEvent::Block(b"retry: 1\nid: 7\n\n".to_vec()),
        RawEvent::Data(r#"{"choices":[{"index":0,"delta":{"content":"half"}}]}"#.to_owned()),
    ]);
    let server = MockServer::builder()
        .path("/status", fault(Fault::status(503).body("busy").into()))
        .path("/reset", fault(Fault::Reset { after: 2 }))
        .path("/truncated", fault(Fault::Truncate { after: 2 }))
        .path("/error", fault(Fault::ErrorEvent { after: 1, message: "no".to_owned() }))
        .path("/fields", Script::new().dialect(asks_to_reconnect))
        .start();
    HOST.get_or_init(|| server.url());
    let raw = RAW.get_or_init(|| RawServer::start(answer));
    let report = Failing::load_test("one_request").host(server.url()).users(PATHS.len() as u64).run_time(ms(500)).run();

    let requests = server.requests();
    for path in PATHS {
        let figures = report.request(path);
        assert_eq!((figures.successes(), figures.counts().started()), (0, figures.failures()), "{path}");
        let seen = requests.iter().filter(|request| request.path == path).count() as u64 + raw.count(path);
        assert_eq!(seen, figures.failures(), "{path}");
    }
    let begun = report.total().counts().started();
    assert_eq!(server.request_count() + raw.count("/redirect") + raw.count("/closed"), begun);
    assert!(requests.iter().all(|request| request.header("last-event-id").is_none()));
}

#[test]
fn a_user_keeps_one_connection_and_shares_it_with_nobody() {
    #[sse_user]
    impl Steady {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let path = if ctx.user_index() == 0 { "/chat" } else { "/append" };
            for _ in 0..20 {
                ctx.sse_request(path).send().await?;
            }
            Ok(())
        }
    }

    let append = Script::new().dialect(Dialect::Append).tokens(3);
    let server = MockServer::builder().path("/chat", Script::new().tokens(3)).path("/append", append).start();
    let report = Steady::load_test("keep_alive").host(server.url()).users(2).run_time(secs(1)).run();
    assert_eq!(report.total().failures(), 0, "{report}");
    assert_eq!(server.request_count(), report.total().successes());
    for path in ["/chat", "/append"] {
        assert!(report.request(path).successes() >= 20, "{report}");
    }
    assert_eq!(server.connection_count(), 2);
}

#[test]
fn a_server_that_holds_its_body_open_costs_a_connection_and_not_the_users_time() {
    #[sse_user]
    impl Patient {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let path = if ctx.user_index() == 0 { "/chat" } else { "/append" };
            // Were the end of the body waited for, the request would run into this limit and fail.
            ctx.sse_request(path).stall_timeout(secs(20)).timeout(secs(20)).send().await?;
            Ok(())
        }
    }

    let held = Script::new().tokens(2).hold(true);
    let append = held.clone().dialect(Dialect::Append);
    let server = MockServer::builder().path("/chat", held).path("/append", append).start();
    let report = Patient::load_test("held_open").host(server.url()).users(2).run_time(secs(1)).run();
    assert_eq!(report.total().failures(), 0, "{report}");
    for path in ["/chat", "/append"] {
        assert!(report.request(path).successes() >= 2, "{report}");
    }
    assert_eq!(server.connection_count(), report.total().successes());
    assert_eq!(server.request_count(), report.total().successes());
}

#[test]
fn a_server_that_closes_after_every_stream_fails_no_request() {
    // It closes without a word of it, as llama.cpp's server does.
    const STREAM: &str = concat!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nkeep-alive: timeout=5\r\n\r\n",
        "27\r\ndata: {\"type\":\"append\",\"text\":\"word\"}\n\n\r\n",
        "18\r\ndata: {\"type\":\"close\"}\n\n\r\n0\r\n\r\n",
    );

    #[sse_user]
    impl Returning {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").send().await?;
            Ok(())
        }
    }

    let server = RawServer::start(|_| STREAM);
    let report = Returning::load_test("closes").host(server.url()).users(4).run_time(ms(500)).run();
    assert_eq!(report.total().failures(), 0, "{report}");
    assert!(report.total().successes() >= 4, "{report}");
    assert_eq!(server.count("/"), report.total().successes());
}

#[test]
fn a_thousand_users_fail_nothing_and_leave_nothing_behind() {
    #[sse_user(wait_time = between(ms(100), ms(300)))]
    impl Crowd {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").send().await?;
            Ok(())
        }
    }

    let server = MockServer::builder().ttft(ms(20)).inter_token(ms(5)).tokens(3).start();
    let report = Crowd::load_test("thousand").host(server.url()).users(1_000).run_time(secs(1)).run();
    let counts = report.total().counts();
    assert_eq!((counts.failed, counts.cut_off, counts.hung_up), (0, 0, 0), "{report}");
    assert_eq!(server.request_count(), counts.succeeded + counts.failed + counts.cut_off + counts.hung_up);
    assert!(counts.succeeded > 0 && server.connection_count() <= 1_000, "{report}");
    assert!(report.task_errors().is_empty() && report.panic_count() == 0, "{report}");
    assert!(!report.warnings().iter().any(|warning| warning.contains("did not end")), "{report}");
    eventually("no connection is open", || server.open_connections() == 0);
    assert_eq!(server.in_flight(), 0);
}

/// Waits for what must come; the limit only turns a hang into a failure.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        thread::sleep(ms(10));
    }
    panic!("waited a minute for: {what}");
}
