//! Metrics for an OpenTelemetry collector, as one gets them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point::Value};
use prost::Message as _;
use sse_load::mock::{Fault, MockServer, On};

use super::process::Child;

const KEY: &str = "sk-otlp-123456";

/// A collector that keeps what it gets.
#[derive(Clone, Default)]
struct Collector {
    got: Arc<Mutex<Vec<(HeaderMap, ExportMetricsServiceRequest)>>>,
}

impl Collector {
    /// Its URL.
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let got = Arc::clone(&self.got);
        let keep = async move |headers: HeaderMap, body: Bytes| {
            let request = ExportMetricsServiceRequest::decode(body).expect("protobuf");
            got.lock().expect("no panic").push((headers, request));
        };
        tokio::spawn(async { axum::serve(listener, Router::new().route("/v1/metrics", post(keep))).await });
        url
    }

    fn last(&self) -> (HeaderMap, Points) {
        let got = self.got.lock().expect("no panic");
        let (headers, request) = got.last().expect("a request");
        (headers.clone(), Points::of(request))
    }
}

/// Numbers by metric and attributes: of a histogram how many values it has, and under `.sum` what they add up to.
#[derive(Debug)]
struct Points {
    resource: BTreeMap<String, String>,
    numbers: BTreeMap<String, f64>,
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let pair = |pair: &KeyValue| match pair.value.as_ref().and_then(|value| value.value.clone()) {
        Some(any_value::Value::StringValue(text)) => (pair.key.clone(), text),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(pair).collect()
}

impl Points {
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn of(request: &ExportMetricsServiceRequest) -> Self {
        let [resource] = &request.resource_metrics[..] else { panic!("{request:?}") };
        let mut numbers = BTreeMap::new();
        let key = |name: &str, attributes: &[KeyValue]| {
            let values: Vec<_> = texts(attributes).into_values().collect();
            format!("{name}{{{}}}", values.join(","))
        };
        for metric in &resource.scope_metrics[0].metrics {
            let name = metric.name.as_str();
            let points = match metric.data.as_ref().expect("data") {
                Data::Sum(sum) => {
                    assert!(sum.is_monotonic, "{name}");
                    &sum.data_points
                }
                Data::Gauge(gauge) => &gauge.data_points,
                Data::Histogram(histogram) => {
                    for point in &histogram.data_points {
                        assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
                        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
                        numbers.insert(key(name, &point.attributes), point.count as f64);
                        numbers.insert(key(&format!("{name}.sum"), &point.attributes), point.sum.expect("a sum"));
                    }
                    continue;
                }
                other => panic!("{other:?}"),
            };
            for point in points {
                let number = match point.value {
                    Some(Value::AsInt(whole)) => whole as f64,
                    Some(Value::AsDouble(number)) => number,
                    None => panic!("{point:?}"),
                };
                numbers.insert(key(name, &point.attributes), number);
            }
        }
        Self { resource: texts(&resource.resource.as_ref().expect("a resource").attributes), numbers }
    }

    #[track_caller]
    fn assert(&self, name: &str, number: f64) {
        assert_eq!(self.numbers.get(name), Some(&number), "{name}: {:#?}", self.numbers);
    }
}

fn child(server: &MockServer, test: &str) -> Child {
    Child::of(&[test]).server(server)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_metrics_are_those_of_the_report() {
    let collector = Collector::default();
    let url = collector.listen().await;
    let fault = Fault::status(503);
    let server = MockServer::builder().tokens(3).fault(fault, On::every(3)).start();
    let outcome = child(&server, "misses")
        .env("SSE_LOAD_OTLP", "1")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
        .env("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization=Bearer%20{KEY}"))
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=ci")
        .run();
    outcome.assert_failed();
    outcome.assert_is_silent_about(KEY);
    let files = std::fs::read_dir(outcome.folder().join("misses")).expect("files");
    for file in files.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text")) {
        assert!(!file.contains(KEY), "{file}");
    }
    let (headers, points) = collector.last();
    assert_eq!(headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(points.resource["sse_load.test"], "misses");
    assert_eq!((&*points.resource["service.name"], &*points.resource["deployment.environment"]), ("sse-load", "ci"));

    let report = outcome.json("misses");
    assert_eq!(report["warnings"].as_array().map(Vec::len), Some(1), "but for the debug build: {report}");
    let request = &report["requests"][0];
    let counts = |name: &str| request["counts"][name].as_f64().expect("a number");
    let (succeeded, failed) = (counts("succeeded"), counts("failed"));
    assert!(succeeded > 0.0 && failed > 0.0, "{request}");
    points.assert("sse_load.requests{success,chat}", succeeded);
    points.assert("sse_load.requests{http_status,chat}", failed);
    points.assert("gen_ai.client.operation.duration{chat,chat}", succeeded);
    points.assert("gen_ai.client.operation.duration{http_status,chat,chat}", failed);
    points.assert("gen_ai.client.operation.time_to_first_chunk{chat,chat}", succeeded);
    points.assert("gen_ai.client.token.usage{chat,output,chat}", succeeded);
    points.assert("sse_load.tokens{output,chat}", succeeded * 3.0);
    points.assert("sse_load.requests.outside{success}", counts("outside") - counts("outside_failed"));
    assert!(points.numbers.contains_key("sse_load.ttft{0.5,chat}"), "{points:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_come_while_the_test_runs() {
    let collector = Collector::default();
    let url = collector.listen().await;
    let server = MockServer::builder().tokens(2).start();
    let outcome = child(&server, "is_watched").env("SSE_LOAD_OTLP", url).env("SSE_LOAD_RUN_TIME", "11s").run();
    outcome.assert_passed();
    let got = collector.got.lock().expect("no panic");
    let points: Vec<_> = got.iter().map(|(_, request)| Points::of(request)).collect();
    let requests = points.iter().map(|points| points.numbers["sse_load.requests{success,chat}"]);
    assert!(points.len() > 1 && requests.is_sorted(), "{points:#?}");
    points[0].assert("sse_load.users{}", 2.0);
    assert!(points[0].numbers.contains_key("sse_load.in_flight{}"), "{points:#?}");
    let objectives =
        |points: &Points| points.numbers.keys().filter(|key| key.starts_with("sse_load.objective{")).count();
    assert_eq!((objectives(&points[0]), points.last().map(objectives)), (0, Some(2)));
}

#[test]
fn a_dead_collector_is_a_warning_and_no_failure() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let server = MockServer::builder().tokens(2).start();
    let url = format!("http://me:{KEY}@{gone}/base?key={KEY}");
    let outcome = child(&server, "passes").nocapture().env("SSE_LOAD_OTLP", url).run();
    outcome.assert_passed();
    let warning = format!("warning: the OpenTelemetry collector at http://{gone}/base");
    assert_eq!(outcome.text().matches(&warning).count(), 1, "{}", outcome.text());
    outcome.assert_is_silent_about(KEY);
}

#[test]
fn a_collector_that_never_answers_holds_no_test_up_for_long() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = MockServer::builder().tokens(2).start();
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let outcome = child(&server, "passes").nocapture().env("SSE_LOAD_OTLP", url).run();
    outcome.assert_passed();
    outcome.assert_says("did not get the figures: no answer within ");
}

#[test]
fn what_others_are_told_of_open_telemetry_starts_no_traffic() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    silent.set_nonblocking(true).expect("it can");
    let server = MockServer::builder().tokens(2).start();
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    child(&server, "passes").env("OTEL_EXPORTER_OTLP_ENDPOINT", url).run().assert_passed();
    assert!(silent.accept().is_err(), "nobody came");
}
