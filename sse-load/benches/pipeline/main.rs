//! What one event costs from the socket on: CPU time of the client at full speed over loopback, layer by layer.
//!
//! ```text
//! cargo bench -p sse-load --bench pipeline -- [rounds]
//! ```
//! Hold the ratios to the raw reader, not the nanoseconds. Server and clients are processes of their own, so that the
//! server's CPU time counts nowhere; the rounds of all contenders take turns, so that a busy neighbour slows all of them.
//! One contender alone, for a profiler: `pipeline client [name] [streams] [address]`, with the address that
//! `pipeline serve` prints.

#[path = "../machine/chat.rs"]
mod chat;
#[path = "../machine/cores.rs"]
mod cores;
#[path = "../machine/cpu.rs"]
mod cpu;
#[path = "../machine/goal.rs"]
mod goal;
#[path = "../machine/process.rs"]
mod process;
#[path = "../machine/spread.rs"]
mod spread;

mod clients;
mod library;
mod server;

use std::io::{BufRead, BufReader};
use std::time::Duration;

use clients::{Client, Fallible, Way, Work};
use cores::{Side, pin};
use futures_util::future::try_join_all;
use server::BLOCK;
use spread::Spread;
use tokio::task::JoinSet;

/// Events of a round, over all streams.
const EVENTS: u64 = 1_000 * BLOCK;
const STREAMS: [u64; 3] = [1, 100, 1_000];

/// The whole library is the contender without a `Work` of its own.
const LIBRARY: &str = "whole library";
const LIBRARY_OVER_REQWEST: &str = "whole library over reqwest";
const OURS: &str = "transport, Decoder, OpenAI chat";
const OVER_REQWEST: &str = "reqwest, Decoder, OpenAI chat";
const THEIRS: &str = "reqwest, eventsource-stream, OpenAI chat";
const CONTENDERS: [(&str, Option<(Way, Work)>); 10] = [
    ("socket, blank lines counted (floor)", None),
    ("reqwest, reads stamped", Some((Way::Reqwest, Work::Stamp))),
    ("transport, reads stamped", Some((Way::Own, Work::Stamp))),
    ("transport, Decoder", Some((Way::Own, Work::Decode { classify: false }))),
    (OVER_REQWEST, Some((Way::Reqwest, Work::Decode { classify: true }))),
    (OURS, Some((Way::Own, Work::Decode { classify: true }))),
    ("reqwest, eventsource-stream", Some((Way::Reqwest, Work::EventsourceStream { classify: false }))),
    (THEIRS, Some((Way::Reqwest, Work::EventsourceStream { classify: true }))),
    (LIBRARY_OVER_REQWEST, None),
    (LIBRARY, None),
];

/// Pairs whose ratio is printed, round by round.
const PAIRS: [(&str, &str); 4] = [
    (THEIRS, OVER_REQWEST),
    ("reqwest, reads stamped", "transport, reads stamped"),
    (OVER_REQWEST, OURS),
    (LIBRARY_OVER_REQWEST, LIBRARY),
];

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => {
            pin(Side::Server);
            Ok(server::serve()?)
        }
        ["client", name, streams, address] => client(name, streams.parse()?, address),
        [rounds] => compare(rounds.parse()?),
        _ => compare(5),
    }
}

/// A client's process: one round of one contender.
fn client(name: &str, streams: u64, address: &str) -> Fallible<()> {
    pin(Side::Client);
    let events = EVENTS / streams;
    let work = CONTENDERS.iter().find(|(known, _)| *known == name).ok_or("no such contender")?.1;
    let (came, took) = match name {
        LIBRARY => library::run(Way::Own, address, streams, events)?,
        LIBRARY_OVER_REQWEST => library::run(Way::Reqwest, address, streams, events)?,
        _ => layers(work, address, streams, events)?,
    };
    if came != events * streams {
        return Err(format!("{name}: expected {} events, got {came}", events * streams).into());
    }
    println!("cpu {}", took.as_nanos());
    Ok(())
}

/// All streams at once, on one thread; each is a task, as the users of a load test are.
fn layers(work: Option<(Way, Work)>, address: &str, streams: u64, events: u64) -> Fallible<(u64, Duration)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clients = try_join_all((0..streams).map(|_| Client::connect(address, work))).await?;
        let start = cpu::time();
        let mut reading = JoinSet::new();
        for mut client in clients {
            let address = address.to_owned();
            reading.spawn(async move { client.read(&address, events).await });
        }
        let came = reading.join_all().await;
        let took = cpu::time().saturating_sub(start);
        Ok((came.into_iter().sum::<Fallible<u64>>()?, took))
    })
}

fn compare(rounds: usize) -> Fallible<()> {
    let mut server = process::again(["serve"])?.spawn()?;
    let mut address = String::new();
    BufReader::new(server.stdout.take().ok_or("the server has no output")?).read_line(&mut address)?;
    println!("CPU per event of the client, {EVENTS} events a round, median of {rounds} rounds (least, most)");
    for streams in STREAMS {
        let mut figures = vec![Vec::with_capacity(rounds); CONTENDERS.len()];
        for _ in 0..rounds.max(1) {
            for ((name, _), figures) in CONTENDERS.iter().zip(&mut figures) {
                figures.push(round(name, streams, address.trim())?);
            }
        }
        print(streams, &figures);
    }
    drop(server.stdin.take());
    server.wait()?;
    Ok(())
}

/// Nanoseconds of CPU time for each event.
fn round(name: &str, streams: u64, address: &str) -> Fallible<f64> {
    let output = process::again(["client", name, &streams.to_string(), address])?.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let took = text
        .lines()
        .find_map(|line| line.strip_prefix("cpu "))
        .ok_or_else(|| format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr)))?;
    #[expect(clippy::cast_precision_loss, reason = "a round has far fewer than 2^52 events")]
    Ok(took.parse::<f64>()? / EVENTS as f64)
}

fn print(streams: u64, figures: &[Vec<f64>]) {
    println!("\n{streams} streams");
    let floor = Spread::of(figures[0].clone()).median;
    for ((name, _), figures) in CONTENDERS.iter().zip(figures) {
        let Spread { least, median, most } = Spread::of(figures.clone());
        println!("  {name:<42} {median:>7.0} ns  {:>5.1} x  ({least:.0}, {most:.0})", median / floor);
    }
    let of = |name| CONTENDERS.iter().zip(figures).find(|((known, _), _)| *known == name).map(|(_, figures)| figures);
    for (one, other) in PAIRS {
        if let (Some(ones), Some(others)) = (of(one), of(other)) {
            let ratios: Vec<_> = ones.iter().zip(others).map(|(one, other)| one / other).collect();
            println!("  {one} / {other}, round by round: {}", Spread::of(ratios).text(2));
        }
    }
    if streams == 1
        && let Some(library) = of(LIBRARY)
    {
        let ratios: Vec<_> = library.iter().zip(&figures[0]).map(|(library, floor)| library / floor).collect();
        goal::hold("CPU per event, max speed, 1 stream, to the raw reader's", ..=10.0, Spread::of(ratios).median, "×");
        let millions = 1e3 / Spread::of(library.clone()).median;
        goal::hold("events a second of a core, max speed, 1 stream", 1.5.., millions, "million");
    }
}
