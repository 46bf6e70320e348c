//! What a script can change in the bytes of a stream and in their writes.

use std::io::Read as _;
use std::time::Duration;

use flate2::read::GzDecoder;
use sse_load::mock::{Builder, Dialect, Fault, LineEnd, MockServer, On};

use super::client::Client;

fn append(tokens: u32) -> Builder {
    MockServer::builder().dialect(Dialect::Append).tokens(tokens)
}

fn chunks(builder: Builder) -> Vec<Vec<u8>> {
    let server = builder.start();
    let mut client = Client::connect(&server);
    client.ask("/");
    std::iter::from_fn(|| client.chunk_of_bytes().expect("a proper end")).collect()
}

#[test]
fn each_line_end_frames_the_same_events() {
    let text = |builder| String::from_utf8(chunks(builder).concat()).expect("UTF-8");
    let lf = text(append(2));
    assert_eq!(lf.matches("\n\n").count(), 3);
    for (line_end, end) in [(LineEnd::CrLf, "\r\n"), (LineEnd::Cr, "\r"), (LineEnd::Lf, "\n")] {
        assert_eq!(text(append(2).line_end(line_end)), lf.replace('\n', end));
    }
}

#[test]
fn the_byte_order_mark_comes_first_and_once() {
    let bytes = chunks(append(2).bom(true)).concat();
    assert_eq!(bytes, [b"\xef\xbb\xbf".as_slice(), &chunks(append(2)).concat()].concat());
}

#[test]
fn writes_can_be_cut_within_a_character() {
    let whole = chunks(append(2).bom(true)).concat();
    for size in [1, 7] {
        let cut = chunks(append(2).bom(true).split_writes(size));
        assert!(cut.iter().all(|chunk| chunk.len() <= size));
        assert_eq!(cut.concat(), whole);
    }
}

#[test]
fn a_bundle_has_one_due_time() {
    let gap = Duration::from_millis(20);
    let server = append(10).bundle(4).inter_token(gap).start();
    let mut client = Client::connect(&server);
    let bodies = {
        client.ask("/");
        client.chunks().0
    };
    let words: Vec<_> = bodies[..3].iter().map(|chunk| chunk.matches(' ').count() - 1).collect();
    assert_eq!((bodies.len(), words), (3 + 1, vec![4, 4, 2]));
    assert_eq!((server.requests()[0].tokens, server.send_lateness().count), (10, 3));
}

#[test]
fn silence_is_filled_with_pings_before_the_first_token_and_between_tokens() {
    let (ttft, silence) = (Duration::from_millis(130), Duration::from_millis(20));
    let builder = append(2).ttft(ttft).inter_token(Duration::from_secs(3_600)).ping_every(silence);
    let server = builder.start();
    let mut client = Client::connect(&server);
    client.ask("/");
    let mut next = || client.chunk().expect("a chunk").expect("no end");
    let before_the_first = std::iter::from_fn(|| Some(next()).filter(|chunk| chunk == ": ping\n\n")).count();
    assert!(before_the_first <= 6, "{before_the_first} pings of 20 ms in 130 ms");
    assert!((0..3).all(|_| next() == ": ping\n\n"), "between the tokens");
}

#[test]
fn pings_go_on_through_a_stall_and_are_no_events() {
    let fault = Fault::Stall { after: 0, pause: None };
    let server = append(1).ping_every(Duration::from_millis(1)).fault(fault, On::all()).start();
    let mut client = Client::connect(&server);
    client.ask("/");
    for _ in 0..5 {
        assert_eq!(client.chunk().expect("a chunk").as_deref(), Some(": ping\n\n"));
    }
    assert_eq!(server.send_lateness().count, 0);
}

#[test]
fn ollama_gets_blank_lines_for_pings() {
    let server = MockServer::builder()
        .dialect(Dialect::Ollama)
        .ttft(Duration::from_secs(3_600))
        .ping_every(Duration::from_millis(1))
        .start();
    let mut client = Client::connect(&server);
    client.ask("/api/chat");
    assert_eq!(client.chunk().expect("a chunk").as_deref(), Some("\n"));
}

#[test]
fn a_compressed_event_arrives_whole_before_the_next() {
    let stall = Fault::Stall { after: 1, pause: None };
    let server = append(2).gzip(true).fault(stall, On::first(1)).start();
    let mut client = Client::connect(&server);
    assert_eq!(client.ask("/").header("content-encoding"), Some("gzip"));
    let first = client.chunk_of_bytes().expect("a chunk").expect("no end");
    let mut event = [0; 5];
    GzDecoder::new(first.as_slice()).read_exact(&mut event).expect("the start of an event");
    assert_eq!(&event, b"data:");

    let mut second = Client::connect(&server);
    second.ask("/");
    let mut text = Vec::new();
    GzDecoder::new(second.whole_body().as_slice()).read_to_end(&mut text).expect("a whole body");
    assert_eq!(text.windows(2).filter(|pair| pair == b"\n\n").count(), 3);
}
