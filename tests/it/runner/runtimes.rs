//! Load tests inside of the caller's own runtime.

use std::net::SocketAddr;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use sse_load::mock::MockServer;
use sse_load::prelude::*;

use crate::mock::eventually;

#[sse_user(wait_time = ms(10))]
impl Asker {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/chat").body("{}").name("chat").send().await?;
        Ok(())
    }
}

const STREAM: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: [DONE]\n\n",
);

/// A server that lives on the runtime of the test.
async fn serve() -> SocketAddr {
    let chat = post(async || ([(CONTENT_TYPE, "text/event-stream")], STREAM));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/chat", chat)).await });
    address
}

fn askers(name: &str, host: &str) -> LoadTest {
    Asker::load_test(name).host(host).users(3).run_time(ms(200))
}

fn assert_that_all_succeeded(report: &Report) {
    let chat = report.request("chat");
    assert!(chat.successes() >= 3, "{report}");
    assert_eq!(chat.failures(), 0, "{report}");
}

#[test]
fn a_plain_test_just_runs_it() {
    let server = MockServer::builder().tokens(1).start();
    assert_that_all_succeeded(&askers("plain_test", &server.url()).run());
}

#[test]
fn a_report_crosses_threads() {
    let server = MockServer::builder().tokens(1).start();
    let test = askers("another_thread", &server.url());
    let report = std::thread::spawn(move || test.run()).join().expect("no panic");
    assert_that_all_succeeded(&report);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_a_multi_threaded_runtime_answers_while_run_blocks() {
    let host = format!("http://{}", serve().await);
    assert_that_all_succeeded(&askers("multi_thread", &host).run());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn run_gives_its_worker_away_while_it_blocks() {
    let host = format!("http://{}", serve().await);
    assert_that_all_succeeded(&askers("one_worker", &host).run());
}

#[tokio::test]
async fn a_server_on_a_single_threaded_runtime_answers_run_async() {
    let host = format!("http://{}", serve().await);
    assert_that_all_succeeded(&askers("run_async", &host).run_async().await);
}

#[tokio::test]
async fn a_spawned_load_test_runs_beside_others_of_the_runtime() {
    let host = format!("http://{}", serve().await);
    let report = tokio::spawn(askers("spawned", &host).run_async()).await.expect("no panic");
    assert_that_all_succeeded(&report);
}

#[tokio::test]
async fn dropping_the_future_ends_the_run() {
    let server = MockServer::builder().ttft(secs(3_600)).start();
    let run = askers("dropped", &server.url()).run_time(secs(3_600)).stop_timeout(secs(3_600)).run_async();
    tokio::select! {
        report = run => panic!("it ended by itself: {report}"),
        () = async { while server.in_flight() < 3 { tokio::time::sleep(ms(5)).await; } } => {}
    }
    eventually("the users to leave", || server.open_connections() == 0);
    // The next one can have the machine.
    let server = MockServer::builder().tokens(1).start();
    assert_that_all_succeeded(&askers("after_dropped", &server.url()).run_async().await);
}

#[tokio::test]
#[should_panic(expected = "it has no user")]
async fn run_async_panics_with_the_reason() {
    let _ = askers("no_user", "http://127.0.0.1:9").users(0).run_async().await;
}
