//! The server's own metrics, read while a load test runs.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;

use sse_load::prelude::*;
use sse_load::record::{ServerCourse, ServerFigure, ServerMetric, ServerUnit};
use sse_load::render;
use sse_load::report::Report;
use sse_load::run::LoadTest;
use sse_load::stats::Extent;

use crate::golden::cases;
use crate::raw_server::RawServer;

const CHAT: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":null}]}\n\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

#[sse_user(wait_time = constant(ms(40)))]
impl Asker {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/chat").send().await?;
        Ok(())
    }
}

fn asker(server: &RawServer) -> LoadTest {
    Asker::load_test("server_metrics").host(server.url()).users(2).run_time(ms(700))
}

fn answer(status: &str, body: &str) -> &'static str {
    format!("HTTP/1.1 {status}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n{body}").leak()
}

fn server(report: &Report) -> &ServerCourse {
    report.server().expect("the test asked for it")
}

fn whole(metric: &ServerMetric) -> Extent {
    let mut whole = Extent::default();
    metric.over_time.slices().iter().for_each(|slice| whole.merge(slice));
    whole
}

/// A run in which the machine was not too busy for any scrape, if there is one among a few.
fn without_a_miss(run: impl Fn() -> Report) -> Report {
    let is_whole = |report: &Report| server(report).missed == 0;
    (0..5).map(|_| run()).find(is_whole).expect("an answer to every scrape within its time")
}

#[test]
fn what_the_server_told_is_in_the_report_with_its_peak_and_in_order() {
    static SERVED: AtomicU64 = AtomicU64::new(0);

    let report = without_a_miss(|| {
        SERVED.store(0, SeqCst);
        let server = RawServer::start(|path| match path {
            "/metrics" => {
                let number = SERVED.fetch_add(1, SeqCst) + 1;
                let waiting = if number == 2 { 1_000 } else { number };
                answer("200 OK", &format!("vllm:num_requests_waiting{{engine=\"0\"}} {waiting}.0\n"))
            }
            _ => CHAT,
        });
        asker(&server).warm_up(ms(300)).server_metrics(ServerMetrics::at("/metrics").every(ms(300))).run()
    });
    let (course, served) = (server(&report), SERVED.load(SeqCst));
    assert_eq!((course.engine.as_deref(), course.scrapes), (Some("vLLM"), served), "{report}");
    let waiting = course.metric(ServerFigure::RequestsWaiting).expect("it was told");
    assert_eq!((waiting.name.as_str(), waiting.unit), ("vllm:num_requests_waiting", ServerUnit::Count));
    let all = whole(waiting);
    let scrapes = f64::from(u32::try_from(served).expect("few"));
    let sum = scrapes * (scrapes + 1.0) / 2.0 + 998.0;
    assert_eq!((all.least, all.most, all.weight), (1.0, 1_000.0, scrapes), "{all:?}");
    assert!((all.mean - sum / scrapes).abs() < 1e-6, "{all:?}");
    let order: Vec<_> = waiting.over_time.slices().iter().filter(|slice| !slice.is_empty()).collect();
    let without_peak: Vec<_> = order.iter().map(|slice| slice.least).filter(|least| *least < 1_000.0).collect();
    assert!(without_peak.is_sorted() && without_peak.len() >= 2, "{order:?}");
    assert!(waiting.over_time.first() < 0, "the warm-up is among it");
    let window = waiting.window.expect("some are of the window");
    assert!(window.least > 1.0 && window.weight < scrapes, "the first is of the warm-up: {window:?}");
    assert!(report.to_string().contains("waiting at most (vLLM, "), "{report}");
    let read = Report::from_json(&render::json(&report).expect("JSON")).expect("a report");
    assert_eq!(read.server().map(|server| server.scrapes), Some(served));
    assert_eq!(render::markdown(&read).lines().filter(|line| line.starts_with("server: ")).count(), 1);
}

#[test]
fn a_scrape_is_no_request_of_the_load_test() {
    let raw = RawServer::start(|path| if path == "/metrics" { answer("200 OK", "tgi_queue_size 3\n") } else { CHAT });
    let report = asker(&raw).server_metrics("/metrics").run();
    assert!(raw.count("/metrics") >= 1, "{report}");
    let names: Vec<_> = report.requests().iter().map(|request| request.name().to_owned()).collect();
    assert_eq!(names, ["/chat"]);
    assert!(report.total().count() <= raw.count("/chat"), "{report}");
}

#[test]
fn a_load_test_that_does_not_ask_reads_no_metrics() {
    let raw = RawServer::start(|_| CHAT);
    let report = asker(&raw).run();
    assert_eq!((raw.count("/metrics"), report.server()), (0, None));
    assert!(!render::json(&report).expect("JSON").contains("\"server\":"));
}

/// A run whose scrapes all fail: it has one warning that says why, and its requests are as ever.
fn all_missed(answer: fn(&str) -> &'static str) -> String {
    let raw = RawServer::start(answer);
    let report = asker(&raw).server_metrics("/metrics").run();
    assert_eq!((report.total().failures(), server(&report).scrapes), (0, 0), "{report}");
    assert!(report.total().successes() > 0 && server(&report).missed > 0, "{report}");
    let warnings: Vec<_> = report.warnings().iter().filter(|warning| warning.contains("metrics at ")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(&format!("{}/metrics gave nothing: ", raw.url())), "{warnings:?}");
    assert!(report.to_string().contains("server: told nothing in the measured window (0 scrapes, "), "{report}");
    warnings[0].clone()
}

#[test]
fn metrics_that_are_not_there_are_a_warning_with_a_remedy() {
    let gone = all_missed(|path| if path == "/metrics" { answer("404 Not Found", "") } else { CHAT });
    assert!(gone.contains("HTTP 404 Not Found") && gone.contains("llama.cpp: --metrics"), "{gone}");
    let page = all_missed(|path| if path == "/metrics" { answer("200 OK", "<p>Hello</p>") } else { CHAT });
    assert!(page.contains("no line in Prometheus' text format"), "{page}");
    let moved = all_missed(|path| if path == "/metrics" { answer("307 Temporary Redirect", "") } else { CHAT });
    assert!(moved.contains("no redirect is followed"), "{moved}");
}

#[test]
fn a_server_that_never_tells_ends_no_load_test_late() {
    let hangs = all_missed(|path| {
        if path != "/metrics" {
            return CHAT;
        }
        loop {
            thread::park();
        }
    });
    assert!(hangs.contains("no whole answer within 900ms"), "{hangs}");
}

#[test]
fn a_flood_of_metrics_is_cut_off() {
    static FLOOD: LazyLock<&str> = LazyLock::new(|| answer("200 OK", &"tgi_queue_size 3\n".repeat(600_000)));

    let flood = all_missed(|path| if path == "/metrics" { *FLOOD } else { CHAT });
    // On a busy machine its time is over first.
    assert!(flood.contains("longer than 8388608 bytes") || flood.contains("no whole answer"), "{flood}");
}

#[test]
fn own_metrics_are_read_and_those_that_are_nowhere_are_a_warning() {
    static REJECTED: AtomicU64 = AtomicU64::new(0);

    let raw = RawServer::start(|path| match path {
        "/metrics" => {
            let rejected = REJECTED.fetch_add(10, SeqCst);
            answer("200 OK", &format!("queue{{a=\"1\"}} 3\nqueue{{a=\"2\"}} 4\nrejected_total {rejected}\n"))
        }
        _ => CHAT,
    });
    let metrics =
        ServerMetrics::at(format!("{}/metrics", raw.url())).gauge("queue").counter("rejected").gauge("nowhere");
    let report = asker(&raw).run_time(ms(1_500)).server_metrics(metrics).run();
    let own: Vec<_> = server(&report).own().collect();
    assert_eq!((own[0].name.as_str(), whole(own[0]).most), ("queue", 7.0), "{report}");
    let rejected =
        own.iter().find(|metric| metric.name == "rejected").expect("two scrapes: at the begin and at the end");
    let (all, between) = (whole(rejected), server(&report).scrapes - 1);
    let added = f64::from(u32::try_from(between * 10).expect("few"));
    // A scrape that came too late was counted by the server too.
    assert!(all.mean * all.weight >= added - 1e-6, "{all:?}");
    assert!(report.warnings().iter().any(|warning| warning.contains("have no `nowhere`")), "{report}");
    assert!(render::html(&report).contains("Server: queue"));
}

#[test]
fn a_key_of_the_metrics_appears_nowhere() {
    const KEY: &str = "sk-0123456789abcdef";

    let raw = RawServer::start(|path| {
        if path.starts_with("/metrics") { answer("401 Unauthorized", &format!("wrong key {KEY}")) } else { CHAT }
    });
    let url = raw.url().replace("http://", &format!("http://me:{KEY}@"));
    let metrics = ServerMetrics::at(format!("{url}/metrics?key={KEY}")).bearer_auth(KEY).header("x-api-key", KEY);
    let debug = format!("{metrics:?}");
    let report = asker(&raw).server_metrics(metrics).run();
    let path = format!("/metrics?key={KEY}");
    assert_eq!(raw.headers(&path, "authorization")[0], format!("Bearer {KEY}"));
    assert_eq!(raw.headers(&path, "x-api-key")[0], KEY);
    let texts = [
        report.to_string(),
        render::markdown(&report),
        render::html(&report),
        render::json(&report).expect("JSON"),
        format!("{report:?}"),
        debug,
    ];
    assert!(texts[0].contains("HTTP 401 Unauthorized: give the key"), "{report}");
    for text in texts {
        assert!(!text.contains(&KEY[..8]), "{text}");
    }
}

#[test]
fn an_address_that_is_none_is_refused_before_the_run() {
    let raw = RawServer::start(|_| CHAT);
    let error = asker(&raw).server_metrics("http://").try_run().expect_err("no host").to_string();
    assert!(error.contains("the server's metrics (.server_metrics(..) or SSE_LOAD_SERVER_METRICS)"), "{error}");
    let error =
        asker(&raw).server_metrics(ServerMetrics::at("/m").bearer_auth("a\nb")).try_run().expect_err("no header");
    assert!(error.to_string().contains("line break"), "{error}");
    assert_eq!(raw.count("/chat"), 0);
}

#[test]
fn processes_that_read_the_same_server_keep_the_extremes_of_both() {
    let (mut one, mut other) = (cases::server(), cases::server());
    let course = |report: &Report, missed: u64| ServerCourse { missed, ..server(report).clone() };
    let (first, mut second) = (course(&one, 1), course(&other, 2));
    let waiting = |course: &ServerCourse| course.metric(ServerFigure::RequestsWaiting).expect("it is there").clone();
    second.metrics.retain(|metric| metric.figure.is_some());
    second.metrics[0].over_time.record(20_500_000_000, 99.0, 1.0);
    one.set_server(first.clone(), []);
    other.set_server(second, []);
    let merged = Report::merged([one, other]).expect("of one load test");
    let both = server(&merged);
    assert_eq!((both.scrapes, both.missed), (2 * first.scrapes, 3));
    assert_eq!((whole(&waiting(both)).most, whole(&waiting(both)).least), (99.0, 0.0));
    assert_eq!(waiting(both).window.map(|window| window.mean), waiting(&first).window.map(|window| window.mean));
    assert_eq!(both.own().count(), first.own().count(), "one that only one process read is kept");
}
