//! How exactly arrivals begin: the generator's own lag at a high rate, beside how late a bare timer thread is at the same rate.
//!
//! ```text
//! cargo bench -p sse-load --features mock --bench open_loop -- [arrivals a second] [seconds]
//! ```
//! Server and client are processes of their own, on cores of their own where `taskset` can arrange it.

#[path = "machine/cores.rs"]
mod cores;
#[path = "machine/goal.rs"]
mod goal;
#[path = "machine/process.rs"]
mod process;

use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::time::Duration;

use cores::{Side, pin};
use sse_load::clock::Timestamp;
use sse_load::mock::{MockServer, Script};
use sse_load::prelude::*;
use sse_load::stats::Histogram;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// From a request to its one token, so that many requests are open at once.
const TTFT: Duration = ms(20);

/// Arrivals a second, for which there is a goal.
const RATE: u32 = 5_000;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "serve") {
        return serve();
    }
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u32>().ok());
    let rate = numbers.next().unwrap_or(RATE);
    let seconds = secs(numbers.next().unwrap_or(10).into());
    println!("client and server on cores of their own: {}", if pin(Side::Client) { "yes" } else { "no" });
    println!("{rate} arrivals a second for {seconds:?}, each answered after {TTFT:?} with one token\n");
    let bare = bare_timer(rate, secs(2));
    for arrivals in [Arrivals::constant(rate), Arrivals::poisson(rate)] {
        measure(arrivals, rate, seconds, bare)?;
    }
    Ok(())
}

#[sse_user]
impl Caller {
    #[task]
    async fn call(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/call").send().await?;
        Ok(())
    }
}

fn measure(arrivals: Arrivals, rate: u32, seconds: Duration, bare: Duration) -> Fallible<()> {
    let mut process = process::again(["serve"])?.spawn()?;
    let mut output = BufReader::new(process.stdout.take().ok_or("the server has no output")?);
    let mut host = String::new();
    output.read_line(&mut host)?;
    let name = arrivals.describe();
    let report = Caller::load_test("open_loop")
        .host(host.trim())
        .arrivals(arrivals)
        .connections(Connections::pooled())
        .warm_up(secs(2))
        .run_time(seconds)
        .try_run()?;
    drop(process.stdin.take());
    process.wait()?;
    let call = report.request("/call");
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let (begun, missed) = (report.arrivals().begun, report.arrivals().missed);
    println!("{name}: {begun} begun, {missed} missed, {} failed", call.failures());
    for (metric, of) in [("lag", call.lag()), ("queue", call.queue())] {
        println!(
            "  {metric:<5} p50 {:>7.0} µs  p99 {:>7.0} µs  max {:>7.0} µs",
            micros(of.p50()),
            micros(of.p99()),
            micros(of.max())
        );
    }
    println!("  lag p99 / that of a bare timer thread: {:.2}", micros(call.lag().p99()) / micros(bare));
    if rate == RATE {
        let what = format!("lag p99, open loop, {name}");
        goal::hold(&what, ..=1.0, call.lag().p99().as_secs_f64() * 1e3, "ms");
    }
    println!();
    Ok(())
}

/// The 99th percentile of how late a thread is that does nothing but sleep until each moment of the same rate.
fn bare_timer(rate: u32, time: Duration) -> Duration {
    let mut late = Histogram::new();
    let begin = Timestamp::now();
    for moment in Arrivals::constant(rate).moments(0, 0).take_while(|moment| *moment < time) {
        let due = begin + moment;
        std::thread::sleep(due - Timestamp::now());
        late.record_duration(Timestamp::now() - due);
    }
    Duration::from_micros(late.quantile(0.99).unwrap_or_default().max(1))
}

fn serve() -> Fallible<()> {
    pin(Side::Server);
    let server = MockServer::builder().script(Script::new().ttft(TTFT).tokens(1)).log_limit(0).start();
    println!("{}", server.url());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
