//! A run made by hand: every stamp is chosen, so every figure is known.

use std::time::{Duration, UNIX_EPOCH};

use sse_load::clock::{Timestamp, ms, secs};
use sse_load::record::{GoodIf, PanicKey, Recording, RequestLimit, Stalls, TaskErrorKey, Window};
use sse_load::report::{
    Artifacts, ClassSummary, Ending, Facts, OnInconclusive, PlanSummary, Profile, Report, Surroundings, build,
};
use sse_load::sample::{Connection, Counted, Failure, Origin, Outcome, Sample, Stamps, TokenSource, Tokens};

pub(crate) const JOKE: Origin = Origin { user: "ChatUser", task: "joke", file: "tests/chat.rs", line: 14, tags: &[] };
pub(crate) const SEARCH: Origin =
    Origin { user: "SearchUser", task: "search", file: "tests/chat.rs", line: 31, tags: &["slow"] };

pub(crate) const START: Timestamp = Timestamp::from_nanos(1_000_000_000);

/// A run that is being recorded.
pub(crate) struct Run {
    recording: Recording,
    requests: u64,
    facts: Facts,
}

/// One request, from its start.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) headers: Duration,
    pub(crate) ttft: Duration,
    pub(crate) gap: Duration,
    pub(crate) events: u32,
    pub(crate) reasoning: u32,
    pub(crate) tokens: Tokens,
    pub(crate) turn: Option<u32>,
}

/// A chat of 10 ms to the head, 50 ms to the first token and then 20 tokens, one each 20 ms.
pub(crate) fn chat() -> Request {
    Request {
        name: "chat_completion".to_owned(),
        origin: JOKE,
        headers: ms(10),
        ttft: ms(50),
        gap: ms(20),
        events: 20,
        reasoning: 0,
        tokens: counted_by(TokenSource::Usage, 33, 20),
        turn: None,
    }
}

pub(crate) fn counted_by(source: TokenSource, prompt: u64, completion: u64) -> Tokens {
    let counted = |tokens| Some(Counted { tokens, source });
    Tokens { prompt: counted(prompt), completion: counted(completion) }
}

impl Request {
    fn sample(&self, start: Timestamp, outcome: Outcome) -> Sample {
        Sample {
            name: self.name.as_str().into(),
            origin: self.origin,
            stamps: self.stamps(start),
            tokens: self.tokens,
            outcome,
            malformed: 0,
            body_bytes: 200 * u64::from(self.events),
            resent: false,
            retry: false,
            turn: self.turn,
            details: None,
        }
    }

    fn stamps(&self, start: Timestamp) -> Stamps {
        let first = start + self.ttft;
        let generated: Vec<_> = (0..self.events).map(|event| first + self.gap * event).collect();
        let last = generated.last().copied().unwrap_or(start);
        Stamps {
            headers: Some(start + self.headers),
            first_output: generated.get(self.reasoning as usize).copied(),
            terminal: Some(last + ms(1)),
            end: last + ms(2),
            buffered: vec![40; generated.len()],
            generated,
            // The first request of a run opens the connection.
            connection: Some(if start == START { Connection::Opened(start + ms(3)) } else { Connection::Reused }),
            ..Stamps::starting(start)
        }
    }
}

impl Run {
    /// A minute of 50 users.
    pub(crate) fn named(name: &str) -> Self {
        let class = |name, users| ClassSummary {
            name,
            users,
            flow: "joke × 3, search × 1, wait 500ms".to_owned(),
            host: "http://127.0.0.1:8080".to_owned(),
        };
        let plan = PlanSummary {
            users: 50,
            arrivals: Vec::new(),
            has_steady_load: false,
            max_users: None,
            ramp: Duration::ZERO,
            warm_up: Duration::ZERO,
            spawn_rate: Some(10.0),
            run_time: secs(60),
            stop_timeout: secs(30),
            seed: 424_242,
            classes: vec![class("ChatUser", 40), class("SearchUser", 10)],
        };
        let facts = Facts {
            name: name.to_owned(),
            plan,
            started: START,
            started_wall: UNIX_EPOCH + secs(1_790_000_000),
            window: secs(60),
            drained: ms(420),
            ending: Ending::Complete,
            spent: None,
            profile: Profile::Release,
            on_inconclusive: OnInconclusive::default(),
            surroundings: Surroundings::default(),
            warnings: Vec::new(),
        };
        Self { recording: Recording::default(), requests: 0, facts }
    }

    /// Says what a good request is, before the first.
    pub(crate) fn good_if(&mut self, limits: impl IntoIterator<Item = RequestLimit>) -> &mut Self {
        self.recording = Recording::counting_good(GoodIf::all(limits));
        self
    }

    /// A time that a task recorded, from the start.
    pub(crate) fn custom_time(&mut self, name: &'static str, at: Duration, time: Duration) -> &mut Self {
        self.recording.customs.record_time(name, time, START + at, Window { begin: START, end: None });
        self
    }

    /// A count that a task recorded, from the start.
    pub(crate) fn custom_count(&mut self, name: &'static str, at: Duration, count: u64) -> &mut Self {
        self.recording.customs.record_count(name, count, START + at, Window { begin: START, end: None });
        self
    }

    /// One request each half second, ended by `outcome`; which is when does not follow their order, so nothing has a trend.
    pub(crate) fn request(&mut self, request: &Request, outcome: Outcome) -> &mut Self {
        let number = u32::try_from(self.requests).expect("few requests");
        self.request_at(ms(500) * (number * 77 % 120) + ms(1) * (number / 120), request, outcome)
    }

    /// One request that begins so long after the start.
    pub(crate) fn request_at(&mut self, at: Duration, request: &Request, outcome: Outcome) -> &mut Self {
        let start = START + at;
        self.requests += 1;
        *self.recording.tasks.entry(request.origin).or_default() += u64::from(outcome == Outcome::Success);
        let sample = request.sample(start, outcome);
        let window = Window { begin: START, end: Some(START + self.facts.window) };
        self.recording.record(sample, window);
        self
    }

    /// Leaves the places of so many requests to another process.
    pub(crate) fn skip(&mut self, requests: u64) -> &mut Self {
        self.requests += requests;
        self
    }

    /// So many more moments at which a thread was so late.
    pub(crate) fn late(&mut self, moments: u64, late: Duration) -> &mut Self {
        (0..moments).for_each(|_| self.recording.lateness.record(late));
        self
    }

    /// A generator that stalls for most of two seconds, and so does not deliver the load.
    pub(crate) fn overloaded(&mut self) -> &mut Self {
        let stall = Stalls { time: secs(2), computing: secs(2), waiting: Duration::ZERO };
        self.recording.lateness.record_stall(stall);
        self.late(400, ms(80))
    }

    pub(crate) fn success(&mut self, request: &Request) -> &mut Self {
        self.request(request, Outcome::Success)
    }

    pub(crate) fn failures(&mut self, n: u64, request: &Request, failure: &Failure) -> &mut Self {
        (0..n).for_each(|_| {
            self.request(request, Outcome::Failed(failure.clone()));
        });
        self
    }

    /// `n` failures within one second.
    pub(crate) fn burst(&mut self, n: u32, request: &Request, failure: &Failure) -> &mut Self {
        let window = Window { begin: START, end: Some(START + self.facts.window) };
        for number in 0..n {
            let start = START + secs(20) + ms(10) * number;
            let outcome = Outcome::Failed(failure.clone());
            self.recording.record(request.sample(start, outcome), window);
        }
        self
    }

    /// `n` chats, each a little slower to its first token than the one before, starting with 40 ms.
    pub(crate) fn chats(&mut self, n: u32) -> &mut Self {
        for number in 0..n {
            self.success(&Request { ttft: ms(40) + Duration::from_micros(700) * number, ..chat() });
        }
        self
    }

    pub(crate) fn task_errors(&mut self, n: u64, origin: Origin, message: &str) -> &mut Self {
        let key = TaskErrorKey { origin, message: message.to_owned() };
        (0..n).for_each(|_| self.recording.task_errors.add(key.clone(), START, ""));
        self
    }

    pub(crate) fn panics(&mut self, n: u64, origin: Origin, message: &str, location: &str) -> &mut Self {
        let key = PanicKey { origin, message: message.to_owned(), location: location.to_owned() };
        (0..n).for_each(|_| self.recording.panics.add(key.clone(), START, ""));
        self
    }

    pub(crate) fn malformed(&mut self, n: u64, request: &str, example: &str) -> &mut Self {
        (0..n).for_each(|_| self.recording.malformed.add(request.into(), START, example));
        self
    }

    /// What the runner knows of it, to be changed.
    pub(crate) fn facts(&mut self) -> &mut Facts {
        &mut self.facts
    }

    pub(crate) fn report(&self) -> Report {
        let mut report = build(&self.recording, self.facts.clone());
        let folder = format!("target/sse-load/{}", self.facts.name);
        report.set_artifacts(Artifacts { folder: Some(folder.into()), ..Artifacts::default() });
        report
    }
}
