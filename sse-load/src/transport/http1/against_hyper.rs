//! Whatever a server answers, and however it comes in parts: hyper reads the same.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::tests::{connection, request};

/// What a reader makes of an answer: status, headers, what is read of the body, and whether that is all; or that there is none.
type Answer = Option<(StatusCode, HeaderMap, Vec<u8>, bool)>;

/// Sends these parts when a request has come, and leaves.
async fn serve(mut socket: impl AsyncRead + AsyncWrite + Unpin, parts: &[Vec<u8>]) {
    let _ = socket.read(&mut [0; 1_024]).await;
    for part in parts {
        // Who has read enough is gone.
        let _ = socket.write_all(part).await;
        tokio::task::yield_now().await;
    }
    let _ = socket.shutdown().await;
}

async fn ours(parts: &[Vec<u8>]) -> Answer {
    let (mut connection, theirs, _twin) = connection().await;
    let answer = async {
        let head = connection.send(&request(None), false).await.ok()?;
        let mut body = Vec::new();
        let is_whole = loop {
            match connection.piece().await {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                end => break end.is_ok(),
            }
        };
        Some((head.status, head.headers, body, is_whole))
    };
    tokio::join!(answer, serve(theirs, parts)).0
}

async fn hypers(parts: &[Vec<u8>]) -> Answer {
    let (near, far) = tokio::io::duplex(64 * 1_024);
    let answer = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(near)).await.ok()?;
        tokio::spawn(connection);
        let (head, mut frames) =
            sender.send_request(http::Request::new(Empty::<Bytes>::new())).await.ok()?.into_parts();
        let mut body = Vec::new();
        let is_whole = loop {
            match frames.frame().await.transpose() {
                Ok(Some(frame)) => body.extend_from_slice(&frame.into_data().unwrap_or_default()),
                end => break end.is_ok(),
            }
        };
        Some((head.status, head.headers, body, is_whole))
    };
    tokio::join!(answer, serve(far, parts)).0
}

/// A body and how its end is told.
fn framed() -> impl Strategy<Value = String> {
    let text = || "[a-z\r\n]{0,40}";
    let extension = || prop_oneof![Just(""), Just(";x=y"), Just(" ;z")];
    let chunk =
        (text(), extension(), any::<bool>()).prop_filter("the last chunk is another", |(text, ..)| !text.is_empty());
    let chunk = chunk.prop_map(|(text, extension, upper)| {
        let size = if upper { format!("{:X}", text.len()) } else { format!("0{:x}", text.len()) };
        format!("{size}{extension}\r\n{text}\r\n")
    });
    let trailers = prop_oneof![Just(""), Just("x: y\r\n")];
    prop_oneof![
        text().prop_map(|text| format!("\r\n{text}")),
        (text(), 0..3_usize).prop_map(|(text, more)| format!("content-length: {}\r\n\r\n{text}", text.len() + more)),
        text().prop_map(|text| format!("content-length: 1\r\ncontent-length: 2\r\n\r\n{text}")),
        text().prop_map(|text| format!("transfer-encoding: gzip\r\n\r\n{text}")),
        Just("content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n".to_owned()),
        Just("transfer-encoding: chunked\r\n\r\n1\r\na\r\n;\r\n".to_owned()),
        (prop::collection::vec(chunk, 0..5), trailers).prop_map(|(chunks, trailers)| {
            format!("transfer-encoding: chunked\r\n\r\n{}0\r\n{trailers}\r\n", chunks.concat())
        }),
    ]
}

/// The bytes of an answer, which may be cut off, in parts.
fn answer() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let interim = prop_oneof![3 => Just(""), 1 => Just("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")];
    let status = prop_oneof![4 => Just("200 OK"), 1 => Just("204 No Content"), 1 => Just("304 "), 1 => Just("503 x")];
    let headers = prop_oneof![
        Just(""),
        Just("content-type: text/event-stream\r\n"),
        Just("X: 1\r\nx:2\r\nconnection: close\r\n")
    ];
    let version = prop_oneof![6 => Just(1), 1 => Just(0)];
    let whole =
        (interim, version, status, headers, framed()).prop_map(|(interim, version, status, headers, framed)| {
            format!("{interim}HTTP/1.{version} {status}\r\n{headers}{framed}")
        });
    let cuts = prop::collection::vec(any::<prop::sample::Index>(), 0..6);
    (whole, cuts, prop::option::weighted(0.3, any::<prop::sample::Index>())).prop_map(|(whole, cuts, end)| {
        let bytes = whole.into_bytes();
        let bytes = &bytes[..end.map_or(bytes.len(), |end| end.index(bytes.len()))];
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        cuts.windows(2).map(|pair| bytes[pair[0]..pair[1]].to_vec()).collect()
    })
}

proptest! {
    #[test]
    fn both_read_the_same(parts in answer()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let both = async { (ours(&parts).await, hypers(&parts).await) };
        let (ours, hypers) = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), both).await }).expect("neither hangs");
        prop_assert_eq!(ours, hypers);
    }
}
