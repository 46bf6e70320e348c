//! Cookies: each user has its own, or none.

use sse_load::prelude::*;

use crate::raw_server::RawServer;

/// A log-in sets two cookies, one of them for a part of the paths; a visit sets another.
fn server() -> RawServer {
    RawServer::start(|path| match path {
        "/log-in" => concat!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nset-cookie: sid=s3cret-1; HttpOnly\r\n",
            "set-cookie: part=2; Path=/part\r\nconnection: close\r\n\r\n",
            "data: {\"type\":\"append\",\"text\":\"hi\"}\n\ndata: {\"type\":\"close\"}\n\n"
        ),
        "/visit" => concat!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nset-cookie: seen=3; Path=/\r\nconnection: close\r\n\r\n",
            "data: {\"type\":\"append\",\"text\":\"hi\"}\n\ndata: {\"type\":\"close\"}\n\n"
        ),
        "/refused" => "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\nwho is s3cret-1?",
        _ => concat!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
            "data: {\"type\":\"append\",\"text\":\"hi\"}\n\ndata: {\"type\":\"close\"}\n\n"
        ),
    })
}

/// The first user logs in; all ask.
#[sse_user(wait_time = secs(60))]
impl Member {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        if ctx.user_index() == 0 {
            ctx.sse_request("/log-in").send().await?;
            ctx.sse_request("/part/1").send().await?;
            ctx.http().get(format!("{}/plain", ctx.host())).send().await?;
            ctx.sse_request("/own").header("cookie", "own=4").send().await?;
            ctx.sse_request("/refused").send().await?;
            return Ok(());
        }
        // Mostly after the log-in of the other: then a jar of both would show.
        tokio::time::sleep(ms(100)).await;
        ctx.sse_request("/other").send().await?;
        Ok(())
    }
}

fn members(server: &RawServer, connections: Connections) -> Report {
    let test = Member::load_test("cookies").host(server.url()).users(2).threads(1);
    test.connections(connections).run_time(ms(300)).run()
}

#[test]
fn each_user_sends_back_its_own() {
    for connections in [Connections::per_user(), Connections::new_each_time()] {
        let server = server();
        let report = members(&server, connections.cookies());
        assert_eq!(report.task_error_count(), 0, "{report}");
        assert_eq!(server.headers("/log-in", "cookie"), [""]);
        let mut both: Vec<_> = server.headers("/part/1", "cookie")[0].split("; ").map(ToOwned::to_owned).collect();
        both.sort_unstable();
        assert_eq!(both, ["part=2", "sid=s3cret-1"]);
        assert_eq!(server.headers("/plain", "cookie"), ["sid=s3cret-1"]);
        assert_eq!(server.headers("/own", "cookie"), ["own=4"]);
        assert_eq!(server.headers("/other", "cookie"), [""], "another user");
        let text = report.to_string();
        assert!(text.contains("who is [redacted]?") && !text.contains("s3cret-1"), "{text}");
    }
}

#[test]
fn none_is_kept_by_default() {
    let server = server();
    let report = members(&server, Connections::per_user());
    assert_eq!(server.headers("/part/1", "cookie"), [""], "{report}");
}

#[test]
fn users_that_share_a_client_are_refused() {
    let test = Member::load_test("cookies").host("http://127.0.0.1:9").connections(Connections::pooled().cookies());
    let error = test.try_run().expect_err("whose would they be?").to_string();
    assert!(error.contains(".cookies()") && error.contains("use Connections::per_user().cookies()"), "{error}");
}

mod of_arrivals {
    use super::*;

    struct Visitor;

    #[sse_user]
    impl Visitor {
        #[on_start]
        async fn new(ctx: &mut Context) -> Result<Self, TaskError> {
            ctx.sse_request("/log-in").send().await?;
            Ok(Self)
        }

        #[task]
        async fn visit(&mut self, ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/visit").send().await?;
            ctx.sse_request("/again").send().await?;
            Ok(())
        }
    }

    #[test]
    fn each_begins_with_those_of_the_start() {
        let server = server();
        let test = Visitor::load_test("cookies").host(server.url()).connections(Connections::per_user().cookies());
        let arrivals = Arrivals::at([ms(0), ms(10), ms(20)]);
        let report = test.arrivals(arrivals).max_users(1).max_tasks(3).run_time(secs(60)).run();
        assert_eq!(server.count("/log-in"), 1, "{report}");
        assert_eq!(server.headers("/visit", "cookie"), ["sid=s3cret-1"; 3]);
        assert!(server.headers("/again", "cookie").iter().all(|sent| sent.contains("seen=3")));
    }
}
