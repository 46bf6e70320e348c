//! Sends what is seen of a run to a collector, by a thread of its own.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::sync::watch;
use url::Url;

use super::Collector;
use crate::clock;
use crate::progress::{Frame, Totals};
use crate::record::{ByName, Ended, Pulse};
use crate::render::otlp::{Exported, otlp, rejected};
use crate::report::Report;
use crate::run::watch::Viewer;
use crate::transport::{Connections, HttpClient, Request};

/// How often metrics go out.
const INTERVAL: Duration = Duration::from_secs(5);

/// How long a collector may take, each time.
const PATIENCE: Duration = Duration::from_millis(900);

/// How long the end of a run waits: for what is on its way, and for the last.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(2);

/// No answer of a collector is longer.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What a collector gets of one run.
pub(in crate::run) struct Exporter {
    collector: String,
    resource: Vec<(String, String)>,
    started: SystemTime,
    names: ByName,
    outside: Ended,
    /// The newest; what the thread did not get to send is no loss, since all figures are of the whole run.
    newest: watch::Sender<Bytes>,
    /// What came of the last.
    sent: mpsc::Receiver<Result<(), String>>,
}

impl Exporter {
    /// Begins to send metrics of the load test of this name.
    pub(in crate::run) fn start(collector: &Collector, test: &str, started: SystemTime) -> Self {
        let shown = collector.shown();
        let instance = format!("{test} {}", nanos(started));
        let own = [("service.name", "sse-load"), ("service.instance.id", &instance), ("sse_load.test", test)];
        let is_missing = |key: &str| collector.resource.iter().all(|(given, _)| given != key);
        let own =
            own.into_iter().filter(|(key, _)| is_missing(key)).map(|(key, value)| (key.to_owned(), value.to_owned()));
        let resource = collector.resource.iter().cloned().chain(own).collect();
        let (newest, next) = watch::channel(Bytes::new());
        let (done, sent) = mpsc::channel();
        let (url, headers) = (collector.url.clone(), collector.headers.clone());
        // Without the thread nobody tells what was sent, which is told at the end.
        let _ = std::thread::Builder::new().name("sse-load-otlp".to_owned()).spawn(move || {
            // Whoever waited may have lost patience.
            let _ = done.send(send_all(&url, &headers, next));
        });
        Self { collector: shown, resource, started, names: ByName::default(), outside: Ended::default(), newest, sent }
    }

    fn export(&self, frame: Option<&Frame>, report: Option<&Report>) {
        let Self { resource, names, outside, .. } = self;
        let (started, now) = (nanos(self.started), nanos(clock::wall()));
        let metrics = otlp(&Exported { resource, started, now, names, outside: *outside, frame, report });
        self.newest.send_replace(metrics.into());
    }
}

impl Viewer for Exporter {
    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn happened(&mut self, pulse: &Pulse) {
        self.names.merge(&pulse.names);
        self.outside.succeeded += pulse.outside.succeeded;
        self.outside.failed += pulse.outside.failed;
    }

    fn show(&mut self, frame: &Frame, _: &Totals) {
        self.export(Some(frame), None);
    }

    fn ended(&mut self, _: &Frame, _: &Totals, report: &Report) -> Option<String> {
        self.export(None, Some(report));
        // The thread sends what is left and ends.
        self.newest = watch::channel(Bytes::new()).0;
        let why = match self.sent.recv_timeout(PATIENCE_AT_THE_END) {
            Ok(Ok(())) => return None,
            Ok(Err(why)) => why,
            Err(RecvTimeoutError::Timeout) => format!("no answer within {PATIENCE_AT_THE_END:?}"),
            Err(RecvTimeoutError::Disconnected) => "no thread could be started".to_owned(),
        };
        Some(format!("the OpenTelemetry collector at {} did not get the figures: {why}", self.collector))
    }
}

fn nanos(moment: SystemTime) -> u64 {
    u64::try_from(moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

/// Sends the newest until no more come. Gives what came of the last.
fn send_all(url: &Url, headers: &HeaderMap, mut next: watch::Receiver<Bytes>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let client = HttpClient::new(&Connections::default()).map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(async {
        let mut sent = Ok(());
        while next.changed().await.is_ok() {
            let body = next.borrow_and_update().clone();
            let in_time = tokio::time::timeout(PATIENCE, send(&client, url, headers, body)).await;
            sent = in_time.unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")));
        }
        sent
    });
    // A name that is still being resolved is not waited for.
    runtime.shutdown_background();
    outcome
}

async fn send(client: &HttpClient, url: &Url, headers: &HeaderMap, body: Bytes) -> Result<(), String> {
    let mut headers = headers.clone();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    let request = Request { method: Method::POST, url: url.clone(), headers, body: Some(body) };
    let mut response = client.send(&request, &mut false).await.map_err(|error| error.to_string())?;
    if !response.status().is_success() {
        return Err(format!("HTTP {}", response.status()));
    }
    let mut answer = Vec::new();
    while let Some(piece) = response.read().await.map_err(|error| error.to_string())? {
        answer.extend_from_slice(&piece.bytes);
        if answer.len() > LONGEST_ANSWER {
            break;
        }
    }
    rejected(&answer).map_or(Ok(()), Err)
}
