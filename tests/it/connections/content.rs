//! Content codings.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use sse_load::mock::MockServer;
use sse_load::prelude::*;

use super::once;

/// A whole reply of one chunk of text, with its usage.
const REPLY: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\
                     \"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n";

/// The text in gzip's form, stored and not compressed.
fn gzipped(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(crc32(text.as_bytes()).to_le_bytes());
    bytes.extend(u32::from(length).to_le_bytes());
    bytes
}

/// The checksum of gzip (RFC 1952, section 8).
fn crc32(bytes: &[u8]) -> u32 {
    let next = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), next))
}

/// Answers one request in gzip if it asks for that; gives the server's address and the head of the request.
fn compressing_server() -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let host = format!("http://{}", listener.local_addr().expect("it is bound"));
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut reader = BufReader::new(stream);
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).expect("a request") > 0 {
            let line = head.lines().last().unwrap_or_default().to_ascii_lowercase();
            length = line.strip_prefix("content-length: ").map_or(length, |value| value.parse().expect("a number"));
        }
        reader.read_exact(&mut vec![0; length]).expect("a body");
        let body = gzipped(REPLY);
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\ncontent-length: ";
        let head_of_answer = format!("{answer}{}\r\n\r\n", body.len());
        reader.get_mut().write_all(&[head_of_answer.as_bytes(), &body].concat()).expect("a reader");
        head.to_ascii_lowercase()
    });
    (host, server)
}

#[test]
fn nothing_is_said_of_encodings_unless_gzip_is_asked_for() {
    let server = MockServer::builder().tokens(2).start();
    let report = once("no_gzip", &server.url(), 1, Connections::default());
    assert_eq!(report.request("chat").successes(), 1, "{report}");
    assert_eq!(server.requests()[0].header("accept-encoding"), None);
}

#[test]
fn gzip_is_read_where_it_is_asked_for() {
    let (host, server) = compressing_server();
    let report = once("gzip", &host, 1, Connections::default().gzip());
    assert_eq!(report.request("chat").successes(), 1, "{report}");
    assert!(server.join().expect("no panic").contains("accept-encoding: gzip\r\n"));
}
