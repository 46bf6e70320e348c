//! The contenders: from a socket that only counts to the whole library.

use std::error::Error;
use std::hint::black_box;
use std::sync::LazyLock;

use eventsource_stream::Eventsource as _;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, Method};
use memchr::memmem::Finder;
use sse_load::clock::Timestamp;
use sse_load::protocol::{Class, Format, Protocol};
use sse_load::sse::{Decoder, Event, Limits};
use sse_load::transport::{Connections, HttpClient, Request, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{BLOCK, body};

/// Streams go over connections of our own, except where proxies are asked for: there reqwest has them.
static OURS: LazyLock<Connections> = LazyLock::new(Connections::default);
static REQWESTS: LazyLock<Connections> = LazyLock::new(|| Connections::default().environment_proxies());

/// Whose connections the streams go over.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// The library's.
    Own,
    /// Those of reqwest.
    Reqwest,
}

impl Way {
    pub(crate) fn connections(self) -> &'static Connections {
        match self {
            Self::Own => &OURS,
            Self::Reqwest => &REQWESTS,
        }
    }
}

/// Bytes of a block, without HTTP's framing.
static BLOCK_BYTES: LazyLock<usize> = LazyLock::new(|| body(BLOCK).iter().map(String::len).sum());

/// What goes wrong ends the bench.
pub(crate) type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// One way to read a stream, on one connection.
pub(crate) enum Client {
    /// A socket, and the blank lines counted.
    Raw(TcpStream),
    /// The library's transport, and what is done with each stamped read.
    Http(HttpClient, Work),
}

/// What is done with the reads of a body.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// They are stamped.
    Stamp,
    /// They are decoded by the library.
    Decode { classify: bool },
    /// They are decoded by `eventsource-stream`.
    EventsourceStream { classify: bool },
}

impl Client {
    /// A client whose connection is open and has been used.
    pub(crate) async fn connect(address: &str, work: Option<(Way, Work)>) -> Fallible<Self> {
        let mut client = match work {
            None => Self::Raw(TcpStream::connect(address).await?),
            Some((way, work)) => Self::Http(HttpClient::new(way.connections())?, work),
        };
        client.read(address, BLOCK).await?;
        Ok(client)
    }

    /// Asks for `events` events; gives how many came.
    pub(crate) async fn read(&mut self, address: &str, events: u64) -> Fallible<u64> {
        match self {
            Self::Raw(socket) => count_blank_lines(socket, events).await,
            Self::Http(http, work) => {
                let url = format!("http://{address}/{events}").parse()?;
                let request = Request { method: Method::GET, url, headers: HeaderMap::new(), body: None };
                match *work {
                    Work::Stamp => stamp(http.send(&request, &mut false).await?).await,
                    Work::Decode { classify: false } => decode(http.send(&request, &mut false).await?).await,
                    Work::Decode { classify: true } => {
                        decode_and_classify(http.send(&request, &mut false).await?).await
                    }
                    Work::EventsourceStream { classify } => {
                        let response = http.plain().get(request.url).send().await?;
                        // The stamp of each read, as the library takes it.
                        let reads = response.bytes_stream().inspect(|_| {
                            black_box(Timestamp::now());
                        });
                        eventsource_stream(reads, classify).await
                    }
                }
            }
        }
    }
}

async fn count_blank_lines(socket: &mut TcpStream, events: u64) -> Fallible<u64> {
    socket.write_all(format!("GET /{events} HTTP/1.1\r\nhost: raw\r\n\r\n").as_bytes()).await?;
    let finder = Finder::new("\n\n");
    let mut buffer = vec![0; 64 * 1024];
    let (mut found, mut cut) = (0, false);
    // The reason and the end marker are events too.
    while found < events + 2 {
        let length = socket.read(&mut buffer).await?;
        let read = &buffer[..length];
        if read.is_empty() {
            return Err(format!("the server left after {found} events").into());
        }
        found += u64::from(cut && read.starts_with(b"\n"));
        found += finder.find_iter(read).fold(0, |found, _| found + 1);
        cut = read.ends_with(b"\n") && !read.ends_with(b"\n\n");
    }
    Ok(found - 2)
}

async fn stamp(mut response: Response) -> Fallible<u64> {
    let mut bytes = 0;
    while let Some(read) = response.read().await? {
        black_box(read.at);
        bytes += read.bytes.len();
    }
    Ok(u64::try_from(bytes / *BLOCK_BYTES)? * BLOCK)
}

async fn decode(mut response: Response) -> Fallible<u64> {
    let mut decoder = Decoder::new(Limits::default());
    let mut events = 0_u64;
    while let Some(read) = response.read().await? {
        decoder.push(&read.bytes);
        while let Some(event) = decoder.next_event()? {
            black_box((event.data, read.at));
            events += 1;
        }
    }
    Ok(events.saturating_sub(2))
}

async fn decode_and_classify(mut response: Response) -> Fallible<u64> {
    let mut decoder = Decoder::new(Limits::default());
    let mut protocol = Format::OpenAiChat.protocol();
    let mut generated = 0;
    while let Some(read) = response.read().await? {
        decoder.push(&read.bytes);
        while let Some(event) = decoder.next_event()? {
            generated += classify(protocol.as_mut(), &event);
        }
    }
    Ok(generated)
}

async fn eventsource_stream<B, E>(reads: impl Stream<Item = Result<B, E>>, classifies: bool) -> Fallible<u64>
where
    B: AsRef<[u8]>,
    E: Error + Send + Sync + 'static,
{
    let mut stream = std::pin::pin!(reads.eventsource());
    let mut protocol = Format::OpenAiChat.protocol();
    let (mut events, mut generated) = (0_u64, 0);
    while let Some(event) = stream.next().await {
        let event = event?;
        events += 1;
        if classifies {
            let id = Some(event.id.as_str()).filter(|id| !id.is_empty());
            generated += classify(protocol.as_mut(), &Event { name: &event.event, data: &event.data, id });
        } else {
            black_box(&event.data);
        }
    }
    Ok(if classifies { generated } else { events.saturating_sub(2) })
}

/// How many pieces of output the event holds.
fn classify(protocol: &mut dyn Protocol, event: &Event<'_>) -> u64 {
    let mut generated = 0;
    protocol.classify(event, &mut |class| generated += u64::from(matches!(black_box(class), Class::Generated { .. })));
    generated
}
