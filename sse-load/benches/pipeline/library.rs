//! The last contender: a load test, with all that it measures.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sse_load::prelude::*;
use tokio::sync::Barrier;

use crate::clients::{Fallible, Way};
use crate::cpu;
use crate::server::BLOCK;

/// All users must have their connections by then, or no request begins any more.
const ALL_CONNECTED: Duration = secs(3);

/// What the users are to ask for, and the process's CPU time when the first began and when the last was done.
static WORK: Mutex<Work> = Mutex::new(Work { events: 0, begun: Duration::MAX, done: Duration::ZERO });

/// Where all users meet when they are connected.
static START: OnceLock<Barrier> = OnceLock::new();

struct Work {
    events: u64,
    begun: Duration,
    done: Duration,
}

/// Reads one stream, and then waits for the end of the run.
#[sse_user(wait_time = constant(secs(60)))]
impl Reader {
    /// The connection is opened and used once, as those of the other contenders are.
    #[on_start]
    async fn connect(ctx: &mut Context) -> Result<Self, TaskError> {
        ctx.sse_request(format!("/{BLOCK}")).name("warm-up").send().await?;
        Ok(Self)
    }

    #[task]
    async fn read(ctx: &mut Context) -> TaskResult {
        START.get().ok_or_else(|| TaskError::new("no user is awaited"))?.wait().await;
        let path = format!("/{}", with_work(|work| work.begun = work.begun.min(cpu::time())));
        ctx.sse_request(path).name("stream").max_body_bytes(u64::MAX).send().await?;
        with_work(|work| work.done = work.done.max(cpu::time()));
        Ok(())
    }
}

struct Reader;

/// Changes the work; gives the number of events.
fn with_work(change: impl FnOnce(&mut Work)) -> u64 {
    let mut work = WORK.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut work);
    work.events
}

/// Events of all streams, and the CPU time that they took.
pub(crate) fn run(way: Way, address: &str, streams: u64, events: u64) -> Fallible<(u64, Duration)> {
    with_work(|work| work.events = events);
    START.get_or_init(|| Barrier::new(usize::try_from(streams).unwrap_or(usize::MAX)));
    let report = Reader::load_test("pipeline")
        .host(format!("http://{address}"))
        .connections(way.connections().clone())
        .users(streams)
        .threads(1)
        .run_time(ALL_CONNECTED)
        .try_run()?;
    let mut took = Duration::ZERO;
    with_work(|work| took = work.done.saturating_sub(work.begun));
    let stream =
        report.try_request("stream").ok_or_else(|| format!("not all users were there after {ALL_CONNECTED:?}"))?;
    Ok((stream.icl().count() + stream.successes(), took))
}
