//! Runs a load test: on threads of its own, blocking or not.

use std::fmt::Display;
use std::panic::Location;
use std::sync::{Arc, Once};

use super::env::Settings;
use super::execute::execute;
use super::plan::Plan;
use super::wait::wait_for;
use super::{LoadTest, RunError, interrupt, panics};
use crate::client::Stop;
use crate::report::{Ending, Profile, Report};
use crate::slo::publish;

impl LoadTest {
    /// Runs the load test on threads of its own, waits for its end, prints the table and gives the report.
    ///
    /// Works under `#[test]` and `#[tokio::test]`. A server under test that lives on the runtime of a single-threaded
    /// `#[tokio::test]` stands still while this waits: use [`run_async`](Self::run_async) there.
    ///
    /// # Panics
    /// When the test can't run: see [`RunError`]. Failing requests are no panic: they are in the report. When one of the objectives that
    /// it was told to [`expect`](Self::expect) did not pass, with the printed block at the caller's line.
    #[must_use = "a load test whose report nobody looks at gates nothing"]
    #[track_caller]
    pub fn run(self) -> Report {
        match self.try_run() {
            Ok(report) => {
                if !report.objectives().is_empty() {
                    report.verdicts().assert();
                }
                report
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`run`](Self::run), with the reason as an error when the test can't run.
    ///
    /// # Errors
    /// When the test can't run.
    pub fn try_run(self) -> Result<Report, RunError> {
        wait_for(self.try_run_async())
    }

    /// The same as [`run`](Self::run) without blocking the caller's runtime. Dropping the future cuts the run off.
    ///
    /// # Panics
    /// As [`run`](Self::run); the message names the caller's line.
    #[track_caller]
    pub fn run_async(self) -> impl Future<Output = Report> {
        let place = Location::caller();
        async move {
            match self.try_run_async().await {
                Ok(report) => {
                    let verdicts = report.verdicts();
                    if !report.objectives().is_empty() && !verdicts.passed() {
                        publish::annotate(report.artifacts(), &verdicts, place);
                        // The panic itself is where the future is polled.
                        panic!("{verdicts}\n  expected at {place}");
                    }
                    report
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The same as [`run_async`](Self::run_async), with the reason as an error when the test can't run.
    ///
    /// # Errors
    /// When the test can't run.
    pub async fn try_run_async(self) -> Result<Report, RunError> {
        self.report().await.inspect(|report| {
            print(report, report.ending() == Ending::Interrupted);
            if !report.objectives().is_empty() {
                report.verdicts().say_skipped();
            }
        })
    }

    /// Runs it and prints nothing.
    pub(super) async fn report(self) -> Result<Report, RunError> {
        let (stop, thread) = self.start()?;
        let _abort = CutOffOnDrop(stop);
        let (done, ended) = tokio::sync::oneshot::channel();
        // A thread that waits for a thread: joining is the one way to a panic's payload, and it blocks.
        std::thread::Builder::new().name("sse-load-join".to_owned()).spawn(move || {
            // Nobody waits any more when the future was dropped.
            let _ = done.send(joined(thread.join()));
        })?;
        ended.await.unwrap_or_else(|_| Err(RunError::Panicked("its result was lost".to_owned())))
    }

    fn start(self) -> Result<(Arc<Stop>, RunThread), RunError> {
        if panics::in_task() {
            return Err(RunError::Nested(self.name));
        }
        if interrupt::was_interrupted() {
            return Err(RunError::Interrupted(self.name));
        }
        let name = self.name.clone();
        let refused = |error| RunError::Plan { name: name.clone(), error };
        let settings = Settings::from_env().map_err(|error| refused(error.into()))?;
        let plan = Plan::new(self, &settings).map_err(refused)?;
        warn_of_debug_build();
        let stop = Arc::new(Stop::default());
        let shared = Arc::clone(&stop);
        let control = std::thread::Builder::new().name("sse-load-control".to_owned());
        Ok((stop, control.spawn(move || execute(plan, &settings, &shared))?))
    }
}

type RunThread = std::thread::JoinHandle<Result<Report, RunError>>;

/// How this build of the harness was compiled.
pub(super) fn profile() -> Profile {
    if cfg!(debug_assertions) { Profile::Debug } else { Profile::Release }
}

/// Once a process; each report says it too.
fn warn_of_debug_build() {
    static SAID: Once = Once::new();
    if profile() == Profile::Debug {
        SAID.call_once(|| {
            eprintln!("sse-load: this is a debug build, so the harness itself is slow: gate on `cargo test --release`");
        });
    }
}

fn joined(outcome: std::thread::Result<Result<Report, RunError>>) -> Result<Report, RunError> {
    outcome.unwrap_or_else(|payload| Err(RunError::Panicked(panics::message(payload.as_ref()))))
}

/// Prints on the test's own thread, so that libtest shows it when the test fails or under `--nocapture`. A run that Ctrl-C
/// ended is shown in any case: its test may pass, and nobody would see what it measured. It begins on a line of its own,
/// since libtest leaves `test name ... ` open.
pub(super) fn print(result: &impl Display, is_interrupted: bool) {
    if is_interrupted {
        use std::io::Write as _;
        // Nobody is left to tell if stdout is gone.
        let _ = writeln!(std::io::stdout(), "\n{result}");
    } else {
        println!("\n{result}");
    }
}

/// Ends a run that nobody waits for any more.
struct CutOffOnDrop(Arc<Stop>);

impl Drop for CutOffOnDrop {
    fn drop(&mut self) {
        self.0.cut_off();
    }
}
