//! A server that does little but write: paced streams of OpenAI chat chunks on one thread, each with the moment before its write as its text.
//!
//! `GET /{first}/{gap}/{tokens}`: microseconds to the first token and between tokens, and how many there are. With `first` 0 it goes out with the head.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use sse_load::stats::Histogram;

use super::chat;
use super::poll::{Poll, allow_open_files};
use super::stamp;

/// So long before a token is due, in nanoseconds, the thread looks again and again: a sleep ends late by about as much.
const SPIN: u64 = 80_000;
const LISTENER: u64 = u64::MAX;
const STDIN: u64 = u64::MAX - 1;
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// Serves until standard input ends, and then tells how late it was.
pub(crate) fn serve() -> io::Result<()> {
    allow_open_files()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("{}", listener.local_addr()?);
    let mut server = Server::new()?;
    server.poll.add(&listener, LISTENER)?;
    server.poll.add(io::stdin(), STDIN)?;
    server.run(&listener)?;
    for (name, times) in [("late", &server.late), ("first", &server.first)] {
        for (label, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            println!("server_{name}_{label} {}", times.quantile(share).unwrap_or(0));
        }
    }
    Ok(())
}

struct Server {
    poll: Poll,
    /// By their token in the poll. Those that ended stay, as nothing.
    streams: Vec<Option<Stream>>,
    /// When which stream's next token is due.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    event: Vec<u8>,
    /// Where an event has its stamp.
    stamp_at: usize,
    end: Vec<u8>,
    output: Vec<u8>,
    /// From when a token was due until before its write, in nanoseconds.
    late: Histogram,
    /// From the read of a request until before the write of its first token, in nanoseconds.
    first: Histogram,
}

struct Stream {
    socket: TcpStream,
    request: Vec<u8>,
    asked: u64,
    gap: u64,
    tokens: u64,
    sent: u64,
}

impl Server {
    fn new() -> io::Result<Self> {
        let digits = "0".repeat(stamp::DIGITS);
        let event = chat::http_chunk(&chat::text(&digits));
        let end = [&*chat::http_chunk(&chat::finish()), &chat::http_chunk(chat::DONE), "0\r\n\r\n"].concat();
        Ok(Self {
            poll: Poll::new()?,
            streams: Vec::new(),
            due: BinaryHeap::new(),
            stamp_at: event.find(&digits).unwrap_or(0),
            event: event.into(),
            end: end.into(),
            output: Vec::new(),
            late: Histogram::new(),
            first: Histogram::new(),
        })
    }

    fn run(&mut self, listener: &TcpListener) -> io::Result<()> {
        let mut events = Vec::with_capacity(1_024);
        loop {
            let now = stamp::now();
            let next = self.due.peek().map(|Reverse((due, _))| due.saturating_sub(now));
            let longest = next.map(|wait| Duration::from_nanos(wait.saturating_sub(SPIN)));
            self.poll.wait(&mut events, longest)?;
            for event in &events {
                match event.data.u64() {
                    STDIN => return Ok(()),
                    LISTENER => self.accept(listener)?,
                    stream => self.read(usize::try_from(stream).unwrap_or(usize::MAX)),
                }
            }
            self.write_what_is_due();
        }
    }

    fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        while let Ok((socket, _)) = listener.accept() {
            socket.set_nonblocking(true)?;
            socket.set_nodelay(true)?;
            self.poll.add(&socket, self.streams.len() as u64)?;
            self.streams.push(Some(Stream { socket, request: Vec::new(), asked: 0, gap: 0, tokens: 0, sent: 0 }));
        }
        Ok(())
    }

    fn read(&mut self, index: usize) {
        let Some(stream) = self.streams.get_mut(index).and_then(Option::as_mut) else { return };
        let mut room = [0; 4_096];
        match stream.socket.read(&mut room) {
            Ok(0) | Err(_) => self.streams[index] = None,
            Ok(length) => {
                stream.request.extend_from_slice(&room[..length]);
                if stream.request.ends_with(b"\r\n\r\n") {
                    self.begin(index);
                }
            }
        }
    }

    fn begin(&mut self, index: usize) {
        let Some(stream) = &mut self.streams[index] else { return };
        let head = String::from_utf8_lossy(&stream.request);
        let mut numbers = head.split(['/', ' ']).filter_map(|part| part.parse::<u64>().ok());
        let mut number = || numbers.next().unwrap_or(0);
        let first = number() * 1_000;
        (stream.gap, stream.tokens, stream.sent) = (number() * 1_000, number(), 0);
        stream.request.clear();
        stream.asked = stamp::now();
        let due = stream.asked + first;
        self.output.extend_from_slice(HEAD);
        if first == 0 {
            self.write_token(index, due);
        } else {
            self.flush(index);
            self.due.push(Reverse((due, index)));
        }
    }

    fn write_what_is_due(&mut self) {
        while let Some(&Reverse((due, index))) = self.due.peek()
            && due <= stamp::now()
        {
            self.due.pop();
            self.write_token(index, due);
        }
    }

    fn write_token(&mut self, index: usize, due: u64) {
        let Some(stream) = &mut self.streams[index] else { return };
        stream.sent += 1;
        let place = self.output.len() + self.stamp_at;
        self.output.extend_from_slice(&self.event);
        if stream.sent >= stream.tokens {
            self.output.extend_from_slice(&self.end);
        } else {
            self.due.push(Reverse((due + stream.gap, index)));
        }
        let now = stamp::now();
        stamp::write(now, &mut self.output[place..place + stamp::DIGITS]);
        self.late.record(now - due);
        if stream.sent == 1 {
            self.first.record(now - stream.asked);
        }
        self.flush(index);
    }

    /// A reader that lets its socket fill up loses its stream, and has to say so itself.
    fn flush(&mut self, index: usize) {
        if let Some(stream) = &mut self.streams[index]
            && stream.socket.write(&self.output).ok() != Some(self.output.len())
        {
            self.streams[index] = None;
        }
        self.output.clear();
    }
}
