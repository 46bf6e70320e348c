//! What is known of a run as metrics of OpenTelemetry (OTLP 1.x, protobuf).

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum, metric::Data,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use crate::progress::Frame;
use crate::record::{ByName, Ended, Spread};
use crate::report::{Report, RequestReport};
use crate::sample::{self, FailureClass};
use crate::slo::Verdict;
use crate::stats::Buckets;

/// Times are recorded in microseconds and told in seconds.
const MICROS: f64 = 1e6;

/// The quantiles of the figures at the end.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// What is known of a run at one moment.
pub(crate) struct Exported<'e> {
    /// What is said of the process.
    pub(crate) resource: &'e [(String, String)],
    /// When the run began and what time it is, in nanoseconds since 1970.
    pub(crate) started: u64,
    pub(crate) now: u64,
    /// Requests of the measured window so far.
    pub(crate) names: &'e ByName,
    /// Those of ramp and warm-up.
    pub(crate) outside: Ended,
    /// How it stands, as long as it goes on.
    pub(crate) frame: Option<&'e Frame>,
    /// What came of it, at its end.
    pub(crate) report: Option<&'e Report>,
}

/// The body of an export request.
pub(crate) fn otlp(exported: &Exported<'_>) -> Vec<u8> {
    let metrics = [spreads(exported), counts(exported), moment(exported), figures(exported)].concat();
    let scope = InstrumentationScope {
        name: "sse-load".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let attributes = exported.resource.iter().map(|(key, value)| text(key, value)).collect();
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_metrics: vec![ScopeMetrics { scope: Some(scope), metrics, schema_url: String::new() }],
            schema_url: String::new(),
        }],
    };
    request.encode_to_vec()
}

/// What a collector says it did not take, though it took the request.
pub(crate) fn rejected(answer: &[u8]) -> Option<String> {
    let partial = ExportMetricsServiceResponse::decode(answer).ok()?.partial_success?;
    let number = partial.rejected_data_points;
    (number > 0).then(|| format!("it rejected {number} points: {}", partial.error_message))
}

/// The histograms that the conventions for generative AI have for clients.
fn spreads(exported: &Exported<'_>) -> Vec<Metric> {
    let all = |value: fn(&Spread) -> &Buckets, per_unit: f64, of_type: Option<&str>| {
        let point = move |(name, failure, spread): (&_, Option<FailureClass>, _)| {
            let mut attributes = vec![text("gen_ai.operation.name", name), text("sse_load.request", name)];
            attributes.extend(failure.map(|class| text("error.type", class.name())));
            attributes.extend(of_type.map(|of_type| text("gen_ai.token.type", of_type)));
            spread_point(exported, value(spread), per_unit, attributes)
        };
        exported.names.iter().map(point).filter(|point| point.count > 0).collect::<Vec<_>>()
    };
    let tokens = [
        all(|spread| &spread.prompt_tokens, 1.0, Some("input")),
        all(|spread| &spread.completion_tokens, 1.0, Some("output")),
    ];
    vec![
        histogram(
            "gen_ai.client.operation.duration",
            "s",
            "from the start to the end marker or the failure",
            all(|spread| &spread.duration, MICROS, None),
        ),
        histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            "s",
            "from the start to the first generated event",
            all(|spread| &spread.ttft, MICROS, None),
        ),
        histogram("gen_ai.client.token.usage", "{token}", "tokens of prompts and replies", tokens.concat()),
    ]
}

fn counts(exported: &Exported<'_>) -> Vec<Metric> {
    let request = |(name, failure, spread): (&_, Option<FailureClass>, &Spread)| {
        let outcome = failure.map_or("success", FailureClass::name);
        count(exported, spread.duration.len(), vec![text("sse_load.request", name), text("sse_load.outcome", outcome)])
    };
    let tokens = |(name, _, spread): (&_, _, &Spread)| {
        let of_type = |buckets: &Buckets, of_type| {
            count(exported, buckets.sum(), vec![text("sse_load.request", name), text("gen_ai.token.type", of_type)])
        };
        [of_type(&spread.prompt_tokens, "input"), of_type(&spread.completion_tokens, "output")]
    };
    let succeeded = exported.names.iter().filter(|(_, failure, _)| failure.is_none());
    let Ended { succeeded: well, failed } = exported.outside;
    let outside = [("success", well), ("failure", failed)];
    let outside = outside.map(|(outcome, number)| count(exported, number, vec![text("sse_load.outcome", outcome)]));
    vec![
        sum(
            "sse_load.requests",
            "{request}",
            "requests of the measured window",
            exported.names.iter().map(request).collect(),
        ),
        sum("sse_load.requests.outside", "{request}", "requests of ramp and warm-up", outside.into()),
        sum(
            "sse_load.tokens",
            "{token}",
            "tokens of the successes of the measured window",
            succeeded.flat_map(tokens).collect(),
        ),
    ]
}

/// How the run stands.
fn moment(exported: &Exported<'_>) -> Vec<Metric> {
    let Some(frame) = exported.frame else { return Vec::new() };
    let one = |name, unit, what, value| gauge(name, unit, what, vec![number(exported, value, Vec::new())]);
    let users = frame.load.users.map(|users| one("sse_load.users", "{user}", "users, as planned", whole(users)));
    let rate = frame.load.arrivals.map(|rate| {
        one("sse_load.arrivals", "{arrival}/s", "arrivals a second, as planned", Value::AsDouble(rate.get()))
    });
    let late = frame.generator.late.map(|late| {
        one(
            "sse_load.generator.late",
            "s",
            "how late the generator read events at p99, over ten seconds",
            seconds(late),
        )
    });
    [
        Some(one("sse_load.in_flight", "{request}", "requests that have begun and not ended", whole(frame.in_flight))),
        users,
        rate,
        late,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The figures of the report: those that verdicts are made of, and the verdicts.
fn figures(exported: &Exported<'_>) -> Vec<Metric> {
    let Some(report) = exported.report else { return Vec::new() };
    let times = sample::Metric::ALL.into_iter().filter(|metric| !metric.is_count() && !metric.is_rate());
    let of_metric = |metric: sample::Metric| {
        let points: Vec<_> =
            report.requests().iter().flat_map(|request| quantiles(exported, request, metric)).collect();
        let name = format!("sse_load.{}", metric.name());
        (!points.is_empty())
            .then(|| gauge(&name, "s", "quantiles of the measured window, in which failures are infinite", points))
    };
    let verdicts = (!report.objectives().is_empty()).then(|| {
        let verdicts = report.verdicts();
        let point = |judged: &crate::slo::Judged| {
            let attributes = vec![
                text("sse_load.objective", &judged.objective.to_string()),
                text("sse_load.verdict", word(judged.verdict)),
            ];
            number(exported, whole(u64::from(judged.is_accepted())), attributes)
        };
        gauge(
            "sse_load.objective",
            "1",
            "1 if the objective lets the test pass, else 0",
            verdicts.judged().iter().map(point).collect(),
        )
    });
    times.filter_map(of_metric).chain(verdicts).collect()
}

fn quantiles(exported: &Exported<'_>, request: &RequestReport, metric: sample::Metric) -> Vec<NumberDataPoint> {
    let times = request.times(metric);
    let point = |q: f64| {
        let time = times.try_p(q).ok()?;
        let attributes = vec![text("sse_load.request", request.name()), text("quantile", &q.to_string())];
        Some(number(exported, seconds(time), attributes))
    };
    QUANTILES.into_iter().filter_map(point).collect()
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Miss => "miss",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Invalid => "invalid",
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn whole(number: u64) -> Value {
    Value::AsInt(i64::try_from(number).unwrap_or(i64::MAX))
}

fn seconds(time: Duration) -> Value {
    Value::AsDouble(if time == Duration::MAX { f64::INFINITY } else { time.as_secs_f64() })
}

fn number(exported: &Exported<'_>, value: Value, attributes: Vec<KeyValue>) -> NumberDataPoint {
    NumberDataPoint { attributes, time_unix_nano: exported.now, value: Some(value), ..NumberDataPoint::default() }
}

fn count(exported: &Exported<'_>, count: u64, attributes: Vec<KeyValue>) -> NumberDataPoint {
    NumberDataPoint { start_time_unix_nano: exported.started, ..number(exported, whole(count), attributes) }
}

#[expect(clippy::cast_precision_loss, reason = "limits and sums are far below 2^52")]
fn spread_point(
    exported: &Exported<'_>,
    buckets: &Buckets,
    per_unit: f64,
    attributes: Vec<KeyValue>,
) -> HistogramDataPoint {
    HistogramDataPoint {
        attributes,
        start_time_unix_nano: exported.started,
        time_unix_nano: exported.now,
        count: buckets.len(),
        sum: Some(buckets.sum() as f64 / per_unit),
        bucket_counts: buckets.counts().to_vec(),
        explicit_bounds: buckets.limits().iter().map(|limit| *limit as f64 / per_unit).collect(),
        ..HistogramDataPoint::default()
    }
}

fn gauge(name: &str, unit: &str, what: &str, data_points: Vec<NumberDataPoint>) -> Metric {
    metric(name, unit, what, Data::Gauge(Gauge { data_points }))
}

/// What only ever grows, from the begin of the run.
fn sum(name: &str, unit: &str, what: &str, data_points: Vec<NumberDataPoint>) -> Metric {
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    metric(name, unit, what, Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic: true }))
}

fn histogram(name: &str, unit: &str, what: &str, data_points: Vec<HistogramDataPoint>) -> Metric {
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    metric(name, unit, what, Data::Histogram(Histogram { data_points, aggregation_temporality }))
}

fn metric(name: &str, unit: &str, what: &str, data: Data) -> Metric {
    Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        description: what.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}
