//! Load tests at levels that the caller names.

use std::fmt;
use std::time::Duration;

use super::level_tests::LevelTests;
use super::wait::wait_for;
use super::{LoadTest, RunError};
use crate::capacity::{Curve, Level};
use crate::slo::Objective;

/// A load test at each of several levels, for the curve of the figures over the load.
///
/// All that is said of the levels of a [`CapacitySearch`](super::CapacitySearch) is true of these, except that the caller names them
/// and that none ends the sweep but Ctrl-C. The result is written to `curve.json`, and as a page to
/// `curve.html`.
///
/// ```
/// use sse_load::mock::MockServer;
/// use sse_load::prelude::*;
/// # #[sse_user]
/// # impl ChatUser {
/// #     #[task]
/// #     async fn chat(ctx: &mut Context) -> TaskResult {
/// #         ctx.sse_request("/v1/chat/completions").body("{}").name("chat").send().await?;
/// #         Ok(())
/// #     }
/// # }
///
/// let server = MockServer::builder().ttft(ms(5)).tokens(3).start();
/// let curve = Sweep::new("chat_curve", |users: u64| {
///     ChatUser::load_test("step").host(server.url()).users(users).run_time(ms(100))
/// })
/// .levels([1, 4])
/// .pause(ms(0))
/// .run();
/// assert!(curve.point(4.0).request_rate() > curve.point(1.0).request_rate(), "{curve}");
/// ```
#[must_use = "nothing runs before `.run()`"]
pub struct Sweep<L, F> {
    tests: LevelTests<F>,
    levels: Vec<L>,
}

impl<L: Level, F: FnMut(L) -> LoadTest> Sweep<L, F> {
    /// A sweep that runs what the closure makes. The name is that of its folder under `target/sse-load`.
    pub fn new(name: impl Into<String>, make: F) -> Self {
        Self { tests: LevelTests::new(name.into(), make), levels: Vec::new() }
    }

    /// The levels, in the order in which they run.
    pub fn levels(mut self, levels: impl IntoIterator<Item = L>) -> Self {
        self.levels = levels.into_iter().collect();
        self
    }

    /// What every level is judged by. Default: no task panics.
    pub fn objectives(mut self, objectives: impl IntoIterator<Item = Objective>) -> Self {
        self.tests.objectives = objectives.into_iter().collect();
        self
    }

    /// How long the server rests between two levels. Default: 1 second.
    pub fn pause(mut self, time: Duration) -> Self {
        self.tests.pause = time;
        self
    }

    /// Runs the levels, waits for their end, prints the table and gives the curve.
    ///
    /// # Panics
    /// When there is no level or one makes no sense, or the first load test can't run: see [`RunError`].
    #[track_caller]
    pub fn run(self) -> Curve {
        match self.try_run() {
            Ok(curve) => curve,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`run`](Self::run), with the reason as an error when the sweep can't run.
    ///
    /// # Errors
    /// When there is no level or one makes no sense, or the first load test can't run.
    pub fn try_run(self) -> Result<Curve, RunError> {
        wait_for(self.try_run_async())
    }

    /// The same as [`run`](Self::run) without blocking the caller's runtime. Dropping the future cuts the sweep off.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub async fn run_async(self) -> Curve {
        match self.try_run_async().await {
            Ok(curve) => curve,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`run_async`](Self::run_async), with the reason as an error when the sweep can't run.
    ///
    /// # Errors
    /// As [`try_run`](Self::try_run).
    pub async fn try_run_async(self) -> Result<Curve, RunError> {
        let levels = self.levels.iter().map(|level| level.number()).collect();
        self.tests.sweep::<L>(levels).await
    }
}

impl<L, F> fmt::Debug for Sweep<L, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweep").field("name", &self.tests.name).finish_non_exhaustive()
    }
}
