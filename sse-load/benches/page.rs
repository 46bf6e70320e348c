//! How large the page of a long run is, and how long it takes to write it: 1,000 users for ten minutes.
//!
//! ```text
//! cargo bench -p sse-load --bench page
//! ```
//! Delays are spread over three powers of ten, six names have their own, one request in twenty fails, and there are stalls: what makes
//! a page large is how different its values are, not how many. A mail takes 2 MB. With a path after `--` the pages are kept there.

use std::path::PathBuf;
use std::time::{Duration, Instant, UNIX_EPOCH};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sse_load::clock::{Timestamp, ms, secs};
use sse_load::record::{Recording, Window};
use sse_load::render::html;
use sse_load::report::{Ending, Facts, OnInconclusive, PlanSummary, Profile, Report, Surroundings, build};
use sse_load::sample::{Counted, Failure, FailureClass, Origin, Outcome, Sample, Stamps, TokenSource, Tokens};

const NAMES: [&str; 6] = ["chat", "search", "summary", "title", "agent", "translate"];
const START: Timestamp = Timestamp::from_nanos(1_000_000_000);
const WINDOW: Duration = Duration::from_secs(600);
const USERS: u32 = 1_000;

fn main() {
    let folder = std::env::args().nth(1).filter(|folder| !folder.starts_with('-')).map(PathBuf::from);
    for (name, requests, events, gap) in
        [("ten_seconds_a_request", 60_000, 200, ms(48)), ("one_second_a_request", 600_000, 20, ms(45))]
    {
        let begin = now();
        let report = report(name, requests, events, gap);
        let recorded = begin.elapsed();
        let begin = now();
        let page = html(&report);
        println!(
            "{name}: {requests} requests of {events} events recorded in {recorded:.1?}, page of {:.2} MB written in {:.0?}",
            mega(page.len()),
            begin.elapsed()
        );
        if let Some(folder) = &folder {
            std::fs::write(folder.join(format!("{name}.html")), page).expect("the page can be written");
        }
    }
}

fn report(name: &str, requests: u32, events: u32, gap: Duration) -> Report {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut recording = Recording::default();
    let window = Window { begin: START, end: Some(START + WINDOW) };
    (0..USERS).for_each(|_| recording.course.record_user(START, START + WINDOW, window));
    for number in 0..requests {
        let at = WINDOW.mul_f64(f64::from(number) / f64::from(requests));
        recording.record(sample(number, START + at, (events, gap), &mut random), window);
    }
    build(&recording, facts(name))
}

/// A request whose delays are log-normal, by its name.
fn sample(number: u32, start: Timestamp, (events, gap): (u32, Duration), random: &mut ChaCha8Rng) -> Sample {
    let name = number as usize % NAMES.len();
    // The sum of twelve even numbers is as good as normal.
    let mut normal = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    let first = Duration::from_secs_f64(0.08 * 1.8_f64.powi(i32::try_from(name).unwrap_or(0)) * normal().exp());
    let pace = gap.mul_f64((0.4 * normal()).exp());
    let mut at = start + first;
    let generated: Vec<_> = (0..events)
        .map(|_| {
            let event = at;
            let stall = if random.random_ratio(1, 500) { 20.0 } else { 1.0 };
            at = at + pace.mul_f64(stall * (0.5 + random.random::<f64>()));
            event
        })
        .collect();
    let outcome = if random.random_ratio(1, 20) { Outcome::Failed(failure(number)) } else { Outcome::Success };
    let completion = Some(Counted { tokens: events.into(), source: TokenSource::Usage });
    Sample {
        name: NAMES[name].into(),
        origin: Origin { user: "ChatUser", task: "chat", file: "chat.rs", line: 1, tags: &[] },
        stamps: Stamps {
            headers: Some(start + first.mul_f64(0.3)),
            first_output: generated.first().copied(),
            terminal: generated.last().copied(),
            end: at,
            generated,
            ..Stamps::starting(start)
        },
        tokens: Tokens { prompt: None, completion },
        outcome,
        malformed: 0,
        body_bytes: 200 * u64::from(events),
        resent: false,
        retry: false,
        turn: None,
        details: None,
    }
}

fn failure(number: u32) -> Failure {
    let classes = [FailureClass::HttpStatus, FailureClass::Truncated, FailureClass::TtftTimeout, FailureClass::Connect];
    let class = classes[number as usize / 7 % classes.len()];
    Failure::new(class, format!("failure of kind {}", number % 40))
}

fn facts(name: &str) -> Facts {
    let plan = PlanSummary {
        users: USERS.into(),
        arrivals: Vec::new(),
        has_steady_load: true,
        max_users: None,
        ramp: Duration::ZERO,
        warm_up: Duration::ZERO,
        spawn_rate: None,
        run_time: WINDOW,
        stop_timeout: secs(30),
        seed: 7,
        classes: Vec::new(),
    };
    Facts {
        name: name.to_owned(),
        plan,
        started: START,
        started_wall: UNIX_EPOCH + secs(1_790_000_000),
        window: WINDOW,
        drained: secs(10),
        ending: Ending::Complete,
        spent: None,
        profile: Profile::Release,
        on_inconclusive: OnInconclusive::default(),
        surroundings: Surroundings::default(),
        warnings: Vec::new(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a page is small")]
fn mega(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

#[expect(clippy::disallowed_methods, reason = "it measures how long a page takes")]
fn now() -> Instant {
    Instant::now()
}
