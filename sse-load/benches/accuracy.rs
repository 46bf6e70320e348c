//! How true the figures are: what a load test reports against what the server was told to do, and how late the client
//! sees an event that the server has sent, as a ratio to what a plain socket sees: by the kernel's stamps, and by those of the reads of
//! the same run. With `busy` a program computes all the time on the client's core.
//!
//! ```text
//! cargo bench -p sse-load --features mock --bench accuracy -- [seconds] [busy]
//! ```
//! Server and client are processes of their own, on cores of their own where `taskset` can arrange it. Lateness needs the
//! clock that all processes share, so it is right on Linux only.

#[path = "machine/cores.rs"]
mod cores;
#[path = "machine/cpu.rs"]
mod cpu;
#[path = "machine/goal.rs"]
mod goal;
#[path = "machine/process.rs"]
mod process;

use std::error::Error;
use std::future::Future;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};
use std::time::Duration;

use cores::{Side, pin};
use http::{HeaderMap, Method};
use serde_json::json;
use sse_load::clock::Timestamp;
use sse_load::mock::MockServer;
use sse_load::prelude::*;
use sse_load::sse::{Decoder, Limits};
use sse_load::transport::{HttpClient, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const TTFT: Duration = ms(50);
const INTER_TOKEN: Duration = ms(20);
const TOKENS: u32 = 20;
const USERS: [u64; 2] = [20, 1_000];
const STREAMS: [u64; 3] = [1, 100, 1_000];
/// A TTFT that is further beyond what the server did is false.
const FALSEHOOD: Duration = Duration::from_micros(300);
/// The users start spread over this time.
const RAMP: Duration = secs(1);
const PATH: &str = "/v1/chat/completions";

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "serve") {
        return serve();
    }
    if arguments.iter().any(|argument| argument == "compute") {
        return compute();
    }
    let seconds = secs(arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(5));
    // The clock's zero is its first reading, and no moment of a server may lie before it.
    let _ = Timestamp::now();
    println!("client and server on cores of their own: {}", if pin(Side::Client) { "yes" } else { "no" });
    let neighbour = arguments.iter().any(|argument| argument == "busy").then(|| process::again(["compute"])?.spawn());
    let mut neighbour = neighbour.transpose()?;
    println!("another program computes on the client's core: {}", if neighbour.is_some() { "yes" } else { "no" });
    println!("injected: TTFT {TTFT:?}, {TOKENS} tokens {INTER_TOKEN:?} apart\n");
    USERS.iter().try_for_each(|users| reported(*users, seconds, neighbour.is_some()))?;
    STREAMS.iter().try_for_each(|streams| compared(*streams, seconds))?;
    if let Some(neighbour) = &mut neighbour {
        drop(neighbour.stdin.take());
        neighbour.wait()?;
    }
    Ok(())
}

/// The process of a neighbour: it computes on the client's core until its standard input ends.
fn compute() -> Fallible<()> {
    pin(Side::Client);
    std::thread::spawn(|| {
        let mut number = 1_u64;
        loop {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Reads streams one after the other, with a pause that spreads the users' requests over time.
#[sse_user(wait_time = between(ms(0), ms(200)))]
impl Reader {
    #[task]
    async fn read(ctx: &mut Context) -> TaskResult {
        // With the usage in the stream no token is counted here.
        let body = json!({"stream": true, "stream_options": {"include_usage": true}});
        ctx.sse_request(PATH).json(&body).prompt("").name("stream").send().await?;
        Ok(())
    }
}

/// A load test's own figures against the injected ones.
fn reported(users: u64, seconds: Duration, busy: bool) -> Fallible<()> {
    let server = Server::start()?;
    let test = Reader::load_test("accuracy").host(&server.host).users(users);
    let report = test.spawn_rate(share(users, RAMP.as_secs())).run_time(seconds).try_run()?;
    let record = server.stop()?;
    let stream = report.request("stream");
    println!("{users} users, {} streams, {} failed", stream.count(), stream.failures());
    for (name, times, injected) in [("ttft", stream.ttft(), TTFT), ("icl", stream.icl(), INTER_TOKEN)] {
        for (label, reported) in [("p50", times.p50()), ("p99", times.p99())] {
            let beyond = millis(reported) - millis(injected);
            println!("  {name:<4} {label} reported {:>8.3} ms, {beyond:>+7.3} ms", millis(reported));
        }
    }
    let buffered = &report.health().buffered;
    if let (Some(p50), Some(p99), Some(max)) = (buffered.at(0.5), buffered.at(0.99), buffered.at(1.0)) {
        println!("  buffered p50 {:.3}, p99 {:.3}, max {:.3} ms", millis(p50), millis(p99), millis(max));
    }
    println!("  {}", record.text);
    let limit = TTFT + record.late_p99 + FALSEHOOD;
    let verdicts = report.check([ttft("stream").p99().at_most(limit)]);
    let is_invalid = verdicts.count(Verdict::Invalid) > 0;
    println!("  p99 at most {:.3} ms: {:?}", millis(limit), verdicts.judged()[0].verdict);
    if busy {
        let is_false = stream.ttft().p99() > limit && !is_invalid;
        let what = format!("false TTFT p99 without a verdict of Invalid, beside a busy loop, {users} users");
        goal::hold(&what, ..=0.0, f64::from(u8::from(is_false)), "");
    } else if users == 1_000 {
        let beyond = millis(stream.ttft().p99()) - millis(TTFT) - millis(record.late_p99);
        goal::hold("TTFT p99 beyond the mock's own lateness, 1,000 users", ..=0.3, beyond, "ms");
    }
    println!();
    Ok(())
}

/// The lateness by the library's transport, over each HTTP, beside that by a plain socket.
fn compared(streams: u64, seconds: Duration) -> Fallible<()> {
    let socket = lateness("a plain socket", streams, seconds, read_sockets)?;
    let shared = HttpClient::new(&Connections::pooled().http2_prior_knowledge())?;
    let own = |connections: Connections| {
        move |host, epoch, until| {
            let client = HttpClient::new(&connections);
            async move { read_bodies(client?, host, epoch, until).await }
        }
    };
    let over_reqwest = Connections::per_user().environment_proxies();
    let of_clients = [
        lateness("HTTP/1.1 by reqwest", streams, seconds, own(over_reqwest))?,
        lateness("HTTP/1.1", streams, seconds, own(Connections::per_user()))?,
        lateness("HTTP/2, a connection each", streams, seconds, own(Connections::per_user().http2_prior_knowledge()))?,
        lateness("HTTP/2, one connection", streams, seconds, |host, epoch, until| {
            read_bodies(shared.clone(), host, epoch, until)
        })?,
    ];
    for (by, late) in ["HTTP/1.1 by reqwest", "HTTP/1.1", "HTTP/2, a connection each", "HTTP/2, one connection"]
        .iter()
        .zip(of_clients)
    {
        let ratio = |of: fn(&Lateness) -> Duration| of(&late).as_secs_f64() / of(&socket).as_secs_f64();
        println!(
            "{streams} streams, {by} / plain socket: p50 {:.2}, p99 {:.2}",
            ratio(|it| it.p50),
            ratio(|it| it.p99)
        );
    }
    println!();
    Ok(())
}

/// How much later than the server's stamps the client's are.
struct Lateness {
    p50: Duration,
    p99: Duration,
}

/// How late one event was.
struct Late {
    /// By the stamp that the library gives it.
    stamped: Duration,
    /// By the read that brought it.
    read: Duration,
    /// It is the first of its stream.
    first: bool,
}

/// The client's stamp of each event minus the server's.
fn lateness<F>(
    by: &str,
    streams: u64,
    seconds: Duration,
    read: impl Fn(String, Timestamp, Timestamp) -> F,
) -> Fallible<Lateness>
where
    F: Future<Output = Fallible<Vec<Late>>> + Send + 'static,
{
    let server = Server::start()?;
    let start = cpu::time();
    let late = server.read_all(streams, seconds, read)?;
    let took = cpu::time().saturating_sub(start).as_secs_f64() * 1e6 / share(late.len().try_into()?, 1);
    println!("{streams} streams, arrival minus send, by {by}, {} events, {took:.1} µs CPU each", late.len());
    let all = ranked("all, stamped", late.iter().map(|late| late.stamped))?;
    ranked("all, read", late.iter().map(|late| late.read))?;
    ranked("first of a stream, stamped", late.iter().filter(|late| late.first).map(|late| late.stamped))?;
    ranked("first of a stream, read", late.iter().filter(|late| late.first).map(|late| late.read))?;
    println!("  {}\n", server.stop()?.text);
    Ok(all)
}

/// Prints the percentiles of these times.
fn ranked(of: &str, times: impl Iterator<Item = Duration>) -> Fallible<Lateness> {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    let last = times.len().checked_sub(1).ok_or("no event carried a stamp")?;
    let at = |per_mille: usize| times[(times.len() * per_mille / 1_000).min(last)];
    let [p50, p99, p999, max] = [500, 990, 999, 1_000].map(at).map(millis);
    println!("  {of:<27} p50 {p50:.3}, p99 {p99:.3}, p99.9 {p999:.3}, max {max:.3} ms");
    Ok(Lateness { p50: at(500), p99: at(990) })
}

/// The server's process, as the client sees it.
struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    host: String,
    /// The server's epoch on the client's clock.
    epoch: Timestamp,
}

impl Server {
    fn start() -> Fallible<Self> {
        let mut process = process::again(["serve"])?.spawn()?;
        let mut output = BufReader::new(process.stdout.take().ok_or("the server has no output")?);
        let mut told = String::new();
        output.read_line(&mut told)?;
        let (host, epoch) = told.trim().split_once(' ').ok_or("the server did not start")?;
        let age = monotonic().saturating_sub(Duration::from_nanos(epoch.parse()?));
        let zero = Timestamp::from_nanos(0);
        let epoch = zero + (Timestamp::now() - zero).saturating_sub(age);
        Ok(Self { process, output, host: host.to_owned(), epoch })
    }

    /// Runs a reader for each stream, on one thread; gives how late each event was. A reader reads streams of a host one after
    /// the other until the second moment; the first one is the server's epoch.
    fn read_all<F>(
        &self,
        streams: u64,
        seconds: Duration,
        read: impl Fn(String, Timestamp, Timestamp) -> F,
    ) -> Fallible<Vec<Late>>
    where
        F: Future<Output = Fallible<Vec<Late>>> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let until = Timestamp::now() + RAMP + seconds;
        runtime.block_on(async {
            let mut readers = JoinSet::new();
            for stream in 0..streams {
                let reading = read(self.host.clone(), self.epoch, until);
                readers.spawn(async move {
                    tokio::time::sleep(RAMP.mul_f64(share(stream, streams))).await;
                    reading.await
                });
            }
            let of_streams = readers.join_all().await.into_iter().collect::<Fallible<Vec<_>>>()?;
            Ok(of_streams.into_iter().flatten().collect())
        })
    }

    /// Ends the server; gives its own record.
    fn stop(mut self) -> Fallible<Record> {
        drop(self.process.stdin.take());
        let mut record = String::new();
        self.output.read_to_string(&mut record)?;
        self.process.wait()?;
        let (late_p99, text) = record.trim().split_once(' ').ok_or("the server told no record")?;
        Ok(Record { late_p99: Duration::from_nanos(late_p99.parse()?), text: text.to_owned() })
    }
}

/// What a server tells of itself at its end.
struct Record {
    /// How late it was to send.
    late_p99: Duration,
    text: String,
}

/// The server's process: it tells its address and its epoch, works until its standard input ends, and tells its record.
fn serve() -> Fallible<()> {
    pin(Side::Server);
    let server =
        MockServer::builder().ttft(TTFT).inter_token(INTER_TOKEN).tokens(TOKENS).stamped(true).log_limit(0).start();
    let epoch = monotonic().saturating_sub(server.epoch().elapsed());
    println!("{} {}", server.url(), epoch.as_nanos());
    io::stdin().read_to_end(&mut Vec::new())?;
    let late = server.send_lateness();
    let [p50, p99, max] = [late.p50, late.p99, late.max].map(millis);
    let (tokens, connections) = (late.count, server.connection_count());
    println!(
        "{} the server's own lateness: p50 {p50:.3}, p99 {p99:.3}, max {max:.3} ms of {tokens} tokens; {connections} connections",
        late.p99.as_nanos()
    );
    Ok(())
}

/// By the library's transport and decoder.
async fn read_bodies(client: HttpClient, host: String, epoch: Timestamp, until: Timestamp) -> Fallible<Vec<Late>> {
    let mut late = Vec::new();
    while Timestamp::now() < until {
        let url = format!("{host}{PATH}").parse()?;
        let request = Request { method: Method::GET, url, headers: HeaderMap::new(), body: None };
        let mut response = client.send(&request, &mut false).await?;
        let (mut decoder, mut first) = (Decoder::new(Limits::default()), true);
        while let Some(read) = response.read().await? {
            decoder.push(&read.bytes);
            while let Some(event) = decoder.next_event()? {
                let Some(sent) = sent_at(event.data, epoch) else { continue };
                let stamped = read.at - sent;
                late.push(Late { stamped, read: stamped + read.buffered.unwrap_or_default(), first });
                first = false;
            }
        }
    }
    Ok(late)
}

/// By a socket and a search for lines: what the system alone costs.
async fn read_sockets(host: String, epoch: Timestamp, until: Timestamp) -> Fallible<Vec<Late>> {
    let address = host.trim_start_matches("http://");
    let mut late = Vec::new();
    while Timestamp::now() < until {
        let mut socket = TcpStream::connect(address).await?;
        socket.write_all(format!("GET {PATH} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n").as_bytes()).await?;
        let (mut buffer, mut rest, mut first) = (vec![0; 16 * 1024], String::new(), true);
        loop {
            let length = socket.read(&mut buffer).await?;
            let at = Timestamp::now();
            if length == 0 {
                break;
            }
            rest.push_str(std::str::from_utf8(&buffer[..length])?);
            let whole = rest.rfind('\n').map_or(0, |end| end + 1);
            for sent in rest[..whole].lines().filter_map(|line| sent_at(line, epoch)) {
                late.push(Late { stamped: at - sent, read: at - sent, first });
                first = false;
            }
            rest.drain(..whole);
        }
    }
    Ok(late)
}

/// The stamp of an event that carries one.
fn sent_at(data: &str, epoch: Timestamp) -> Option<Timestamp> {
    let (_, stamp) = data.rsplit_once("\"sent_ns\":")?;
    Some(epoch + Duration::from_nanos(stamp.trim_end_matches('}').parse().ok()?))
}

#[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 streams")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// The monotonic clock, which all processes of the machine share. Off Linux it stands still.
fn monotonic() -> Duration {
    #[cfg(target_os = "linux")]
    return rustix::time::clock_gettime(rustix::time::ClockId::Monotonic).try_into().unwrap_or_default();
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
