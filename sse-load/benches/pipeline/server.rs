//! A server that does nothing but write: prepared blocks of OpenAI chat chunks, one HTTP chunk for each event.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::LazyLock;
use std::thread;

/// Events of a block, which is what one write takes.
pub(crate) const BLOCK: u64 = 256;

/// A block, and the end of an answer, as they go over the wire.
static FULL: LazyLock<String> = LazyLock::new(|| chunked(&body(BLOCK)));
static END: LazyLock<String> = LazyLock::new(|| chunked(&tail()) + "0\r\n\r\n");

/// Answers `GET /n` with n events and the end of a chat answer, until standard input ends.
pub(crate) fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that leaves is none of the bench's business: it says itself what it missed.
            thread::spawn(move || drop(answer_all(stream)));
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn answer_all(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut output = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next() {
        let line = line?;
        let events: u64 = line.split(['/', ' ']).find_map(|part| part.parse().ok()).unwrap_or(BLOCK);
        // The other lines of the head, up to the empty one.
        lines.by_ref().take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
        output
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
        for _ in 0..events / BLOCK {
            output.write_all(FULL.as_bytes())?;
        }
        output.write_all(END.as_bytes())?;
    }
    Ok(())
}

/// So many events with text.
pub(crate) fn body(events: u64) -> Vec<String> {
    let words = [" the", " load", " of", " tokens", " per", " second", ".", " Streams", "\\n", " é"];
    let words = words.iter().cycle().zip(0..events);
    words.map(|(word, _)| chunk(&format!("{{\"content\":\"{word}\"}},\"finish_reason\":null"), "")).collect()
}

/// What ends an answer: the reason, with the usage, and the marker.
fn tail() -> Vec<String> {
    let usage = r#","usage":{"prompt_tokens":9,"completion_tokens":9,"total_tokens":18}"#;
    vec![chunk("{},\"finish_reason\":\"stop\"", usage), "data: [DONE]\n\n".to_owned()]
}

fn chunk(delta: &str, usage: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-9mK2vTq7ZxY1bN4cR8sWfE3dUaHg\",\"object\":\"chat.completion.chunk\",\
         \"created\":1719859200,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\
         \"system_fingerprint\":\"fp_0f03d4f0ee\",\"choices\":[{{\"index\":0,\"delta\":{delta}}}]{usage}}}\n\n"
    )
}

/// Each event in an HTTP chunk of its own, as servers send them (RFC 9112, section 7.1).
fn chunked(events: &[String]) -> String {
    events.iter().fold(String::new(), |mut bytes, event| {
        let _ = write!(bytes, "{:x}\r\n{event}\r\n", event.len());
        bytes
    })
}
