//! What one measuring thread of this machine can do: the least time it measures, the most events it reads.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::null_server::{EVENTS, NullServer};
use crate::client::{Context, Host, Identity, Place, Shared, Sink, Stop};
use crate::clock::Timestamp;
use crate::protocol::Format;
use crate::record::{GoodIf, Recorder, Recording, Series, Tap, TokenCounter};
use crate::report::Floor;
use crate::sample::Metric;
use crate::stats::Rate;
use crate::transport::{Connections, HttpClient};

/// One user alone, whose times are not those of a queue.
const ALONE: Duration = Duration::from_millis(40);

/// Several users, so that the thread always has something to read.
const TOGETHER: Duration = Duration::from_millis(60);

/// How many those are.
const USERS: u64 = 4;

/// The floor of this machine, measured once a process; or why it can't be.
pub(in super::super) fn calibrated() -> Result<Floor, String> {
    static FLOOR: OnceLock<Result<Floor, String>> = OnceLock::new();
    FLOOR.get_or_init(|| calibrate().map_err(|error| error.to_string())).clone()
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Sends requests to the null server the way that the users of a load test do.
fn calibrate() -> Result<Floor, AnyError> {
    let server = NullServer::start()?;
    let host = Arc::new(server.url().parse::<Host>()?);
    let counter = TokenCounter::start(Tap::default(), &GoodIf::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let (alone, _) = read_for(ALONE, 1, &host, &counter).await?;
        let (together, lasted) = read_for(TOGETHER, USERS, &host, &counter).await?;
        let ttft = |q| alone.metric(Metric::Ttft).quantile(q).map(Duration::from_micros);
        let events = together.metric(Metric::Icl).len() + together.counts.succeeded;
        let (Some(ttft_min), Some(ttft_p50), Some(ttft_p99), true) = (ttft(0.0), ttft(0.5), ttft(0.99), events > 0)
        else {
            return Err(format!("none of its requests to itself gave {EVENTS} events").into());
        };
        Ok(Floor { ttft_min, ttft_p50, ttft_p99, events: Rate::over(as_f64(events), lasted) })
    });
    // It counts nothing, since every reply has its usage.
    let _ = counter.finish();
    outcome
}

/// Has users send one request after the other for this long; gives what they measured, and how long they did.
async fn read_for(
    time: Duration,
    users: u64,
    host: &Arc<Host>,
    counter: &TokenCounter,
) -> Result<(Series, Duration), AnyError> {
    let sink = Arc::new(Sink {
        recorder: Arc::new(Recorder::default()),
        uncounted: counter.queue(),
        tokenizer: None,
        budget: None,
        stop: Arc::new(Stop::default()),
        shared: Arc::new(Shared::default()),
    });
    let connections = Connections::default();
    let mut contexts = Vec::new();
    for index in 0..users {
        let place = Place { number: index, of: users };
        let identity = Identity { class: "calibration", index, seed: 0, stream: index, place };
        let http = HttpClient::new(&connections)?;
        let mut context = Context::new(identity, Some(Arc::clone(host)), http, Arc::clone(&sink));
        // The connection and what is only done once are no part of it.
        context.sse_request("/").name("connecting").format(Format::OpenAiChat).send().await?;
        contexts.push(context);
    }
    let begin = Timestamp::now();
    let mut reading = tokio::task::JoinSet::new();
    for mut context in contexts {
        reading.spawn(async move {
            while Timestamp::now() - begin < time {
                if context.sse_request("/").name("reading").format(Format::OpenAiChat).send().await.is_err() {
                    return;
                }
            }
        });
    }
    // A failure is seen by what was not measured.
    let all_done = async { while reading.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(time * 10, all_done).await;
    let lasted = Timestamp::now() - begin;
    let recording: Recording = sink.recorder.take();
    let mut series = Series::default();
    recording.series().filter(|(cell, _)| *cell.name == *"reading").for_each(|(_, read)| series.merge(read));
    Ok((series, lasted))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_measured_by_the_clients_own_way() {
        let floor = calibrated().expect("sockets of this machine");
        assert!(floor.ttft_p50 > Duration::ZERO && floor.ttft_p99 >= floor.ttft_p50, "{floor:?}");
        assert!(floor.events.get() > 0.0, "{floor:?}");
        assert_eq!(calibrated(), Ok(floor), "once a process");
    }
}
