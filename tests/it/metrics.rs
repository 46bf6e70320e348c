//! What each number of a report means, on streams whose times are known.
//!
//! A busy machine makes every time longer, so the tests hold times from below, and beyond that they hold that each metric
//! follows from the moments at which the events came.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use sse_load::clock::Timestamp;
use sse_load::mock::{Dialect, Fault, MockServer, On, RawEvent, Script};
use sse_load::prelude::*;
use sse_load::protocol::{Channel, Usage};
use sse_load::report::RequestReport;

/// What a task saw of one reply.
#[derive(Clone)]
struct Seen {
    /// When each piece came, and what it was.
    pieces: Vec<(Duration, Channel, String)>,
    text: String,
    reasoning: String,
    usage: Usage,
    ttft: Duration,
    metrics: BTreeMap<&'static str, Duration>,
    /// Around the whole call, by the task's own clock.
    elapsed: Duration,
}

impl Seen {
    fn of(reply: &Reply, elapsed: Duration) -> Self {
        let metrics = Metric::ALL.into_iter().filter_map(|metric| Some((metric.name(), reply.metric(metric)?)));
        Self {
            pieces: reply.events().map(|event| (event.at, event.channel, event.text.to_owned())).collect(),
            text: reply.text().to_owned(),
            reasoning: reply.reasoning().to_owned(),
            usage: reply.usage(),
            ttft: reply.ttft(),
            metrics: metrics.collect(),
            elapsed,
        }
    }

    fn times(&self) -> Vec<Duration> {
        self.pieces.iter().map(|(at, ..)| *at).collect()
    }

    fn first(&self) -> Duration {
        self.pieces[0].0
    }

    fn last(&self) -> Duration {
        self.pieces[self.pieces.len() - 1].0
    }

    fn gaps(&self) -> Vec<Duration> {
        self.times().windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }
}

fn chunk(delta: &serde_json::Value) -> String {
    json!({"choices": [{"index": 0, "delta": delta}]}).to_string()
}

fn text(content: &str) -> String {
    chunk(&json!({"content": content}))
}

fn reasoning(content: &str) -> String {
    chunk(&json!({"reasoning_content": content}))
}

fn finish() -> String {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}).to_string()
}

fn usage(prompt: u64, completion: u64) -> String {
    json!({"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion}}).to_string()
}

fn raw(events: impl IntoIterator<Item = String>) -> Script {
    Script::new().dialect(Dialect::events(events))
}

/// The same events in one write.
fn in_one_write(events: impl IntoIterator<Item = String>) -> Script {
    let blocks: Vec<_> = events.into_iter().map(|data| format!("data: {data}\n\n")).collect();
    let block = blocks.concat();
    Script::new().dialect(Dialect::Events(vec![RawEvent::Block(block.into_bytes())]))
}

/// A histogram holds whole microseconds.
fn micros(time: Duration) -> Duration {
    Duration::from_micros(u64::try_from(time.as_micros()).expect("less than an hour"))
}

/// The one value of a metric.
fn only(times: &sse_load::report::Times<'_>) -> Duration {
    assert_eq!((times.count(), times.failures()), (1, 0), "{times:?}");
    assert_eq!((times.min(), times.p50(), times.mean()), (times.max(), times.max(), times.max()));
    times.max()
}

const DONE: &str = "[DONE]";
const PATHS: [&str; 8] = ["/paced", "/stall", "/append", "/reasoning", "/noise", "/burst", "/single", "/thought"];

fn server_of_known_times() -> MockServer {
    let paced = Script::new().ttft(ms(40)).inter_token(ms(15)).tokens(5);
    let stall = Fault::Stall { after: 3, pause: Some(ms(120)) };
    let words = ["one", " two", " three"].map(text);
    let thinking =
        [reasoning("Let me"), reasoning(" see."), text("Yes"), text("."), finish(), usage(3, 9), DONE.into()];
    // Of these twelve events four are output.
    let noise = vec![
        RawEvent::Block(b": ping\n\n".to_vec()),
        chunk(&json!({"role": "assistant", "content": ""})).into(),
        text("a").into(),
        RawEvent::Block(b": ping\n: pong\n\n".to_vec()),
        text("").into(),
        chunk(&json!({"content": null})).into(),
        text(" ").into(),
        text("b").into(),
        RawEvent::Block(b"retry: 5\nid: 1\n\n".to_vec()),
        text("\n").into(),
        finish().into(),
        usage(7, 4).into(),
        RawEvent::Data(DONE.to_owned()),
    ];
    let noise = Script::new().dialect(Dialect::Events(noise));
    MockServer::builder()
        .path("/paced", paced.clone())
        .path("/stall", paced.clone().fault(stall, On::all()))
        .path("/append", paced.dialect(Dialect::Append))
        .path("/reasoning", raw(thinking).ttft(ms(30)).inter_token(ms(60)))
        .path("/noise", noise.inter_token(ms(5)))
        .path("/burst", in_one_write(words.into_iter().chain([finish(), usage(2, 9), DONE.to_owned()])))
        .path("/single", raw([text("word"), finish(), usage(1, 1), DONE.to_owned()]).inter_token(ms(20)))
        .path("/thought", raw([reasoning("Hm"), reasoning("..."), finish(), DONE.to_owned()]))
        .start()
}

/// Everything that holds for every stream: each metric follows from the moments of the events.
fn assert_metrics_follow(figures: &RequestReport, seen: &Seen) {
    let name = figures.name();
    assert_eq!(only(&figures.ttft()), micros(seen.first()), "{name}");
    assert_eq!(only(&figures.e2e()), micros(seen.last()), "{name}");
    assert!(only(&figures.connect()) <= only(&figures.ttfb()), "{name}");
    assert!(only(&figures.ttfb()) <= only(&figures.ttft()), "{name}");
    assert!(only(&figures.processing_time()) >= only(&figures.e2e()), "{name}");
    assert!(only(&figures.processing_time()) <= seen.elapsed, "{name}");
    let output = seen.pieces.iter().find(|(_, channel, _)| *channel != Channel::Reasoning);
    match output {
        Some((at, ..)) => assert_eq!(only(&figures.ttfo()), micros(*at), "{name}"),
        None => assert_eq!(figures.ttfo().count(), 0, "{name}"),
    }
    let gaps = seen.gaps();
    assert_eq!(figures.icl().count(), gaps.len() as u64, "{name}");
    let sum: Duration = gaps.iter().map(|gap| micros(*gap)).sum();
    assert_eq!(Duration::from_micros(u64::try_from(figures.icl().histogram().sum()).expect("small")), sum, "{name}");
    assert_eq!(figures.counts().coalesced, gaps.iter().filter(|gap| gap.is_zero()).count() as u64, "{name}");
    if let Some(largest) = gaps.iter().max() {
        assert_eq!(only(&figures.max_stall()), micros(*largest), "{name}");
        assert_eq!(figures.icl().max(), micros(*largest), "{name}");
        let later = u32::try_from(figures.completion_tokens().max() - 1).expect("few tokens");
        assert_eq!(only(&figures.tpot()), micros(seen.last().saturating_sub(seen.first()) / later), "{name}");
    }

    // What the task saw is what the report says.
    assert_eq!(seen.ttft, seen.first(), "{name}");
    for (metric, times) in [
        (Metric::Ttft, figures.ttft()),
        (Metric::Ttfo, figures.ttfo()),
        (Metric::E2e, figures.e2e()),
        (Metric::MaxStall, figures.max_stall()),
        (Metric::ProcessingTime, figures.processing_time()),
        (Metric::Ttfb, figures.ttfb()),
        (Metric::Connect, figures.connect()),
    ] {
        let of_report = (times.count() > 0).then(|| times.max());
        assert_eq!(seen.metrics.get(metric.name()).map(|time| micros(*time)), of_report, "{name} {metric}");
    }
}

#[test]
fn each_metric_follows_from_the_moments_of_the_events() {
    static SEEN: Mutex<BTreeMap<&str, Seen>> = Mutex::new(BTreeMap::new());

    #[sse_user(wait_time = secs(60))]
    impl Observing {
        #[task]
        async fn observe(ctx: &mut Context) -> TaskResult {
            let path = PATHS[usize::try_from(ctx.user_index())?];
            let begin = Timestamp::now();
            let reply = ctx.sse_request(path).send().await?;
            let seen = Seen::of(&reply, Timestamp::now() - begin);
            SEEN.lock().expect("no panic").insert(path, seen);
            Ok(())
        }
    }

    let server = server_of_known_times();
    let report = Observing::load_test("metrics").host(server.url()).users(PATHS.len() as u64).run_time(secs(1)).run();
    assert_eq!(report.total().successes(), PATHS.len() as u64, "{report}");
    let seen = SEEN.lock().expect("no panic");
    for path in PATHS {
        assert_metrics_follow(report.request(path), &seen[path]);
    }
    assert_no_event_comes_before_its_time(&report, &seen);
    assert_reasoning_is_told_from_output(&report, &seen);
    assert_only_output_counts(&report, &seen);
    assert_what_is_absent_is_no_zero(&report, &seen);
    assert_total_is_the_merge(&report);
}

fn assert_no_event_comes_before_its_time(report: &Report, seen: &BTreeMap<&str, Seen>) {
    // The stall moves all tokens after the third.
    let schedules = [("/paced", [0; 5]), ("/append", [0; 5]), ("/stall", [0, 0, 0, 120, 120])];
    for (path, late) in schedules {
        let due = (0..5).zip(late).map(|(token, late)| ms(40 + 15 * token + late));
        let times = seen[path].times();
        assert_eq!(times.len(), 5, "{path}");
        assert!(times.iter().zip(due).all(|(at, due)| *at >= due), "{path}: {times:?}");
    }
    let stall = report.request("/stall");
    let before = seen["/stall"].times()[2];
    assert!(stall.max_stall().max() >= ms(40 + 3 * 15 + 120).saturating_sub(before + Duration::from_micros(1)));
    assert!(stall.ttft().max() >= ms(40) && stall.e2e().max() >= ms(220) && stall.processing_time().max() >= ms(220));
}

fn assert_reasoning_is_told_from_output(report: &Report, seen: &BTreeMap<&str, Seen>) {
    let thinking = &seen["/reasoning"];
    let figures = report.request("/reasoning");
    assert_eq!((thinking.reasoning.as_str(), thinking.text.as_str()), ("Let me see.", "Yes."));
    assert_eq!(
        thinking.pieces.iter().map(|(_, channel, text)| (*channel, text.as_str())).collect::<Vec<_>>(),
        [(Channel::Reasoning, "Let me"), (Channel::Reasoning, " see."), (Channel::Text, "Yes"), (Channel::Text, ".")]
    );
    assert!(figures.ttft().max() >= ms(30) && figures.ttfo().max() >= ms(30 + 2 * 60), "{report}");
    assert!(figures.ttfo().max() >= figures.ttft().max(), "{report}");
    assert_eq!(thinking.usage, Usage { prompt_tokens: Some(3), completion_tokens: Some(9) });
    assert_eq!(thinking.metrics["tpot"], thinking.last().saturating_sub(thinking.first()) / 8);
}

fn assert_only_output_counts(report: &Report, seen: &BTreeMap<&str, Seen>) {
    let noise = &seen["/noise"];
    assert_eq!(noise.pieces.iter().map(|(.., text)| text.as_str()).collect::<Vec<_>>(), ["a", " ", "b", "\n"]);
    assert!(noise.first() >= ms(2 * 5), "the role chunk is no token: {:?}", noise.first());
    assert!(noise.last() >= ms(9 * 5) && noise.text == "a b\n");
    assert_eq!(report.request("/noise").counts().malformed_events, 0);

    let burst = report.request("/burst");
    assert_eq!((burst.counts().coalesced, burst.icl().count(), burst.icl().max()), (2, 2, Duration::ZERO));
    assert_eq!((burst.e2e().max(), burst.tpot().max()), (burst.ttft().max(), Duration::ZERO));
    assert_eq!(burst.processing_time().max(), burst.e2e().max());
}

fn assert_what_is_absent_is_no_zero(report: &Report, seen: &BTreeMap<&str, Seen>) {
    let single = report.request("/single");
    for (metric, times) in [("icl", single.icl()), ("max_stall", single.max_stall()), ("tpot", single.tpot())] {
        assert_eq!(times.count(), 0, "{metric}");
        let message = times.try_p95().expect_err("no sample").to_string();
        assert_eq!(
            message,
            format!("`/single_{metric}` has no sample: none of its 1 successful requests has this metric")
        );
        let panicked = catch_unwind(AssertUnwindSafe(|| times.p95())).expect_err("no sample");
        assert_eq!(panicked.downcast_ref(), Some(&message));
    }
    assert_eq!(
        seen["/single"].metrics.keys().copied().collect::<Vec<_>>(),
        ["connect", "e2e", "processing_time", "ttfb", "ttfo", "ttft"]
    );
    assert_eq!(report.check([icl("/single").p95().at_most(secs(9))]).count(Verdict::Invalid), 1);
    assert_eq!(report.check([ttfo("/thought").p95().at_most(secs(9))]).count(Verdict::Invalid), 1);
    assert_eq!(seen["/thought"].reasoning, "Hm...");
}

fn assert_total_is_the_merge(report: &Report) {
    type Times<'a> = sse_load::report::Times<'a>;
    let metrics: [fn(&RequestReport) -> Times<'_>; 9] = [
        RequestReport::ttft,
        RequestReport::ttfo,
        RequestReport::icl,
        RequestReport::max_stall,
        RequestReport::tpot,
        RequestReport::e2e,
        RequestReport::processing_time,
        RequestReport::ttfb,
        RequestReport::connect,
    ];
    assert_eq!(report.requests().iter().map(RequestReport::name).collect::<Vec<_>>(), {
        let mut sorted = PATHS;
        sorted.sort_unstable();
        sorted
    });
    for metric in metrics {
        let parts: Vec<_> = report.requests().iter().map(metric).filter(|times| times.count() > 0).collect();
        let total = metric(report.total());
        assert_eq!(total.count(), parts.iter().map(Times::count).sum::<u64>());
        // The careful accessors: over all names the tokens that `tpot` rests on were counted in two ways.
        assert_eq!(total.try_min().ok(), parts.iter().map(Times::min).min());
        assert_eq!(total.try_max().ok(), parts.iter().map(Times::max).max());
        let sum: u128 = parts.iter().map(|times| times.histogram().sum()).sum();
        assert_eq!(total.histogram().sum(), sum);
    }
    let tokens: u128 = report.requests().iter().map(|part| part.completion_tokens().histogram().sum()).sum();
    assert_eq!(report.total().completion_tokens().histogram().sum(), tokens);

    let unknown = catch_unwind(AssertUnwindSafe(|| report.request("/pased").count())).expect_err("no such name");
    let message = unknown.downcast::<String>().expect("a message");
    assert!(message.contains("did you mean `/paced`?") && PATHS.iter().all(|path| message.contains(path)), "{message}");
}

#[test]
fn failures_are_worse_than_every_success_except_where_no_request_is_counted() {
    #[sse_user]
    impl Unlucky {
        #[task]
        async fn ask(ctx: &mut Context) -> TaskResult {
            let name = if ctx.user_index() == 0 { "rarely" } else { "often" };
            ctx.sse_request(format!("/{name}")).name(name).send().await?;
            Ok(())
        }
    }

    let failing = |nth| Script::new().tokens(3).fault(Fault::Truncate { after: 2 }, On::every(nth));
    let server = MockServer::builder().path("/rarely", failing(20)).path("/often", failing(4)).start();
    let report = Unlucky::load_test("unlucky").host(server.url()).users(2).run_time(secs(1)).run();

    for (name, nth) in [("rarely", 20), ("often", 4)] {
        let figures = report.request(name);
        let (n, failed) = (figures.count(), figures.failures());
        assert!(n >= nth, "{name} has enough requests\n{report}");
        assert_eq!(failed, n / nth, "{name}\n{report}");
        for times in [figures.ttft(), figures.e2e(), figures.max_stall(), figures.tpot(), figures.processing_time()] {
            assert_eq!((times.count(), times.failures()), (n, failed), "{name} {times:?}");
            assert_eq!((times.max(), times.mean()), (Duration::MAX, Duration::MAX), "{name} {times:?}");
            assert!(times.p50() < Duration::MAX && times.min() <= times.p50(), "{name} {times:?}");
            let successes = times.of_successes();
            assert_eq!((successes.count(), successes.failures()), (n - failed, 0), "{name} {times:?}");
            assert!(successes.max() < Duration::MAX && successes.p50() <= times.p50(), "{name} {times:?}");
        }
        assert_eq!((figures.icl().failures(), figures.icl().count()), (0, 2 * (n - failed)), "{name}");
        assert!(figures.icl().max() < Duration::MAX);
        let tokens = figures.completion_tokens();
        assert_eq!((tokens.failures(), tokens.count(), tokens.max()), (0, n - failed, 3), "{name}");
        assert_eq!(figures.error_rate(), Ratio::of(failed, n));
    }
    // One in 20 leaves the 95th percentile to the successes, one in 4 does not.
    assert!(report.request("rarely").ttft().p95() < Duration::MAX, "{report}");
    assert_eq!(report.request("often").ttft().p95(), Duration::MAX, "{report}");
    assert!(report.request("often").ttft().of_successes().p95() < Duration::MAX);
    assert_eq!(report.request("often").icl().p95(), report.request("often").icl().of_successes().p95());
    let verdicts = report.check([
        ttft("rarely").p50().at_most(secs(600)),
        ttft("often").p95().at_most(secs(600)),
        ttft(ALL).max().at_most(secs(600)),
        icl("often").max().at_most(secs(600)),
        error_rate().of("often").at_most(0.5),
    ]);
    assert_eq!((verdicts.count(Verdict::Miss), verdicts.count(Verdict::Pass)), (2, 3), "{verdicts}");
}
