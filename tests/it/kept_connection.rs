//! A server that closes a connection which it promised to keep.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sse_load::prelude::*;

const STREAM: &str = "data: {\"type\":\"append\",\"text\":\"Hi\"}\n\ndata: {\"type\":\"close\"}\n\n";

/// Sends one request after the other, without a pause.
#[sse_user]
impl HastyUser {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/sse").name("ask").body("{}").send().await?;
        Ok(())
    }
}

/// What the server saw.
#[derive(Default)]
struct Seen {
    connections: AtomicU64,
    answered: AtomicU64,
    unanswered: AtomicU64,
}

/// Serves each connection on a thread of its own, by `serve`.
fn start(serve: fn(TcpStream, &Seen)) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let seen = Arc::new(Seen::default());
    let shared = Arc::clone(&seen);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            shared.connections.fetch_add(1, Ordering::SeqCst);
            let seen = Arc::clone(&shared);
            std::thread::spawn(move || serve(connection, &seen));
        }
    });
    (address, seen)
}

/// Answers the first request of a connection, and closes it when the second comes.
fn answer_once(connection: TcpStream, seen: &Seen) {
    let mut reader = BufReader::new(connection);
    if !read_request(&mut reader) {
        return;
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: keep-alive\r\n";
    let answer = format!("{head}content-length: {}\r\n\r\n{STREAM}", STREAM.len());
    // Counted first: the client may be done with the test by the time that the write returns.
    seen.answered.fetch_add(1, Ordering::SeqCst);
    if reader.get_mut().write_all(answer.as_bytes()).is_ok() && read_request(&mut reader) {
        seen.unanswered.fetch_add(1, Ordering::SeqCst);
    }
}

/// As [`answer_once`] on every second connection, from the first on; on the others it reads a request and answers none.
fn answer_on_every_second(connection: TcpStream, seen: &Seen) {
    if seen.connections.load(Ordering::SeqCst) % 2 == 1 {
        answer_once(connection, seen);
    } else {
        never_answer(connection, seen);
    }
}

/// As [`answer_once`] on the first connection; on the others it reads a request and keeps silent.
fn answer_on_the_first(connection: TcpStream, seen: &Seen) {
    if seen.connections.load(Ordering::SeqCst) == 1 {
        return answer_once(connection, seen);
    }
    let mut reader = BufReader::new(connection);
    if read_request(&mut reader) {
        seen.unanswered.fetch_add(1, Ordering::SeqCst);
        read_request(&mut reader);
    }
}

/// As [`answer_once`], but begins an answer to the second request.
fn begin_the_second(mut connection: TcpStream, seen: &Seen, beginning: &str) {
    let Ok(first) = connection.try_clone() else { return };
    answer_once(first, seen);
    // The client may be gone at the end of the run.
    drop(connection.write_all(beginning.as_bytes()));
}

fn break_off_the_second(connection: TcpStream, seen: &Seen) {
    begin_the_second(connection, seen, "HTTP/1.1 200 OK\r\ncontent-ty");
}

fn hint_at_the_second(connection: TcpStream, seen: &Seen) {
    begin_the_second(connection, seen, "HTTP/1.1 103 Early Hints\r\n\r\n");
}

/// Reads a request and answers none.
fn never_answer(connection: TcpStream, seen: &Seen) {
    if read_request(&mut BufReader::new(connection)) {
        seen.unanswered.fetch_add(1, Ordering::SeqCst);
    }
}

/// Reads a request with a body of two bytes; false at the end of the connection.
fn read_request(reader: &mut BufReader<TcpStream>) -> bool {
    let mut line = String::new();
    while matches!(reader.read_line(&mut line), Ok(1..)) {
        if line.ends_with("\r\n\r\n") {
            return reader.read_exact(&mut [0; 2]).is_ok();
        }
    }
    false
}

#[test]
fn a_request_on_a_connection_that_the_server_had_closed_goes_out_again_and_is_counted() {
    let (address, seen) = start(answer_once);
    let report = HastyUser::load_test("kept_connection").host(format!("http://{address}")).run_time(ms(300)).run();

    let ask = report.request("ask");
    assert!(ask.successes() > 2, "{report}");
    assert_eq!(ask.failures(), 0, "{report}");
    assert_eq!(seen.answered.load(Ordering::SeqCst), ask.counts().started(), "{report}");
    assert_eq!(seen.unanswered.load(Ordering::SeqCst), ask.counts().resent, "{report}");
    assert!(ask.counts().resent > 0, "{report}");
    assert!(report.to_string().contains("sent again, since the server had closed"), "{report}");
}

#[test]
fn a_request_that_the_server_began_to_answer_is_a_failure_and_goes_out_once() {
    for serve in [break_off_the_second, hint_at_the_second] {
        let (address, seen) = start(serve);
        let report = HastyUser::load_test("begun_answer").host(format!("http://{address}")).run_time(ms(300)).run();

        let ask = report.request("ask");
        assert_eq!(ask.counts().resent, 0, "{report}");
        assert!(ask.failures() > 0, "{report}");
        let read = seen.answered.load(Ordering::SeqCst) + seen.unanswered.load(Ordering::SeqCst);
        assert_eq!(read, ask.counts().started(), "{report}");
    }
}

#[test]
fn a_request_on_a_new_connection_that_breaks_is_a_failure_and_goes_out_once() {
    let (address, seen) = start(never_answer);
    let report = HastyUser::load_test("broken_connection").host(format!("http://{address}")).run_time(ms(300)).run();

    let ask = report.request("ask");
    assert_eq!((ask.successes(), ask.counts().resent), (0, 0), "{report}");
    assert!(ask.failures() > 0, "{report}");
    assert_eq!(seen.unanswered.load(Ordering::SeqCst), ask.counts().started(), "{report}");
    assert_eq!(seen.connections.load(Ordering::SeqCst), ask.counts().started(), "{report}");
}

#[test]
fn a_request_that_fails_after_it_went_out_again_is_counted_twice_too() {
    let (address, seen) = start(answer_on_every_second);
    let report = HastyUser::load_test("resent_and_failed").host(format!("http://{address}")).run_time(ms(300)).run();

    let counts = report.request("ask").counts();
    assert!(counts.failed > 0, "{report}");
    let read = seen.answered.load(Ordering::SeqCst) + seen.unanswered.load(Ordering::SeqCst);
    assert_eq!(counts.started() + counts.resent, read, "{report}");
}

#[test]
fn a_request_that_is_cut_off_after_it_went_out_again_is_counted_twice_too() {
    let (address, seen) = start(answer_on_the_first);
    let test = HastyUser::load_test("resent_and_cut_off").host(format!("http://{address}")).run_time(ms(300));
    let report = test.stop_timeout(ms(100)).run();

    let counts = report.request("ask").counts();
    assert_eq!((counts.succeeded, counts.cut_off, counts.resent), (1, 1, 1), "{report}");
    assert_eq!(seen.unanswered.load(Ordering::SeqCst), 2, "{report}");
}
