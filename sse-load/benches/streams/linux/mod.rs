//! All of the bench.

#[path = "../../machine/chat.rs"]
mod chat;
#[path = "../../machine/cores.rs"]
mod cores;
#[path = "../../machine/cpu.rs"]
mod cpu;
#[path = "../../machine/goal.rs"]
mod goal;
#[path = "../../machine/memory.rs"]
mod memory;
#[path = "../../machine/process.rs"]
mod process;
#[path = "../../machine/spread.rs"]
mod spread;

mod library;
mod plan;
mod poll;
mod raw;
mod server;
mod stamp;

use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

use cores::{Side, pin};
pub(crate) use plan::Fallible;
use plan::{Figures, Plan};
use raw::Work;
use spread::Spread;

/// For so long a contender is measured.
const MEASURED: Duration = Duration::from_secs(8);

const COUNT: &str = "socket, blank lines counted";
const MEASURE: &str = "socket, texts found and timed";
const LIBRARY: &str = "library";
const LATENESS: &str = "library, lateness compared";

pub(crate) fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => {
            pin(Side::Server);
            Ok(server::serve()?)
        }
        ["client", name, ref plan @ .., address] => {
            pin(Side::Client);
            client(name, &Plan::of_arguments(plan)?, address)
        }
        [rounds] => compare(rounds.parse()?),
        _ => compare(3),
    }
}

/// A client's process.
fn client(name: &str, plan: &Plan, address: &str) -> Fallible<()> {
    match name {
        COUNT => raw::run(Work::Count, plan, address),
        MEASURE => raw::run(Work::Measure, plan, address),
        LIBRARY => library::run(false, plan, address),
        LATENESS => library::run(true, plan, address),
        _ => Err("no such contender".into()),
    }
}

fn compare(rounds: usize) -> Fallible<()> {
    println!("## Streams\n\nMedian of {rounds} rounds of {MEASURED:?}, in brackets least and most.");
    for (streams, tokens_a_second) in [(100, 20), (1_000, 20), (10_000, 10)] {
        paced(streams, tokens_a_second, rounds)?;
    }
    requests(rounds)
}

fn paced(streams: u32, tokens_a_second: u32, rounds: usize) -> Fallible<()> {
    let plan = Plan::paced(streams, tokens_a_second);
    let runs = turns([COUNT, MEASURE, LIBRARY, LATENESS], &plan, rounds)?;
    let [raw, _, library, late] = &runs;
    println!("\n### {streams} streams of {tokens_a_second} tokens a second\n");
    costs("event", "events", &[COUNT, MEASURE, LIBRARY], &runs[..3]);
    println!("\n| lateness, ms | p50 | p99 | p99.9 |\n|---|---|---|---|");
    for (of, name) in [("by the kernel's stamps", "stamped"), ("by the reads of the same run", "read")] {
        let cells =
            ["p50", "p99", "p99.9"].map(|at| of_rounds(late, 1e-6, |run| run.of(&format!("{name}_{at}"))).text(3));
        println!("| {of} | {} |", cells.join(" | "));
    }
    let beyond = of_rounds(library, 1e-6, |run| run.of("ttft_p99") - run.of("server_first_p99"));
    let memory = of_rounds(library, 1.0 / 1_024.0, |run| run.of("memory"));
    let failed = of_rounds(library, 1.0, |run| run.of("failed"));
    println!(
        "\nTTFT p99 beyond the server's own: {} ms. Memory of a stream: {} KiB. Failed: {}.\n",
        beyond.text(3),
        memory.text(1),
        failed.text(0)
    );
    let of = format!("paced, {streams} streams");
    goal::hold(&format!("CPU per event, {of}, to the raw reader's"), ..=1.3, ratio(library, raw, "events").median, "×");
    let latest = of_rounds(late, 1e-6, |run| run.of("stamped_p99.9"));
    goal::hold(&format!("lateness p99.9, {of}"), ..=0.1, latest.median, "ms");
    if streams == 1_000 {
        goal::hold(&format!("TTFT p99 beyond the server's own, {of}"), ..=0.3, beyond.median, "ms");
    }
    if streams == 10_000 {
        goal::hold(&format!("memory of a stream, {of}"), ..=24.0, memory.median, "KiB");
        goal::hold(&format!("failed requests, {of}"), ..=0.0, failed.most, "");
    }
    Ok(())
}

fn requests(rounds: usize) -> Fallible<()> {
    let contenders = [COUNT, MEASURE, LIBRARY];
    let runs = turns(contenders, &Plan::requests(100), rounds)?;
    println!("\n### Requests of one token, 100 users\n");
    costs("request", "requests", &contenders, &runs);
    let [_, own, library] = &runs;
    println!();
    goal::hold(
        "CPU per request of one token, to a minimal reader's",
        ..=2.0,
        ratio(library, own, "requests").median,
        "×",
    );
    Ok(())
}

/// All rounds of all contenders, in turn.
fn turns<const N: usize>(contenders: [&str; N], plan: &Plan, rounds: usize) -> Fallible<[Vec<Figures>; N]> {
    let mut runs = [const { Vec::new() }; N];
    for _ in 0..rounds.max(1) {
        for (contender, runs) in contenders.iter().zip(&mut runs) {
            runs.push(run(contender, plan)?);
        }
    }
    Ok(runs)
}

/// One contender before a server of its own.
fn run(contender: &str, plan: &Plan) -> Fallible<Figures> {
    let mut server = process::again(["serve"])?.spawn()?;
    let mut told = BufReader::new(server.stdout.take().ok_or("the server has no output")?);
    let mut address = String::new();
    told.read_line(&mut address)?;
    let arguments = ["client", contender].into_iter().map(str::to_owned).chain(plan.arguments());
    let client = process::again(arguments.chain([address.trim().to_owned()]))?.output()?;
    let mut figures = Figures::default();
    figures.read(&String::from_utf8_lossy(&client.stdout));
    if !client.status.success() {
        return Err(format!("{contender}: {}", String::from_utf8_lossy(&client.stderr)).into());
    }
    drop(server.stdin.take());
    let mut record = String::new();
    told.read_to_string(&mut record)?;
    server.wait()?;
    figures.read(&record);
    Ok(figures)
}

/// CPU time of each event or request, and its ratio to the first contender's.
fn costs(thing: &str, things: &str, contenders: &[&str], runs: &[Vec<Figures>]) {
    println!("| CPU of a {thing} | µs | ratio | {things} a second |\n|---|---|---|---|");
    for (contender, of) in contenders.iter().zip(runs) {
        let micros = of_rounds(of, 1e-3, |run| run.of("cpu_ns") / run.of(things));
        let rate = of_rounds(of, 1.0 / MEASURED.as_secs_f64(), |run| run.of(things));
        println!("| {contender} | {} | {} | {:.0} |", micros.text(2), ratio(of, &runs[0], things).text(2), rate.median);
    }
}

/// The ratio of what an event or request costs, round by round.
fn ratio(one: &[Figures], other: &[Figures], things: &str) -> Spread {
    let cost = |run: &Figures| run.of("cpu_ns") / run.of(things);
    Spread::of(one.iter().zip(other).map(|(one, other)| cost(one) / cost(other)).collect())
}

fn of_rounds(runs: &[Figures], unit: f64, figure: impl Fn(&Figures) -> f64) -> Spread {
    Spread::of(runs.iter().map(|run| figure(run) * unit).collect())
}
