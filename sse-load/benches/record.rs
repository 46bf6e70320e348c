//! What it costs to record a finished request, by the number of its events, beside a histogram that takes nothing but their gaps.
//!
//! ```text
//! cargo bench -p sse-load --bench record -- [rounds]
//! ```
//! Hold the ratios, not the nanoseconds: the rounds of both take turns. Requests are made before they are timed, and freed while they are: a recorder takes them.

#[path = "machine/spread.rs"]
mod spread;

use std::hint::black_box;
use std::time::Duration;

use hdrhistogram::Histogram;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use spread::Spread;
use sse_load::clock::{Timestamp, ms};
use sse_load::record::{Recorder, Window};
use sse_load::sample::{Connection, Counted, Origin, Outcome, Sample, Stamps, TokenSource, Tokens};

const EVENTS: [u32; 3] = [1, 20, 200];
const NAMES: [&str; 4] = ["chat", "search", "summary", "title"];
/// Requests that are timed together.
const BATCH: u32 = 1_000;

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(51).max(1);
    println!(
        "## Recording a finished request\n\nMedian of {rounds} rounds of {BATCH} requests, in brackets least and most.\n"
    );
    println!(
        "| events of a request | a histogram of their gaps, ns a request | `Recorder`, ns a request | ns an event | ratio |"
    );
    println!("|---|---|---|---|---|");
    for events in EVENTS {
        compare(events, rounds);
    }
}

fn compare(events: u32, rounds: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut histogram = Histogram::<u64>::new(3).expect("three digits are within the accepted range");
    let recorder = Recorder::default();
    let [mut floor, mut whole, mut ratio] = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        let samples: Vec<_> = (0..BATCH).map(|number| sample(number, events, &mut random)).collect();
        let alone = nanos_each(|| samples.iter().for_each(|sample| record_gaps(&mut histogram, black_box(sample))));
        let taken = nanos_each(|| samples.into_iter().for_each(|sample| record(&recorder, sample)));
        floor.push(alone);
        whole.push(taken);
        ratio.push(taken / alone);
    }
    let event = Spread::of(whole.iter().map(|nanos| nanos / f64::from(events)).collect());
    let [floor, whole, ratio] = [floor, whole, ratio].map(Spread::of);
    println!("| {events} | {} | {} | {} | {} × |", floor.text(0), whole.text(0), event.text(1), ratio.text(1));
}

/// The least that there is to do: the time to the first event, and each gap.
fn record_gaps(histogram: &mut Histogram<u64>, sample: &Sample) {
    let mut before = sample.stamps.start;
    for at in &sample.stamps.generated {
        let gap = *at - std::mem::replace(&mut before, *at);
        histogram.record(u64::try_from(gap.as_micros()).unwrap_or(u64::MAX)).expect("it resizes itself");
    }
}

/// What a measuring thread does with each request.
fn record(recorder: &Recorder, sample: Sample) {
    recorder.depart(sample.stamps.start);
    recorder.record(sample, Window::default());
}

/// Nanoseconds a request.
fn nanos_each(batch: impl FnOnce()) -> f64 {
    let begin = Timestamp::now();
    batch();
    (Timestamp::now() - begin).as_secs_f64() * 1e9 / f64::from(BATCH)
}

/// A success whose gaps are spread over a power of ten, with all that a stream on Linux has.
fn sample(number: u32, events: u32, random: &mut ChaCha8Rng) -> Sample {
    let start = Timestamp::now();
    let mut at = start + ms(50);
    let generated: Vec<_> = (0..events)
        .map(|_| {
            at = at + Duration::from_micros(random.random_range(4_000..40_000));
            at
        })
        .collect();
    let completion = Some(Counted { tokens: events.into(), source: TokenSource::Usage });
    Sample {
        name: NAMES[number as usize % NAMES.len()].into(),
        origin: Origin { user: "ChatUser", task: "chat", file: "chat.rs", line: 1, tags: &[] },
        stamps: Stamps {
            connection: Some(Connection::Reused),
            headers: Some(start + ms(50)),
            buffered: (0..events).map(|_| random.random_range(5..50)).collect(),
            first_output: generated.first().copied(),
            terminal: Some(at),
            end: at,
            generated,
            ..Stamps::starting(start)
        },
        tokens: Tokens { prompt: None, completion },
        outcome: Outcome::Success,
        malformed: 0,
        body_bytes: 275 * u64::from(events),
        resent: false,
        retry: false,
        turn: None,
        details: None,
    }
}
