//! What the server remembers and tells.

use std::sync::mpsc;
use std::time::Duration;

use sse_load::mock::{Activity, Dialect, Finish, MockServer};

use super::client::Client;
use super::eventually;

#[test]
fn a_request_is_logged_whole() {
    let server = MockServer::builder().tokens(3).start();
    let mut client = Client::connect(&server);
    client.send("PUT", "/v1/x?a=1&b=2", "hello");
    client.head();
    client.chunks().1.expect("a proper end");
    let requests = server.requests();
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.path.as_str(), request.query.as_str()), ("PUT", "/v1/x", "a=1&b=2"));
    assert_eq!((request.header("x-test"), request.body.as_slice()), (Some("yes"), b"hello".as_slice()));
    assert_eq!((request.finished, request.tokens), (Some(Finish::Completed), 3));
    assert!(request.at <= server.epoch().elapsed());
}

#[test]
fn bodies_can_be_left_out_of_the_log() {
    let server = MockServer::builder().log_bodies(false).start();
    Client::connect(&server).stream(r#"{"model":"still-read"}"#);
    assert!(server.requests()[0].body.is_empty());
}

#[test]
fn requests_beyond_the_limit_are_counted_but_not_logged() {
    let server = MockServer::builder().log_limit(0).start();
    Client::connect(&server).stream("");
    assert_eq!((server.request_count(), server.requests().len(), server.in_flight()), (1, 0, 0));
}

#[test]
fn a_client_that_leaves_is_noticed_in_the_middle_of_a_wait() {
    let server = MockServer::builder().ttft(Duration::from_secs(3_600)).start();
    let mut client = Client::connect(&server);
    client.send("POST", "/", "");
    client.head();
    assert_eq!((server.in_flight(), server.open_connections()), (1, 1));
    drop(client);
    eventually("the server to notice", || server.open_connections() == 0);
    assert_eq!((server.in_flight(), server.requests()[0].finished), (0, Some(Finish::ClientGone)));
}

#[test]
fn a_held_stream_stays_open_and_counts_as_completed() {
    let server = MockServer::builder().dialect(Dialect::events(["x"])).hold(true).start();
    let mut client = Client::connect(&server);
    client.send("GET", "/", "");
    client.head();
    assert_eq!(client.chunk().expect("a chunk").as_deref(), Some("data: x\n\n"));
    assert_eq!(server.in_flight(), 1);
    drop(client);
    eventually("the server to notice", || server.in_flight() == 0);
    assert_eq!(server.requests()[0].finished, Some(Finish::Completed));
}

#[test]
fn an_observer_hears_of_each_step_in_order() {
    let (told, heard) = mpsc::channel();
    let server = MockServer::builder()
        .dialect(Dialect::events(["x", "y"]))
        .on_activity(move |activity| drop(told.send(activity.clone())))
        .start();
    Client::connect(&server).stream("");
    drop(server);
    let steps: Vec<_> = heard
        .iter()
        .map(|activity| match activity {
            Activity::Started { target, .. } => target,
            Activity::Sent { event, .. } => format!("sent {event}"),
            Activity::Ended { finish, .. } => format!("{finish:?}"),
            other => panic!("unknown: {other:?}"),
        })
        .collect();
    assert_eq!(steps, ["POST /v1/chat/completions", "sent 1", "sent 2", "Completed"]);
}
