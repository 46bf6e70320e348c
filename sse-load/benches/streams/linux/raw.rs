//! The floors: sockets on one thread, and no more done with what they bring than is named.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use memchr::memmem::Finder;
use sse_load::stats::Histogram;

use super::plan::{Fallible, Plan};
use super::poll::{Poll, allow_open_files};
use super::{MEASURED, cpu, stamp};

/// What is done with the bytes.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// Their blank lines are counted.
    Count,
    /// HTTP's chunks are taken apart, the text of each event is found, and the time since the one before is recorded.
    Measure,
}

/// Reads streams one after the other on each connection, and tells what the measured time cost.
pub(crate) fn run(work: Work, plan: &Plan, address: &str) -> Fallible<()> {
    allow_open_files()?;
    let mut reader = Reader::new(work, plan, address)?;
    let begin = stamp::now();
    let until = |time: Duration| begin + nanos(time);
    reader.read_until(until(plan.settled()), begin)?;
    let before = (cpu::time(), reader.events, reader.requests);
    reader.read_until(until(plan.settled() + MEASURED), begin)?;
    println!("cpu_ns {}", cpu::time().saturating_sub(before.0).as_nanos());
    println!("events {}", reader.events - before.1);
    println!("requests {}", reader.requests - before.2);
    Ok(())
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

struct Reader<'p> {
    work: Work,
    plan: &'p Plan,
    address: &'p str,
    request: Vec<u8>,
    poll: Poll,
    streams: Vec<Stream>,
    buffer: Vec<u8>,
    blank_line: Finder<'static>,
    text: Finder<'static>,
    gaps: Histogram,
    events: u64,
    requests: u64,
}

#[derive(Debug)]
struct Stream {
    socket: TcpStream,
    /// What came of the next chunk so far.
    rest: Vec<u8>,
    /// The last byte ended a line.
    cut: bool,
    events: u32,
    last: u64,
}

impl<'p> Reader<'p> {
    fn new(work: Work, plan: &'p Plan, address: &'p str) -> io::Result<Self> {
        Ok(Self {
            work,
            plan,
            address,
            request: format!("GET {} HTTP/1.1\r\nhost: raw\r\n\r\n", plan.path()).into_bytes(),
            poll: Poll::new()?,
            streams: Vec::new(),
            buffer: vec![0; 64 * 1_024],
            blank_line: Finder::new("\n\n"),
            text: Finder::new("\"content\":\""),
            gaps: Histogram::new(),
            events: 0,
            requests: 0,
        })
    }

    fn read_until(&mut self, end: u64, begin: u64) -> Fallible<()> {
        let mut ready = Vec::with_capacity(1_024);
        while stamp::now() < end {
            self.open_what_is_due(begin)?;
            // While streams are still to be opened it looks for the next one.
            let opens = self.streams.len() < self.plan.streams as usize;
            let longest = if opens { 1_000_000 } else { end.saturating_sub(stamp::now()) };
            self.poll.wait(&mut ready, Some(Duration::from_nanos(longest)))?;
            for event in &ready {
                self.read(usize::try_from(event.data.u64())?)?;
            }
        }
        Ok(())
    }

    fn open_what_is_due(&mut self, begin: u64) -> io::Result<()> {
        let due = |stream: usize| nanos(self.plan.ramp) * stream as u64 / u64::from(self.plan.streams);
        while self.streams.len() < self.plan.streams as usize && stamp::now() >= begin + due(self.streams.len()) {
            let mut socket = TcpStream::connect(self.address)?;
            socket.write_all(&self.request)?;
            socket.set_nonblocking(true)?;
            self.poll.add(&socket, self.streams.len() as u64)?;
            self.streams.push(Stream { socket, rest: Vec::new(), cut: false, events: 0, last: 0 });
        }
        Ok(())
    }

    fn read(&mut self, index: usize) -> Fallible<()> {
        let stream = &mut self.streams[index];
        let bytes = match stream.socket.read(&mut self.buffer) {
            Ok(0) => return Err("the server left".into()),
            Ok(length) => &self.buffer[..length],
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let events = match self.work {
            Work::Count => stream.blank_lines(bytes, &self.blank_line),
            Work::Measure => stream.texts(bytes, &self.text, &mut self.gaps)?,
        };
        self.events += u64::from(events);
        stream.events += events;
        // The reason and the end marker are events too.
        if stream.events == self.plan.tokens + 2 {
            self.requests += 1;
            stream.events = 0;
            stream.socket.write_all(&self.request)?;
        }
        Ok(())
    }
}

impl Stream {
    fn blank_lines(&mut self, bytes: &[u8], blank_line: &Finder<'_>) -> u32 {
        let cut = u32::from(self.cut && bytes.starts_with(b"\n"));
        self.cut = bytes.ends_with(b"\n") && !bytes.ends_with(b"\n\n");
        blank_line.find_iter(bytes).fold(cut, |found, _| found + 1)
    }

    fn texts(&mut self, bytes: &[u8], text: &Finder<'_>, gaps: &mut Histogram) -> Fallible<u32> {
        let now = stamp::now();
        self.rest.extend_from_slice(bytes);
        let (mut at, mut events) = (0, 0);
        // The head is a line without a number of bytes, and so is what is between two chunks.
        while let Some(line) = memchr::memmem::find(&self.rest[at..], b"\r\n").map(|end| at + end + 2) {
            let length = usize::from_str_radix(std::str::from_utf8(&self.rest[at..line - 2])?, 16).unwrap_or(0);
            let end = line + length;
            if self.rest.len() < end {
                break;
            }
            if length > 0 {
                events += 1;
                if text.find(&self.rest[line..end]).is_some() {
                    gaps.record((now - std::mem::replace(&mut self.last, now)) / 1_000);
                }
            }
            at = end;
        }
        self.rest.drain(..at);
        Ok(events)
    }
}
