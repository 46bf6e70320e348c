//! Faults that send more than a client can want.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use flate2::read::GzDecoder;
use sse_load::mock::{Activity, Dialect, Fault, Finish, MockServer, On};

use super::client::Client;
use super::eventually;

const MIB: usize = 1 << 20;

/// Reads so much of the flood after one token, leaves, and gives it back.
fn flood(dialect: Dialect, fault: Fault) -> String {
    let server = MockServer::builder().dialect(dialect).tokens(4).fault(fault, On::all()).start();
    let mut client = Client::connect(&server);
    client.ask("/");
    client.chunk().expect("a chunk").expect("the token");
    let mut body = String::new();
    while body.len() < 2 * MIB {
        body += &client.chunk().expect("a chunk").expect("no end");
    }
    drop(client);
    eventually("the server to notice", || server.in_flight() == 0);
    let request = &server.requests()[0];
    assert_eq!((request.finished, request.tokens), (Some(Finish::Faulted), 1));
    body
}

#[test]
fn a_line_can_go_on_for_ever() {
    let line = flood(Dialect::Append, Fault::EndlessLine { after: 1 });
    let text = line.strip_prefix("data: ").expect("a line of data");
    assert!(text.bytes().all(|byte| byte == b'a'));
}

#[test]
fn a_line_of_json_can_go_on_for_ever() {
    let line = flood(Dialect::Ollama, Fault::EndlessLine { after: 1 });
    assert!(line.bytes().all(|byte| byte == b'a'));
}

#[test]
fn events_can_go_on_for_ever() {
    let events = flood(Dialect::Append, Fault::EndlessEvents { after: 1 });
    assert!(events.split_terminator("\n\n").all(|event| event == "data: {}"));
}

#[test]
fn comments_can_go_on_for_ever() {
    let comments = flood(Dialect::Append, Fault::EndlessComments { after: 1 });
    assert!(comments.split_terminator("\n\n").all(|comment| comment == ": "));
}

#[test]
fn an_endless_stream_waits_for_its_client() {
    let sent = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&sent);
    let server = MockServer::builder()
        .fault(Fault::EndlessLine { after: 0 }, On::all())
        .on_activity(move |activity| {
            if matches!(activity, Activity::Sent { .. }) {
                counted.fetch_add(1, SeqCst);
            }
        })
        .start();
    let mut client = Client::connect(&server);
    client.ask("/");
    let mut before = 0;
    eventually("the server to stop", || {
        thread::sleep(Duration::from_millis(100));
        let now = sent.load(SeqCst);
        std::mem::replace(&mut before, now) == now && now > 2
    });
    // What the two sockets and the server hold; each chunk has 64 KiB.
    assert!(before * 64 * 1024 < 64 << 20, "{before} chunks were sent to a client that does not read");
}

#[test]
fn an_event_can_be_huge() {
    let server = MockServer::builder()
        .dialect(Dialect::Append)
        .tokens(2)
        .fault(Fault::HugeEvent { bytes: 3 * MIB }, On::all())
        .start();
    let mut client = Client::connect(&server);
    client.ask("/");
    let (chunks, end) = client.chunks();
    end.expect("a proper end");
    let frame = r#"data: {"type":"append","text":""}"#.len() + 2;
    assert_eq!((chunks.len(), chunks[0].len()), (3, 3 * MIB + frame));
}

#[test]
fn garbage_can_follow_the_end() {
    let server = MockServer::builder()
        .dialect(Dialect::Append)
        .tokens(1)
        .fault(Fault::AfterEnd { bytes: 100_000 }, On::all())
        .start();
    let mut client = Client::connect(&server);
    client.ask("/");
    let body = String::from_utf8(client.whole_body()).expect("UTF-8");
    let (_, garbage) = body.split_once("data: {\"type\":\"close\"}\n\n").expect("the marker");
    assert_eq!((garbage.len(), garbage.matches('a').count()), (100_000, 100_000));
}

#[test]
fn a_bomb_is_small_on_the_wire_and_large_unpacked() {
    let bytes: u64 = 64 << 20;
    let fault = Fault::GzipBomb { bytes };
    let server = MockServer::builder().dialect(Dialect::Append).fault(fault, On::all()).start();
    let mut client = Client::connect(&server);
    assert_eq!(client.ask("/").header("content-encoding"), Some("gzip"));
    let body = client.whole_body();
    assert!(body.len() < 200_000, "{} bytes on the wire", body.len());
    let unpacked = io::copy(&mut GzDecoder::new(body.as_slice()), &mut io::sink()).expect("a whole body");
    assert_eq!(unpacked, bytes + 6);
}
