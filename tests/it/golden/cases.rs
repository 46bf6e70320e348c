//! The runs whose reports are looked at.

use std::time::Duration;

use sse_load::clock::{ms, secs};
use sse_load::prelude::{ALL, icl, ttft};
use sse_load::record::{ServerCourse, ServerFigure, ServerUnit, ServerValue, Window};
use sse_load::report::{Ending, Floor, MachineLoad, Profile, Report, Surroundings, Throttling};
use sse_load::sample::{Failure, FailureClass, Outcome, TokenSource, Tokens};
use sse_load::stats::Ratio;

use super::run::{JOKE, Request, Run, SEARCH, START, chat, counted_by};

pub(crate) fn search() -> Request {
    Request {
        name: "search".to_owned(),
        origin: SEARCH,
        ttft: ms(320),
        gap: ms(31),
        events: 64,
        reasoning: 24,
        tokens: counted_by(TokenSource::Tokenizer, 512, 80),
        ..chat()
    }
}

pub(crate) fn unavailable() -> Failure {
    Failure::new(FailureClass::HttpStatus, "HTTP 503 Service Unavailable")
        .with_detail(r#"{"error":"overloaded"} (retry after 1)"#)
}

pub(crate) fn truncated() -> Failure {
    Failure::new(FailureClass::Truncated, "stream ended before [DONE]").with_detail("after 7 generated events")
}

/// One name, nothing went wrong.
pub(crate) fn all_well() -> Report {
    Run::named("chat_ttft").chats(120).report()
}

/// One name, one request of ten fails.
pub(crate) fn a_tenth_fails() -> Report {
    Run::named("chat_ttft").chats(108).failures(9, &chat(), &unavailable()).failures(3, &chat(), &truncated()).report()
}

/// The server told metrics of itself once a second, but for some time in the middle.
pub(crate) fn server() -> Report {
    let mut report = Run::named("chat_ttft").chats(120).report();
    let window = Window { begin: START, end: Some(START + secs(60)) };
    let mut course = ServerCourse {
        engine: Some("vLLM".to_owned()),
        url: "http://127.0.0.1:8080/metrics".to_owned(),
        every: secs(1),
        scrapes: 56,
        missed: 4,
        ..ServerCourse::default()
    };
    for second in (0..60_u32).filter(|second| !(30..34).contains(second)) {
        let part = f64::from(second) / 60.0;
        let own = (None, "gateway_queue_length", ServerUnit::Count, f64::from(second % 7), 1.0);
        for (figure, name, unit, value, weight) in [
            (
                Some(ServerFigure::RequestsWaiting),
                "vllm:num_requests_waiting",
                ServerUnit::Count,
                (part * 13.0).floor(),
                1.0,
            ),
            (Some(ServerFigure::RequestsRunning), "vllm:num_requests_running", ServerUnit::Count, 48.0, 1.0),
            (Some(ServerFigure::KvCache), "vllm:kv_cache_usage_perc", ServerUnit::Share, 0.5 + part * 0.435, 1.0),
            (
                Some(ServerFigure::PrefixCacheHits),
                "vllm:prefix_cache_hits_total / vllm:prefix_cache_queries_total",
                ServerUnit::Share,
                0.25,
                500.0,
            ),
            (
                Some(ServerFigure::Preemptions),
                "vllm:num_preemptions_total",
                ServerUnit::PerSecond,
                f64::from(u32::from(second > 56)),
                1.0,
            ),
            (Some(ServerFigure::TokensGenerated), "vllm:generation_tokens_total", ServerUnit::PerSecond, 1_234.0, 1.0),
            own,
        ] {
            let at = START + secs(1) * second;
            let value = ServerValue { figure, name: name.to_owned(), unit, at, value, weight };
            course.record(&value, window);
        }
    }
    let warning = "4 of 60 scrapes of the server's metrics at http://127.0.0.1:8080/metrics gave nothing: no whole answer within 900ms: is \
                   the server too busy to tell? .every(..) gives it more time";
    report.set_server(course, [warning.to_owned()]);
    report
}

/// Two names and everything that can be counted, interrupted, in a debug build.
pub(crate) fn everything() -> Report {
    let mut run = Run::named("mixed");
    run.chats(80).failures(9, &chat(), &unavailable()).failures(3, &chat(), &truncated());
    for number in 0..15 {
        run.success(&Request { ttft: ms(300) + ms(15) * number, ..search() });
    }
    run.failures(2, &search(), &Failure::new(FailureClass::TtftTimeout, "no generated event within 30s"))
        .failures(1, &search(), &unavailable())
        .request(&chat(), Outcome::CutOff)
        .request(&search(), Outcome::CutOff)
        .request(&chat(), Outcome::HungUp)
        .malformed(4, "chat_completion", "data: {\"choices\": [")
        .task_errors(3, SEARCH, "the reply names no source")
        .panics(2, JOKE, "index out of bounds: the len is 0 but the index is 0", "tests/chat.rs:22");
    run.late(950, Duration::from_micros(140)).late(50, ms(9));
    let facts = run.facts();
    facts.surroundings = surroundings();
    facts.ending = Ending::Interrupted;
    facts.window = secs(41);
    facts.profile = Profile::Debug;
    facts.warnings = vec![
        "debug build: the harness itself is slow, so every time is too large; use cargo test --release".to_owned(),
    ];
    run.report()
}

/// Two names, of which one has a limit that not all of its requests keep.
pub(crate) fn goodput() -> Report {
    let mut run = Run::named("goodput");
    run.good_if([ttft("chat_completion").each().at_most(ms(100)), icl(ALL).each().at_most(ms(50))]);
    run.chats(120).failures(9, &chat(), &unavailable()).success(&search()).success(&search()).report()
}

/// What tasks recorded beside their requests.
pub(crate) fn customs() -> Report {
    let mut run = Run::named("agent");
    run.chats(20);
    for number in 0..50 {
        run.custom_time("tool_call", ms(90) * number, ms(12) + ms(1) * number);
        run.custom_count("documents", ms(90) * number, u64::from(number % 7));
    }
    run.report()
}

/// A machine that is rather full.
fn surroundings() -> Surroundings {
    let throttled = Throttling { periods: 3, time: ms(120), share: Ratio::from(0.003) };
    let machine = MachineLoad {
        cores: 1.5,
        used: Some(Ratio::from(0.42)),
        throttled: Some(throttled),
        steal: Some(Ratio::from(0.02)),
        busy: Some(Ratio::from(0.71)),
    };
    let micros = Duration::from_micros;
    let floor = Floor { ttft_min: micros(61), ttft_p50: micros(80), ttft_p99: micros(124), events: 93_000.0.into() };
    Surroundings { machine, threads: 2, blocked: 0, floor: Ok(floor) }
}

/// Not one request.
pub(crate) fn no_request() -> Report {
    let mut run = Run::named("nothing");
    run.task_errors(50, JOKE, "LLM_API_KEY is not set").report()
}

/// The tasks only ever panic.
pub(crate) fn only_panics() -> Report {
    Run::named("nothing").panics(50, JOKE, "called `Option::unwrap()` on a `None` value", "").report()
}

/// Requests began, and none ended by itself.
pub(crate) fn only_cut_off() -> Report {
    Run::named("too_short").request(&chat(), Outcome::CutOff).request(&chat(), Outcome::HungUp).report()
}

/// Requests ended, and none well.
pub(crate) fn only_failures() -> Report {
    Run::named("down")
        .failures(40, &chat(), &Failure::new(FailureClass::Connect, "no response").with_detail("Connection refused"))
        .report()
}

/// Replies of one event that is reasoning, and whose tokens nobody counted.
pub(crate) fn absent_metrics() -> Report {
    let mut run = Run::named("one_token");
    for _ in 0..60 {
        run.success(&Request { events: 1, reasoning: 1, tokens: Tokens::default(), ..chat() });
    }
    run.report()
}

/// Two ways of counting under one name.
pub(crate) fn mixed_sources() -> Report {
    let mut run = Run::named("mixed_sources");
    run.chats(60);
    for _ in 0..20 {
        run.success(&Request { tokens: counted_by(TokenSource::Tokenizer, 30, 18), ..chat() });
    }
    run.report()
}

/// A server and a test that try to break out of every frame.
pub(crate) fn hostile() -> Report {
    let name = "a|b`c\n\x1b[2J<script>alert(1)</script> [x](http://evil) *bold* and a tail that goes on and on";
    let request = Request { name: name.to_owned(), ..chat() };
    let failure = Failure::new(FailureClass::StreamError, "expected text/event-stream, came \u{9b}31m\x1b]0;owned\x07")
        .with_detail(format!("```\n| x |\r\n\x1b[31m\u{202e}desrever\u{202c} {}", "long ".repeat(60)));
    let mut run = Run::named("ho`st\x1b[1mile");
    run.success(&request).success(&Request { name: name.replace("tail", "tale"), ..chat() });
    run.failures(2, &request, &failure)
        .task_errors(1, JOKE, "```\nnot | a | table\x07")
        .panics(1, JOKE, "\x1b[5mblink", "tests/chat.rs:22")
        .malformed(1, name, "\x1bP\n```")
        .report()
}

/// Texts of our own that are longer than a line, with their remedy at the end, and one of a server that is longer than all.
pub(crate) fn long_texts() -> Report {
    let no_host = "the request could not be built: no host: set it in #[sse_user(host = ..)], with .host(..) on the load \
                   test, or as SSE_LOAD_HOST";
    let huge = "an SSE event exceeds 16777216 bytes and has not ended: raise it with `.max_event_bytes(..)` if the server \
                sends events this large, otherwise check that the body is an event stream (lines, a blank line after \
                each event)";
    let refused = "invalid peer certificate: UnknownIssuer: the server's certificate was not accepted; check the host's \
                   name, and give the CA of a test server to `Connections::ca_certificate_pem`, from https://127.0.0.1:1";
    let refused = Failure::new(FailureClass::Connect, "no response").with_detail(refused);
    let endless = Failure::new(FailureClass::StreamError, "error in the stream").with_detail("0123456789".repeat(70));
    let mut run = Run::named("long_texts");
    run.chats(20).failures(12, &chat(), &Failure::new(FailureClass::Malformed, huge)).failures(3, &chat(), &refused);
    run.failures(2, &search(), &endless).task_errors(1_200, JOKE, no_host).task_errors(1, SEARCH, "short").report()
}

/// From microseconds to minutes, and many of them.
pub(crate) fn scales() -> Report {
    let mut run = Run::named("scales");
    let micros = Duration::from_micros;
    let fast = Request { headers: micros(90), ttft: micros(240), gap: micros(11), events: 1_500, ..chat() };
    let fast = Request { name: "fast".to_owned(), tokens: counted_by(TokenSource::Usage, 1_234_567, 1_500), ..fast };
    let slow = Request { name: "slow".to_owned(), ttft: secs(95), gap: secs(240), events: 4, ..chat() };
    for _ in 0..2_000 {
        run.success(&fast);
    }
    run.success(&slow).success(&slow);
    let facts = run.facts();
    (facts.plan.users, facts.plan.run_time, facts.window) = (12_000, secs(5_400), secs(5_400));
    run.report()
}

/// Each of these with its name.
pub(crate) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("all_well", all_well()),
        ("a_tenth_fails", a_tenth_fails()),
        ("everything", everything()),
        ("server", server()),
        ("goodput", goodput()),
        ("customs", customs()),
        ("no_request", no_request()),
        ("only_panics", only_panics()),
        ("only_cut_off", only_cut_off()),
        ("only_failures", only_failures()),
        ("absent_metrics", absent_metrics()),
        ("mixed_sources", mixed_sources()),
        ("hostile", hostile()),
        ("long_texts", long_texts()),
        ("scales", scales()),
    ]
}
