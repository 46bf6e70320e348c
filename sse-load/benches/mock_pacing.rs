//! How well the mock server keeps its schedule: many paced streams, one server process, one client process.
//!
//! ```text
//! cargo bench -p sse-load --features mock --bench mock_pacing -- [streams] [events per second and stream] [seconds]
//! ```
//! On Linux with two cores or more and `taskset` the server is pinned to core 0 and the client to the others.
//! The client reads the stamps that the server wrote, so that its own delays are not part of the first line.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sse_load::mock::MockServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TTFT: Duration = Duration::from_secs(2);
/// The starts are spread, so that the events of different streams fall between each other.
const RAMP: Duration = Duration::from_secs(1);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: mock\r\n\r\n";

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<u32> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let number = |place: usize, default| numbers.get(place).copied().unwrap_or(default);
    let plan = Plan { streams: number(0, 2_000), rate: number(1, 50).max(1), seconds: number(2, 10) };
    if std::env::args().any(|arg| arg == "--serve") { serve(&plan) } else { measure(&plan) }
}

struct Plan {
    streams: u32,
    rate: u32,
    seconds: u32,
}

impl Plan {
    fn gap(&self) -> Duration {
        Duration::from_secs(1) / self.rate
    }

    fn tokens(&self) -> u32 {
        self.rate * self.seconds
    }
}

/// The server's process: it prints its address, works until its standard input ends, and prints its own view.
fn serve(plan: &Plan) -> Result<(), Box<dyn Error>> {
    let server = MockServer::builder().ttft(TTFT).inter_token(plan.gap()).tokens(plan.tokens()).stamped(true).start();
    println!("{}", server.addr());
    io::stdin().read_to_end(&mut Vec::new())?;
    let late = server.send_lateness();
    println!(
        "server's record: p50 {:?}, p99 {:?}, max {:?} of {} tokens; {:?} CPU",
        late.p50,
        late.p99,
        late.max,
        late.count,
        cpu_time()
    );
    Ok(())
}

/// The client's process.
fn measure(plan: &Plan) -> Result<(), Box<dyn Error>> {
    let mut child = spawn_server(plan)?;
    let mut told = BufReader::new(child.stdout.take().ok_or("the server has no output")?);
    let mut address = String::new();
    told.read_line(&mut address)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = instant();
    let mut late = runtime.block_on(run_streams(plan, address.trim()))?;
    let elapsed = started.elapsed();
    drop(child.stdin.take());
    let mut record = String::new();
    told.read_to_string(&mut record)?;
    child.wait()?;
    late.sort_unstable();
    let at = |share: usize| {
        Duration::from_nanos(late.get((late.len() * share / 1_000).min(late.len() - 1)).copied().unwrap_or(0))
    };
    println!(
        "{} streams, {} events/s each, {} tokens in {elapsed:.1?} ({} events/s while all streamed)",
        plan.streams,
        plan.rate,
        late.len(),
        u64::from(plan.streams) * u64::from(plan.rate)
    );
    println!("by the stamps:   p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?}", at(500), at(990), at(999), at(1_000));
    print!("{record}");
    println!("client: {:?} CPU", cpu_time());
    Ok(())
}

fn spawn_server(plan: &Plan) -> io::Result<Child> {
    let binary = std::env::current_exe()?;
    let cores = thread::available_parallelism()?.get();
    let pin = |cores: &str| {
        let pid = std::process::id().to_string();
        let taskset = Command::new("taskset").args(["-a", "-c", "-p", cores, &pid]).stdout(Stdio::null()).status();
        taskset.is_ok_and(|status| status.success())
    };
    let mut command = if cores > 1 && pin(&format!("1-{}", cores - 1)) {
        println!("server on core 0, client on the others");
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(binary);
        command
    } else {
        println!("nothing is pinned");
        Command::new(binary)
    };
    let plan = [plan.streams, plan.rate, plan.seconds].map(|number| number.to_string());
    command.arg("--serve").args(plan).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

/// The lateness of every token in nanoseconds.
async fn run_streams(plan: &Plan, address: &str) -> Result<Vec<u64>, Box<dyn Error>> {
    let readers: Vec<_> = (0..plan.streams)
        .map(|stream| tokio::spawn(read_stream(address.to_owned(), RAMP * stream / plan.streams, plan.gap())))
        .collect();
    let mut late = Vec::new();
    for reader in readers {
        late.extend(reader.await??);
    }
    let expected = u64::from(plan.streams) * u64::from(plan.tokens());
    if late.len() as u64 != expected {
        return Err(format!("expected {expected} tokens, got {}", late.len()).into());
    }
    Ok(late)
}

/// The role event is sent when the request is received: its stamp is the start of the schedule.
async fn read_stream(address: String, delay: Duration, gap: Duration) -> io::Result<Vec<u64>> {
    tokio::time::sleep(delay).await;
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(REQUEST).await?;
    let mut bytes = Vec::new();
    let mut stamps = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let read = socket.read(&mut buffer).await?;
        bytes.extend_from_slice(&buffer[..read]);
        let done = take_stamps(&mut bytes, &mut stamps);
        if done || read == 0 {
            break;
        }
    }
    let Some((start, tokens)) = stamps.split_first() else {
        return Ok(Vec::new());
    };
    // The last stamp is that of the finish chunk.
    let tokens = &tokens[..tokens.len().saturating_sub(1)];
    let due = |token: u32| *start + nanos(TTFT) + nanos(gap) * u64::from(token);
    Ok((0..).zip(tokens).map(|(token, sent)| sent.saturating_sub(due(token))).collect())
}

/// Moves the stamps of all whole lines; says whether the end marker was among them.
fn take_stamps(bytes: &mut Vec<u8>, stamps: &mut Vec<u64>) -> bool {
    let mut done = false;
    let mut start = 0;
    while let Some(length) = bytes[start..].iter().position(|byte| *byte == b'\n') {
        let line = &bytes[start..start + length];
        start += length + 1;
        done |= line == b"data: [DONE]";
        let text = std::str::from_utf8(line).unwrap_or_default();
        if let Some((_, stamp)) = text.rsplit_once("\"sent_ns\":") {
            stamps.extend(stamp.trim_end_matches('}').parse::<u64>());
        }
    }
    bytes.drain(..start);
    done
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "a bench has no run whose clock it could use")]
fn instant() -> Instant {
    Instant::now()
}

/// User and system time of this process in ticks of 10 ms (proc(5), fields 14 and 15 of `stat`); zero elsewhere.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
