//! Whom users share connections with.

use sse_load::mock::{MockServer, Script};
use sse_load::prelude::*;
use tokio::sync::Semaphore;

use super::{ask, once};

/// Asks one thing after the other.
#[sse_user]
impl HastyUser {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ask(ctx).await
    }
}

fn server() -> MockServer {
    MockServer::builder().tokens(2).start()
}

/// A run in which each user asks again and again.
fn hasty(name: &str, server: &MockServer, users: u64, connections: Connections) -> Report {
    let test = HastyUser::load_test(name).host(server.url()).users(users).threads(1).run_time(secs(1));
    let report = test.connections(connections).run();
    assert!(report.request("chat").successes() > users, "{report}");
    assert_eq!(report.request("chat").successes(), server.request_count(), "{report}");
    report
}

#[test]
fn each_user_keeps_a_connection_of_its_own() {
    let server = server();
    let report = hasty("per_user", &server, 3, Connections::per_user());
    assert_eq!(server.connection_count(), 3);
    let chat = report.request("chat");
    assert_eq!(chat.counts().reused, chat.count() - 3, "{report}");
    assert_eq!(chat.connect().count(), chat.count());
    assert_eq!(chat.connect().min(), ms(0), "{report}");
    assert!(chat.connect().max() > ms(0), "{report}");
}

#[test]
fn pooled_users_take_the_connection_that_another_left() {
    /// Set when the first user is done.
    static DONE: Semaphore = Semaphore::const_new(0);

    #[sse_user(wait_time = secs(60))]
    impl InTurn {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            if ctx.user_index() > 0 {
                DONE.acquire().await?.forget();
            }
            ask(ctx).await?;
            DONE.add_permits(1);
            Ok(())
        }
    }

    let server = server();
    let test = InTurn::load_test("in_turn").host(server.url()).users(3).threads(1).run_time(secs(1));
    let report = test.connections(Connections::pooled()).run();
    assert_eq!(report.request("chat").successes(), 3, "{report}");
    assert_eq!((server.connection_count(), report.request("chat").counts().reused), (1, 2), "{report}");
}

#[test]
fn each_request_opens_its_own_connection_where_none_is_kept() {
    let server = server();
    let report = hasty("new_each_time", &server, 2, Connections::new_each_time());
    assert_eq!(server.connection_count(), server.request_count());
    let chat = report.request("chat");
    assert_eq!(chat.counts().reused, 0, "{report}");
    assert!(chat.connect().min() > ms(0), "{report}");
    assert!(server.requests().iter().all(|request| request.header("connection") == Some("close")));
}

#[test]
fn the_streams_of_pooled_users_share_one_connection_over_http2() {
    let server = MockServer::builder().script(Script::new().tokens(2).ttft(ms(300))).start();
    let report = once("pooled_http2", &server.url(), 10, Connections::pooled().http2_prior_knowledge());
    assert_eq!(report.request("chat").successes(), 10, "{report}");
    assert_eq!(server.connection_count(), 1);
    assert!(server.peak_in_flight() > 1, "they stream at once");
    assert_eq!(report.request("chat").counts().reused, 9, "{report}");
}
