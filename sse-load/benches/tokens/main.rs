//! What counting tokens costs, by the library's `Encoding` (tiktoken-rs) and by `bpe-openai`, and whether both count the same.
//!
//! ```text
//! cargo bench -p sse-load --bench tokens -- [rounds]
//! ```
//! Hold the ratios, not the nanoseconds: the rounds of all contenders take turns. What the first count takes, and the memory that it leaves taken, is
//! measured in a process for each.

#[path = "../machine/memory.rs"]
mod memory;
#[path = "../machine/process.rs"]
mod process;
#[path = "../machine/spread.rs"]
mod spread;

mod texts;

use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use spread::Spread;
use sse_load::clock::Timestamp;
use sse_load::tokenize::Encoding;
use texts::{Kind, kinds, nonsense};

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What counts, and how.
type Contender = (&'static str, fn(&str) -> u64);

/// Each pair counts by the same encoding.
const PAIRS: [[Contender; 2]; 2] = [
    [
        ("tiktoken-rs, cl100k_base", |text| Encoding::Cl100kBase.count(text)),
        ("bpe-openai, cl100k_base", |text| bpe_openai::cl100k_base().count(text) as u64),
    ],
    [
        ("tiktoken-rs, o200k_base", |text| Encoding::O200kBase.count(text)),
        ("bpe-openai, o200k_base", |text| bpe_openai::o200k_base().count(text) as u64),
    ],
];

/// Texts without sense that both must count alike.
const NONSENSE: usize = 50_000;

/// What an event costs the whole library at full speed, without the counting of its token: see the bench `pipeline`.
const EVENT: Duration = Duration::from_nanos(250);

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["first", name] => first_count(name),
        [rounds] => compare(rounds.parse()?),
        _ => compare(51),
    }
}

fn contenders() -> impl Iterator<Item = Contender> {
    PAIRS.into_iter().flatten()
}

/// A process that counts for the first time.
fn first_count(name: &str) -> Fallible<()> {
    let (_, count) = contenders().find(|(known, _)| *known == name).ok_or("no such contender")?;
    let (resident, begin) = (memory::resident("self"), Timestamp::now());
    black_box(count("the first text"));
    let took = Timestamp::now() - begin;
    println!("{} {}", took.as_nanos(), memory::resident("self").saturating_sub(resident));
    Ok(())
}

fn compare(rounds: usize) -> Fallible<()> {
    println!("## Counting tokens\n\nMedian of {rounds} rounds, in brackets fastest and slowest.\n");
    starts(rounds.min(7))?;
    let figures: Vec<_> = kinds().iter().map(|kind| (kind.name, speeds(kind, rounds))).collect();
    // No model answers with the last kind.
    whole_pipeline(&figures[..figures.len() - 1]);
    differences();
    Ok(())
}

/// The first count of a process: its tables load.
fn starts(rounds: usize) -> Fallible<()> {
    println!("| first count | ms | memory, MiB |\n|---|---|---|");
    for (name, _) in contenders() {
        let (mut times, mut bytes) = (Vec::new(), Vec::new());
        for _ in 0..rounds.max(1) {
            let output = process::again(["first", name])?.output()?;
            let told = String::from_utf8(output.stdout)?;
            let (time, grown) = told.trim().split_once(' ').ok_or_else(|| format!("{name} told nothing"))?;
            times.push(time.parse::<f64>()? / 1e6);
            bytes.push(grown.parse::<f64>()? / f64::from(1 << 20));
        }
        println!("| {name} | {} | {} |", Spread::of(times).text(1), Spread::of(bytes).text(1));
    }
    println!();
    Ok(())
}

/// Nanoseconds a token of each contender, in its fastest round.
fn speeds(kind: &Kind, rounds: usize) -> Vec<f64> {
    let bytes: usize = kind.texts.iter().map(String::len).sum();
    let all = |count: fn(&str) -> u64| kind.texts.iter().map(|text| count(black_box(text))).sum::<u64>();
    // Tables and caches are warm from here on.
    let tokens: Vec<_> = contenders().map(|(_, count)| all(count)).collect();
    let mut times = vec![Vec::new(); tokens.len()];
    for _ in 0..rounds.max(1) {
        for ((_, count), times) in contenders().zip(&mut times) {
            let begin = Timestamp::now();
            black_box(all(count));
            times.push((Timestamp::now() - begin).as_secs_f64() * 1e9);
        }
    }
    println!("| {} | MB/s | ns a token | tokens |\n|---|---|---|---|", kind.name);
    let mut fastest = Vec::new();
    for (((name, _), times), tokens) in contenders().zip(times).zip(tokens) {
        let speed = Spread::of(times.iter().map(|time| as_f64(bytes as u64) * 1e3 / time).collect());
        let each = Spread::of(times.iter().map(|time| time / as_f64(tokens)).collect());
        println!("| {name} | {} | {} | {tokens} |", speed.text(1), each.text(1));
        fastest.push(each.least);
    }
    println!();
    fastest
}

/// How much less CPU time an event would take of the whole library, the counting of its token included, if the other counted.
fn whole_pipeline(figures: &[(&str, Vec<f64>)]) {
    let rest = EVENT.as_secs_f64() * 1e9;
    println!(
        "An event costs the library some {rest} ns at full speed, and brings a token. Counting it, where the server tells no usage, costs so many ns more, \
         by the fastest rounds:\n"
    );
    println!(
        "| an event | tiktoken-rs | bpe-openai | gain of the whole by bpe-openai | if counting were free |\n|---|---|---|---|---|"
    );
    for (of, nanos) in figures {
        for (pair, nanos) in PAIRS.iter().zip(nanos.chunks(2)) {
            let (gain, most) = ((rest + nanos[0]) / (rest + nanos[1]), (rest + nanos[0]) / rest);
            println!("| {of}, {} | {:.0} | {:.0} | {gain:.2} × | {most:.2} × |", encoding(pair), nanos[0], nanos[1]);
        }
    }
    println!();
}

fn encoding(pair: &[Contender; 2]) -> &'static str {
    pair[0].0.split(' ').next_back().unwrap_or_default()
}

fn differences() {
    println!("| texts that both count alike | texts | not alike | the first of these |\n|---|---|---|---|");
    let sense: Vec<_> = kinds().into_iter().flat_map(|kind| kind.texts).collect();
    let no_sense: Vec<_> = nonsense(2).take(NONSENSE).collect();
    for pair in PAIRS {
        let ([(_, ours), (_, theirs)], encoding) = (pair, encoding(&pair));
        for (of, texts) in [("replies", &sense), ("nonsense of many scripts", &no_sense)] {
            let mut unlike = texts.iter().filter(|text| ours(text) != theirs(text)).peekable();
            let first = unlike.peek().map_or_else(String::new, |text| {
                let shown: String = text.chars().take(60).collect();
                format!("{} and {} of `{}`", ours(text), theirs(text), shown.escape_debug())
            });
            println!("| {encoding}, {of} | {} | {} | {} |", texts.len(), unlike.count(), first.replace('|', "\\|"));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 bytes")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
