//! What one event costs in memory: decoding, and decoding with classification, beside a floor and beside
//! `eventsource-stream`.
//!
//! Plain `std` and no bench framework: what counts is each contender's ratio to the floor in the same run, so the rounds
//! of all contenders take turns, and a busy neighbour slows all of them. Absolute figures move with the machine.
//!
//! Run it with `cargo bench -p sse-load --bench decode`.

use std::convert::Infallible;
use std::hint::black_box;

use eventsource_stream::{Event, Eventsource};
use futures_util::{FutureExt, StreamExt, stream};
use memchr::memmem::Finder;
use sse_load::clock::Timestamp;
use sse_load::protocol::{Class, Format};
use sse_load::sse::{Decoder, Limits};

const EVENTS: u32 = 20_000;
const ROUNDS: usize = 21;

/// Counts the events, or what it is of them that a contender finds, in the reads of one body.
type Contender = fn(&[&[u8]]) -> u32;

const CONTENDERS: [(&str, Contender); 5] = [
    ("memchr, find the blank line (floor)", blank_lines),
    ("Decoder", decode),
    ("Decoder + OpenAI chat", decode_and_classify),
    ("eventsource-stream", eventsource_stream),
    ("eventsource-stream + serde_json::Value", eventsource_stream_and_value),
];

fn main() {
    let body = body();
    println!(
        "{EVENTS} OpenAI chat chunks of {} bytes each, median of {ROUNDS} rounds (fastest, slowest)",
        body.len() / EVENTS as usize
    );
    let ends: Vec<_> = Finder::new("\n\n").find_iter(body.as_bytes()).collect();
    let mut start = 0;
    let events: Vec<_> =
        ends.iter().map(|end| &body.as_bytes()[std::mem::replace(&mut start, end + 2)..end + 2]).collect();
    compare("reads of one event", &events);
    compare("reads of 16 KiB", &body.as_bytes().chunks(16 * 1024).collect::<Vec<_>>());
}

/// An answer of the length of real ones: each chunk differs in its text.
fn body() -> String {
    let words = [" the", " load", " of", " tokens", " per", " second", ".", " Streams", "\\n", " é"];
    (0..EVENTS)
        .map(|at| {
            let word = words[at as usize % words.len()];
            format!(
                "data: {{\"id\":\"chatcmpl-9mK2vTq7ZxY1bN4cR8sWfE3dUaHg\",\"object\":\"chat.completion.chunk\",\
                 \"created\":1719859200,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\
                 \"system_fingerprint\":\"fp_0f03d4f0ee\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}},\
                 \"finish_reason\":null}}]}}\n\n"
            )
        })
        .collect::<Vec<_>>()
        .concat()
}

fn compare(title: &str, reads: &[&[u8]]) {
    let mut rounds = vec![Vec::with_capacity(ROUNDS); CONTENDERS.len()];
    for _ in 0..ROUNDS {
        for ((name, contender), times) in CONTENDERS.iter().zip(&mut rounds) {
            let start = Timestamp::now();
            let events = black_box(contender(black_box(reads)));
            times.push((Timestamp::now() - start).as_secs_f64() * 1e9 / f64::from(EVENTS));
            assert_eq!(events, EVENTS, "{name} found another number of events");
        }
    }
    println!("\n{title}");
    let mut floor = None;
    for ((name, _), times) in CONTENDERS.iter().zip(&mut rounds) {
        times.sort_by(f64::total_cmp);
        let median = times[ROUNDS / 2];
        let ratio = median / *floor.get_or_insert(median);
        println!("  {name:<40} {median:>8.1} ns/event  {ratio:>6.1} x  ({:.1}, {:.1})", times[0], times[ROUNDS - 1]);
    }
}

fn blank_lines(reads: &[&[u8]]) -> u32 {
    let finder = Finder::new("\n\n");
    let mut ended_with_lf = false;
    reads
        .iter()
        .map(|read| {
            let cut = u32::from(ended_with_lf && read.starts_with(b"\n"));
            ended_with_lf = read.ends_with(b"\n") && !read.ends_with(b"\n\n");
            finder.find_iter(read).fold(cut, |found, _| found + 1)
        })
        .sum()
}

fn decode(reads: &[&[u8]]) -> u32 {
    let mut decoder = Decoder::new(Limits::default());
    let mut events = 0;
    for read in reads {
        decoder.push(read);
        while let Ok(Some(event)) = decoder.next_event() {
            black_box(event.data);
            events += 1;
        }
    }
    events
}

fn decode_and_classify(reads: &[&[u8]]) -> u32 {
    let mut decoder = Decoder::new(Limits::default());
    let mut protocol = Format::OpenAiChat.protocol();
    let mut events = 0;
    for read in reads {
        decoder.push(read);
        while let Ok(Some(event)) = decoder.next_event() {
            protocol.classify(&event, &mut |class| {
                events += u32::from(matches!(black_box(class), Class::Generated { .. }));
            });
        }
    }
    events
}

fn eventsource_stream(reads: &[&[u8]]) -> u32 {
    count(reads, |event| {
        black_box(event.data);
        true
    })
}

fn eventsource_stream_and_value(reads: &[&[u8]]) -> u32 {
    count(reads, |event| {
        serde_json::from_str::<serde_json::Value>(&event.data)
            .is_ok_and(|chunk| black_box(&chunk["choices"][0]["delta"]["content"]).is_string())
    })
}

/// The source is always ready, so one poll runs the stream to its end.
fn count(reads: &[&[u8]], mut counts: impl FnMut(Event) -> bool) -> u32 {
    stream::iter(reads.iter().map(|read| Ok::<_, Infallible>(*read)))
        .eventsource()
        .fold(0, |events, event| std::future::ready(events + u32::from(event.is_ok_and(&mut counts))))
        .now_or_never()
        .unwrap_or(0)
}
