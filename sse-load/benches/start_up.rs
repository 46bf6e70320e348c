//! What the start of many users costs: when the first of them has its sample, when all have theirs, and what a user holds of memory.
//!
//! ```text
//! cargo bench -p sse-load --features mock --bench start_up -- [users] [seconds]
//! ```
//! All users come at once, and each sends one request. Server and client are processes of their own, on cores of their own where `taskset` can
//! arrange it. The first sample is compared with that of a user who is alone.

#[path = "machine/cores.rs"]
mod cores;
#[path = "machine/goal.rs"]
mod goal;
#[path = "machine/memory.rs"]
mod memory;
#[path = "machine/process.rs"]
mod process;

use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cores::{Side, pin};
use sse_load::clock::Timestamp;
use sse_load::mock::{MockServer, Script};
use sse_load::prelude::*;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How much later than that of a user who is alone the first of many samples may be.
const LATER: f64 = 20.0;

/// When users began, and when they had their samples.
static BEGUN: Mutex<Vec<Timestamp>> = Mutex::new(Vec::new());
static DONE: Mutex<Vec<Timestamp>> = Mutex::new(Vec::new());
static MEMORY: AtomicU64 = AtomicU64::new(0);

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "serve") {
        return serve();
    }
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u32>().ok());
    let users = numbers.next().unwrap_or(10_000);
    let seconds = secs(numbers.next().unwrap_or(10).into());
    println!("client and server on cores of their own: {}", if pin(Side::Client) { "yes" } else { "no" });
    // What a process does once is done then.
    measure(1, secs(1))?;
    let alone = measure(1, secs(1))?;
    let first = measure(users, seconds)?;
    let later = (first.as_secs_f64() - alone.as_secs_f64()) * 1e3;
    goal::hold(&format!("first sample of {users} users, later than of one"), ..=LATER, later, "ms");
    Ok(())
}

#[sse_user(wait_time = secs(3_600))]
impl Visitor {
    #[task]
    async fn visit(ctx: &mut Context) -> TaskResult {
        note(&BEGUN);
        ctx.sse_request("/visit").send().await?;
        note(&DONE);
        // The last one leaves what all of them hold while they wait.
        MEMORY.store(memory::resident("self"), Ordering::Relaxed);
        Ok(())
    }
}

fn note(moments: &Mutex<Vec<Timestamp>>) {
    moments.lock().unwrap_or_else(PoisonError::into_inner).push(Timestamp::now());
}

fn take(moments: &Mutex<Vec<Timestamp>>) -> Vec<Timestamp> {
    std::mem::take(&mut *moments.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Gives when the first sample was there, from when the first user began.
fn measure(users: u32, seconds: Duration) -> Fallible<Duration> {
    let mut server = process::again(["serve"])?.spawn()?;
    let mut output = BufReader::new(server.stdout.take().ok_or("the server has no output")?);
    let mut host = String::new();
    output.read_line(&mut host)?;
    let before = memory::resident("self");
    let test = Visitor::load_test("start_up").host(host.trim()).users(u64::from(users)).threads(1);
    let report = test.run_time(seconds).try_run()?;
    let memory = MEMORY.load(Ordering::Relaxed).saturating_sub(before) / u64::from(users) / 1_024;
    let (begun, done) = (take(&BEGUN), take(&DONE));
    drop(server.stdin.take());
    server.wait()?;
    let visit = report.request("/visit");
    let (Some(first), Some(last), Some(sample), Some(samples)) =
        (begun.first(), begun.last(), done.first(), done.last())
    else {
        return Err("no user had a sample".into());
    };
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!("\n{users} users: {} samples, {} failed; since the first user began", visit.count(), visit.failures());
    println!("  first sample         {:>9.1} ms", millis(*sample - *first));
    println!("  all users have begun {:>9.1} ms", millis(*last - *first));
    println!("  all have their own   {:>9.1} ms", millis(*samples - *first));
    println!("  ttft p50 {:.1} ms, p99 {:.1} ms", millis(visit.ttft().p50()), millis(visit.ttft().p99()));
    println!("  memory               {memory:>9} KiB a user\n");
    Ok(*sample - *first)
}

fn serve() -> Fallible<()> {
    pin(Side::Server);
    let server = MockServer::builder().script(Script::new().ttft(ms(1)).tokens(1)).log_limit(0).start();
    println!("{}", server.url());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
