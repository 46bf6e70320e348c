//! What it costs to watch a run: the time of one frame, the time for which it locks a recorder, and what it adds to recording; and
//! what a request log adds to it.
//!
//! ```text
//! cargo bench -p sse-load --bench watching -- [rounds]
//! ```
//! A thread records requests of 1,000 users in turn, some 10,000 a second: for five seconds alone, and for five while another thread
//! asks four times a second, as the live view does, and looks once a second, as it does where something is expected. At each second look a
//! report is made of it and drawn, as it is for those who look at the page of a run. Then again alone, while a third thread writes a line of
//! JSON for each request into a file. Hold the ratios, not the microseconds.

#[path = "machine/goal.rs"]
mod goal;
#[path = "machine/spread.rs"]
mod spread;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use spread::Spread;
use sse_load::clock::{Timestamp, ms};
use sse_load::progress::Rolling;
use sse_load::record::{
    Begin, Gathering, GoodIf, LogEntry, LogQueue, LoggedRequests, Pulses, Recorder, Recording, Tap, Window,
};
use sse_load::render::dashboard::sections;
use sse_load::render::request_log::line;
use sse_load::report::{Ending, Facts, OnInconclusive, PlanSummary, Profile, Report, Surroundings, build};
use sse_load::sample::{Counted, Details, EventClass, Origin, Outcome, Sample, SeenEvent, Stamps, TokenSource, Tokens};

const USERS: u32 = 1_000;
const NAMES: [&str; 4] = ["chat", "search", "summary", "title"];
const TOKENS: u32 = 20;
/// Requests come in batches with a pause after each: some 10,000 a second.
const BATCH: u32 = 10;
const PAUSE: Duration = Duration::from_millis(1);
const TIME: Duration = Duration::from_secs(5);
const DRAWN: Duration = Duration::from_millis(250);

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(3).max(1);
    let (mut live, mut with_page) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let alone = record(&Arc::default(), || {});
        let recorder = Arc::new(Recorder::default());
        let mut watch = Watch::new(&recorder);
        let watched = record(&recorder, || watch.watch());
        println!(
            "round {round}: recording a request {alone:.2?} alone, {watched:.2?} watched, ratio {:.3}",
            watched.as_secs_f64() / alone.as_secs_f64()
        );
        let Cost { frames, looks, page } = watch.tell();
        live.push(frames + looks);
        with_page.push(frames + looks + page);
        log(alone);
    }
    for (what, shares) in [("the live view and looks", live), ("the live view, looks and an open page", with_page)] {
        let share = Spread::of(shares);
        println!("{what}: {} % of a core", share.text(3));
        goal::hold(&format!("CPU of {what}"), ..=1.0, share.median, "% of a core");
    }
}

/// What it costs to watch, in percent of a core.
struct Cost {
    frames: f64,
    looks: f64,
    page: f64,
}

/// What a request log adds to recording, and what the thread that writes it does for each request.
fn log(alone: Duration) {
    let (queue, requests) = LogQueue::holding(64 * 1024 * 1024);
    let tap = Tap::default().with_log(Some(queue.clone()));
    let recorder = Arc::new(Recorder::new(tap, &GoodIf::default()));
    let writing = std::thread::spawn(move || write(&requests));
    let logged = record(&recorder, || {});
    queue.end();
    let (rows, bytes, busy) = writing.join().expect("no panic");
    println!(
        "  recording a request {logged:.2?} with a log, ratio {:.3}; {rows} rows of {} bytes, {:.2?} each on the thread that writes, {} refused",
        logged.as_secs_f64() / alone.as_secs_f64(),
        bytes / rows.max(1),
        busy / u32::try_from(rows.max(1)).unwrap_or(u32::MAX),
        queue.refused(),
    );
}

/// Rows, bytes, and the time that it took to make lines and write them.
fn write(requests: &LoggedRequests) -> (usize, usize, Duration) {
    let path = std::env::temp_dir().join(format!("sse-load-watching-{}.jsonl", std::process::id()));
    let mut file = BufWriter::new(File::create(&path).expect("a file"));
    let begin = Begin { at: Timestamp::now(), wall: sse_load::clock::wall(), warm_up: Duration::ZERO };
    let (mut rows, mut bytes, mut busy) = (0, 0, Duration::ZERO);
    loop {
        match requests.next(Duration::from_secs(1)) {
            LogEntry::Request(logged) => {
                let taken = now();
                let line = line(&logged, &begin).expect("a line");
                file.write_all(line.as_bytes()).expect("room on the disk");
                busy += taken.elapsed();
                rows += 1;
                bytes += line.len();
            }
            LogEntry::End => break,
            LogEntry::Pause => {}
        }
    }
    drop(file);
    std::fs::remove_file(path).expect("it is there");
    (rows, bytes, busy)
}

/// The time that a request takes to be recorded, while something else goes on.
fn record(recorder: &Arc<Recorder>, meanwhile: impl FnOnce()) -> Duration {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let recording = scope.spawn(|| {
            let (mut spent, mut requests) = (Duration::ZERO, 0);
            while !ended.load(Ordering::Relaxed) {
                let mut sample = sample(requests % USERS);
                let begin = now();
                if recorder.is_logged() {
                    sample.details = Some(Box::new(details(&sample)));
                }
                recorder.depart(sample.stamps.start);
                recorder.record(sample, Window::default());
                spent += begin.elapsed();
                requests += 1;
                if requests % BATCH == 0 {
                    std::thread::sleep(PAUSE);
                }
            }
            spent / requests.max(1)
        });
        let begin = now();
        meanwhile();
        std::thread::sleep(TIME.saturating_sub(begin.elapsed()));
        ended.store(true, Ordering::Relaxed);
        recording.join().expect("no panic")
    })
}

/// A request of one of the users, which began a moment ago.
fn sample(user: u32) -> Sample {
    let start = Timestamp::now();
    let generated = (0..TOKENS).map(|token| start + ms(50) + Duration::from_micros(user.into()) + ms(20) * token);
    let completion = Some(Counted { tokens: TOKENS.into(), source: TokenSource::Usage });
    Sample {
        name: NAMES[user as usize % NAMES.len()].into(),
        origin: Origin { user: "ChatUser", task: "chat", file: "chat.rs", line: 1, tags: &[] },
        stamps: Stamps { generated: generated.collect(), ..Stamps::starting(start) },
        tokens: Tokens { prompt: None, completion },
        outcome: Outcome::Success,
        malformed: 0,
        body_bytes: 0,
        resent: false,
        retry: false,
        turn: None,
        details: None,
    }
}

/// The report of what a look sees.
fn report(recording: &Recording, started: Timestamp) -> Report {
    let plan = PlanSummary {
        users: USERS.into(),
        arrivals: Vec::new(),
        has_steady_load: true,
        max_users: None,
        spawn_rate: None,
        ramp: Duration::ZERO,
        warm_up: Duration::ZERO,
        run_time: TIME,
        stop_timeout: Duration::ZERO,
        seed: 1,
        classes: Vec::new(),
    };
    let facts = Facts {
        name: "watching".to_owned(),
        plan,
        started,
        started_wall: UNIX_EPOCH,
        window: TIME,
        drained: Duration::ZERO,
        ending: Ending::Complete,
        spent: None,
        profile: Profile::Release,
        on_inconclusive: OnInconclusive::default(),
        surroundings: Surroundings::default(),
        warnings: Vec::new(),
    };
    build(recording, facts)
}

/// The events of a request, kept one by one as they come.
fn details(sample: &Sample) -> Details {
    let mut events = Vec::new();
    for at in &sample.stamps.generated {
        events.push(SeenEvent { at: *at, class: EventClass::Generated });
    }
    Details { user: Some(1), stay: Some(1), attempt: 1, status: Some(200), events, ..Details::default() }
}

struct Watch {
    started: Timestamp,
    pulses: Pulses,
    rolling: Rolling,
    gathering: Gathering,
    asked: Vec<Duration>,
    figured: Vec<Duration>,
    looked: Vec<Duration>,
    reported: Vec<Duration>,
    drawn: Vec<Duration>,
    /// Bytes of the last page.
    page: usize,
}

impl Watch {
    fn new(recorder: &Arc<Recorder>) -> Self {
        Self {
            started: Timestamp::now(),
            pulses: Pulses::new(std::slice::from_ref(recorder), Arc::default()),
            rolling: Rolling::starting(Timestamp::now()),
            gathering: Gathering::new(vec![Arc::clone(recorder)], Duration::from_secs(30)),
            asked: Vec::new(),
            figured: Vec::new(),
            looked: Vec::new(),
            reported: Vec::new(),
            drawn: Vec::new(),
            page: 0,
        }
    }

    fn watch(&mut self) {
        for frame in 0..TIME.as_millis() / DRAWN.as_millis() {
            std::thread::sleep(DRAWN);
            let begin = now();
            let pulse = self.pulses.take();
            self.asked.push(begin.elapsed());
            self.rolling.add(pulse, Timestamp::now());
            std::hint::black_box(self.rolling.recent(Timestamp::now()));
            self.figured.push(begin.elapsed());
            if frame % 4 == 3 {
                let begin = now();
                let snapshot = self.gathering.look();
                self.looked.push(begin.elapsed());
                if frame % 8 == 7 {
                    let begin = now();
                    let report = report(snapshot.recording, self.started);
                    self.reported.push(begin.elapsed());
                    let begin = now();
                    self.page = std::hint::black_box(sections(&report, false)).len();
                    self.drawn.push(begin.elapsed());
                }
            }
        }
    }

    fn tell(&mut self) -> Cost {
        let [_, frames, looks, report, drawing] = [
            ("asking the recorder", &mut self.asked, DRAWN),
            ("the figures of a frame", &mut self.figured, DRAWN),
            ("a look", &mut self.looked, 4 * DRAWN),
            ("the report of a look", &mut self.reported, 8 * DRAWN),
            ("drawing it as a page", &mut self.drawn, 8 * DRAWN),
        ]
        .map(|(what, times, every)| {
            times.sort_unstable();
            let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
            let share = median.as_secs_f64() / every.as_secs_f64() * 100.0;
            println!("  {what}: {median:.1?}, at most {most:.1?}; {share:.3} % of a core");
            share
        });
        println!("  the page has {} KiB", self.page / 1024);
        Cost { frames, looks, page: report + drawing }
    }
}

#[expect(clippy::disallowed_methods, reason = "it measures what stamps cost, too")]
fn now() -> Instant {
    Instant::now()
}
