//! A server that does nothing but write: prepared blocks of OpenAI chat chunks, one HTTP chunk for each event.

use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::LazyLock;
use std::thread;

use crate::chat;

/// Events of a block, which is what one write takes.
pub(crate) const BLOCK: u64 = 256;

/// A block, and the end of an answer, as they go over the wire.
static FULL: LazyLock<String> = LazyLock::new(|| chunked(&body(BLOCK)));
static END: LazyLock<String> = LazyLock::new(|| chunked(&[chat::finish(), chat::DONE.to_owned()]) + "0\r\n\r\n");

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
    words.iter().cycle().zip(0..events).map(|(word, _)| chat::text(word)).collect()
}

fn chunked(events: &[String]) -> String {
    events.iter().map(|event| chat::http_chunk(event)).collect()
}
