//! One line a second on a terminal, so that a run is no silence.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use super::plan::Plan;
use crate::clock::Timestamp;
use crate::record::Recorder;
use crate::render::{count, seconds};

/// How often the line is written.
const INTERVAL: Duration = Duration::from_secs(1);

/// The progress line of one run. It goes to the stderr handle, which libtest does not capture, and only where that is a terminal.
pub(super) struct Progress<'a> {
    name: &'a str,
    lead: Duration,
    run_time: Duration,
    recorders: &'a [Arc<Recorder>],
    started: Timestamp,
    on_terminal: bool,
}

impl<'a> Progress<'a> {
    pub(super) fn new(plan: &'a Plan, recorders: &'a [Arc<Recorder>], started: Timestamp) -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        Self { name: &plan.name, lead: plan.lead, run_time: plan.run_time, recorders, started, on_terminal }
    }

    pub(super) fn started(&self) -> Timestamp {
        self.started
    }

    /// Writes the line each second, and never returns.
    pub(super) async fn show_each_second(&self) {
        if !self.on_terminal {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(INTERVAL).await;
            write(&format!("\r\x1b[2K{}", self.line(Timestamp::now() - self.started)));
        }
    }

    fn line(&self, elapsed: Duration) -> String {
        let (succeeded, failed) = self.recorders.iter().fold((0, 0), |(succeeded, failed), recorder| {
            let (more, worse) = recorder.finished();
            (succeeded + more, failed + worse)
        });
        let (phase, elapsed, of) = match elapsed.checked_sub(self.lead) {
            None => ("warming up", elapsed, self.lead),
            Some(measured) if measured > self.run_time => ("finishing", measured, self.run_time),
            Some(measured) => ("measuring", measured, self.run_time),
        };
        format!(
            "{}: {phase} {} of {} · {} requests · {} failed",
            self.name,
            seconds(elapsed),
            seconds(of),
            count(succeeded + failed),
            count(failed)
        )
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.on_terminal {
            write("\r\x1b[2K");
        }
    }

    /// Says something that must be seen.
    pub(super) fn say(&self, text: &str) {
        self.clear();
        say(text);
    }
}

/// Says something where no progress line stands.
pub(super) fn say(text: &str) {
    write(&format!("sse-load: {text}\n"));
}

fn write(text: &str) {
    // Progress that nobody can see is no reason to fail.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
