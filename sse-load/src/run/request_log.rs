//! The request log of a run: whether there is one, its file, and its thread.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::env::Settings;
use super::log_writer::{LogFile, Outcome};
use super::plan::Plan;
use super::{LoadTest, PlanError, artifacts};
use crate::record::{Begin, LogQueue, Tap};

/// What waits for the disk is no more than this; a request that finds no room is not logged, and counted.
const MOST_WAITING: usize = 64 * 1024 * 1024;

/// A disk that takes longer than this for what waits at the end of a run is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

#[doc = include_str!("../../docs/request_log.md")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestLog {
    /// None.
    #[default]
    Off,
    /// `requests.jsonl`: a line of JSON for each request.
    JsonLines,
    /// `requests.parquet`: columns. Feature `parquet`.
    Parquet,
}

impl LoadTest {
    /// Writes a file with a row for each request beside the report. `SSE_LOAD_REQUEST_LOG=jsonl`, `parquet` or `off` wins over it.
    /// Default: none.
    ///
    /// ```
    /// use sse_load::mock::MockServer;
    /// use sse_load::prelude::*;
    /// use sse_load::run::RequestLog;
    ///
    /// #[sse_user(wait_time = ms(10))]
    /// impl ChatUser {
    ///     #[task]
    ///     async fn chat(ctx: &mut Context) -> TaskResult {
    ///         ctx.sse_request("/chat").send().await?;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let server = MockServer::builder().tokens(3).start();
    /// let report = ChatUser::load_test("logged").host(server.url()).request_log(RequestLog::JsonLines).run_time(ms(100)).run();
    /// let path = report.artifacts().request_log.as_ref().expect("the disk takes it");
    /// let rows = std::fs::read_to_string(path)?;
    /// assert_eq!(rows.lines().count() as u64, report.total().counts().started());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn request_log(mut self, log: RequestLog) -> Self {
        self.request_log = log;
        self
    }
}

impl RequestLog {
    /// The same, if this build can write it.
    pub(super) fn checked(self) -> Result<Self, PlanError> {
        if self == Self::Parquet && cfg!(not(feature = "parquet")) { Err(PlanError::NoParquet) } else { Ok(self) }
    }

    /// The name of its file.
    pub(super) fn file_name(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::JsonLines => Some("requests.jsonl"),
            Self::Parquet => Some("requests.parquet"),
        }
    }
}

/// The log of a run that goes on; nothing where none is asked for.
#[derive(Default)]
pub(super) struct OpenLog(Option<Writing>);

struct Writing {
    path: PathBuf,
    queue: LogQueue,
    begin: Sender<Begin>,
    outcome: Receiver<Outcome>,
}

/// What became of a log.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Its file, if there is one.
    pub(super) path: Option<PathBuf>,
    pub(super) warnings: Vec<String>,
}

impl OpenLog {
    /// Starts the thread that writes the log of this plan. The file is created when the run begins.
    pub(super) fn start(plan: &Plan, settings: &Settings) -> io::Result<Self> {
        let Some(name) = plan.request_log.file_name() else { return Ok(Self(None)) };
        let file =
            LogFile { folder: artifacts::folder(settings, &plan.name, &plan.step), name, format: plan.request_log };
        let path = file.folder.join(name);
        let (queue, requests) = LogQueue::holding(MOST_WAITING);
        let (begin, beginning) = mpsc::channel();
        let (ending, outcome) = mpsc::channel();
        std::thread::Builder::new().name("sse-load-log".to_owned()).spawn(move || {
            // A run whose set-up failed never begins, and leaves the log of the one before.
            if let Ok(begin) = beginning.recv() {
                // Nobody waits any more for a disk that took too long.
                let _ = ending.send(file.write(&requests, &begin));
            }
        })?;
        Ok(Self(Some(Writing { path, queue, begin, outcome })))
    }

    /// A tap that sends requests to it, too.
    pub(super) fn tap(&self, tap: Tap) -> Tap {
        tap.with_log(self.0.as_ref().map(|log| log.queue.clone()))
    }

    /// The run begins.
    pub(super) fn begin(&self, begin: Begin) {
        if let Some(log) = &self.0 {
            // A thread that is gone has no outcome, which is told at the end.
            let _ = log.begin.send(begin);
        }
    }

    /// Waits until all is written that was sent so far.
    pub(super) fn finish(self) -> Written {
        let Some(Writing { path, queue, outcome, .. }) = self.0 else { return Written::default() };
        queue.end();
        let name = path.file_name().unwrap_or_default().display().to_string();
        let outcome = match outcome.recv_timeout(LONGEST_WAIT) {
            Ok(outcome) => outcome,
            Err(why) => return Written { path: Some(path), warnings: vec![not_whole(&name, why)] },
        };
        let path = outcome.is_there.then_some(path);
        Written { path, warnings: outcome.warnings(&name, queue.refused()).collect() }
    }
}

/// What a report says of a log whose thread did not say how it ended.
fn not_whole(name: &str, why: RecvTimeoutError) -> String {
    match why {
        RecvTimeoutError::Timeout => format!(
            "{name} is not whole: what waited for the disk was not written within {LONGEST_WAIT:?} after the run"
        ),
        RecvTimeoutError::Disconnected => format!("{name} is not whole: the thread that writes it has ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parquet_file_takes_the_feature() {
        let refused = RequestLog::Parquet.checked().err().map(|error| error.to_string());
        assert_eq!(refused.is_none(), cfg!(feature = "parquet"));
        assert!(refused.is_none_or(|message| message.contains("needs the feature `parquet` of sse-load")));
        assert!(RequestLog::JsonLines.checked().is_ok() && RequestLog::Off.checked().is_ok());
    }
}
