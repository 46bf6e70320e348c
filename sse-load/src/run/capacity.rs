//! The search for the highest load that keeps the objectives.

use std::fmt;
use std::time::Duration;

use super::level_tests::LevelTests;
use super::wait::wait_for;
use super::{LoadTest, RunError};
use crate::capacity::{Capacity, Level, Search};
use crate::slo::Objective;

/// A search for the highest load that keeps the objectives: the capacity.
///
/// The closure makes the load test of a level. A level is an `f64`, such as a rate of arrivals, or a `u64`, such as a number of
/// users; then only whole numbers are tried. The name that the closure gives its load test is not used.
///
/// Give a level the time for as many requests as its objectives take, such as 299 for an error rate of at most 1 %.
///
/// ```no_run
/// use sse_load::prelude::*;
/// # #[sse_user(host = "http://127.0.0.1:1")]
/// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
///
/// let capacity = CapacitySearch::new("chat_capacity", |rate: f64| {
///     ChatUser::load_test("step").arrivals(Arrivals::poisson(rate)).run_time(secs(30))
/// })
/// .objectives([ttft_sched("chat").p95().at_most(ms(300)), error_rate().at_most(0.01)])
/// .from(10.0)
/// .up_to(500.0)
/// .run();
/// assert!(capacity.at_least() >= 50.0, "{capacity}");
/// ```
///
/// A closed loop by its users:
/// ```no_run
/// use sse_load::prelude::*;
/// # #[sse_user(host = "http://127.0.0.1:1")]
/// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
///
/// let capacity = CapacitySearch::new("chat_users", |users: u64| ChatUser::load_test("step").users(users).run_time(secs(20)))
///     .objectives([ttft("chat").p95().at_most(ms(300))])
///     .up_to(200)
///     .run();
/// ```
///
/// # How it goes
/// From the first level on it doubles as long as the objectives hold, up to the upper end. If the first level misses, it halves, down
/// to a 1,024th of it (of whole numbers to 1). Between the highest level that holds and the lowest that misses it bisects, by the
/// geometric mean and to three digits or more, until the bracket is as narrow as [`precision`](Self::precision) says. It believes that
/// a server which keeps the objectives at a level keeps them below it. No level is tried twice, but one that stays undecided is
/// repeated with twice and then four times its run time. If that does not tell either, it bounds neither side, and the bracket
/// stays wider. A level that proves nothing ends the search with what was found before it, as does Ctrl-C.
///
/// Each level is a load test of its own: `chat_capacity_16` with its files in `target/sse-load/chat_capacity/16`. The k-th of them,
/// from 0, has the seed s + k, where s is `SSE_LOAD_SEED`, else the [`seed`](LoadTest::seed) that the closure gives, else a new
/// one; so `SSE_LOAD_SEED` with the seed of the first replays them. A line on stderr tells how each ended. The result is printed, written to
/// `target/sse-load/chat_capacity/capacity.json` and `capacity.html`, and appended to the step summary.
#[must_use = "nothing runs before `.run()`"]
pub struct CapacitySearch<L, F> {
    tests: LevelTests<F>,
    from: L,
    up_to: L,
    precision: f64,
}

impl<L: Level, F: FnMut(L) -> LoadTest> CapacitySearch<L, F> {
    /// A search that runs what the closure makes. The name is that of its folder under `target/sse-load`.
    pub fn new(name: impl Into<String>, make: F) -> Self {
        Self {
            tests: LevelTests::new(name.into(), make),
            from: L::from_number(1.0),
            up_to: L::from_number(1_000.0),
            precision: 0.05,
        }
    }

    /// What every level is judged by. Default: no task panics.
    pub fn objectives(mut self, objectives: impl IntoIterator<Item = Objective>) -> Self {
        self.tests.objectives = objectives.into_iter().collect();
        self
    }

    /// The first level. Default: 1.
    pub fn from(mut self, level: L) -> Self {
        self.from = level;
        self
    }

    /// The highest level that may be tried. Default: 1,000.
    pub fn up_to(mut self, level: L) -> Self {
        self.up_to = level;
        self
    }

    /// How wide the bracket may be at the end, relative to its lower end, from 0.001 to 1. Default: 0.05. Of whole numbers two
    /// neighbours are always narrow enough.
    pub fn precision(mut self, share: f64) -> Self {
        self.precision = share;
        self
    }

    /// How long the server rests between two levels. Default: 1 second.
    pub fn pause(mut self, time: Duration) -> Self {
        self.tests.pause = time;
        self
    }

    /// Runs the search, waits for its end, prints the table and gives what it found.
    ///
    /// # Panics
    /// When a level, the upper end or the precision makes no sense, or the first load test can't run: see [`RunError`].
    #[track_caller]
    pub fn run(self) -> Capacity {
        match self.try_run() {
            Ok(capacity) => capacity,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`run`](Self::run), with the reason as an error when the search can't run.
    ///
    /// # Errors
    /// When a level, the upper end or the precision makes no sense, or the first load test can't run.
    pub fn try_run(self) -> Result<Capacity, RunError> {
        wait_for(self.try_run_async())
    }

    /// The same as [`run`](Self::run) without blocking the caller's runtime. Dropping the future cuts the search off.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub async fn run_async(self) -> Capacity {
        match self.try_run_async().await {
            Ok(capacity) => capacity,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`run_async`](Self::run_async), with the reason as an error when the search can't run.
    ///
    /// # Errors
    /// As [`try_run`](Self::try_run).
    pub async fn try_run_async(self) -> Result<Capacity, RunError> {
        let (from, up_to) = (self.from.number(), self.up_to.number());
        self.tests.search(Search { from, up_to, precision: self.precision, whole: L::IS_WHOLE }).await
    }
}

impl<L: Level, F> fmt::Debug for CapacitySearch<L, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, up_to) = (self.from.number(), self.up_to.number());
        f.debug_struct("CapacitySearch")
            .field("name", &self.tests.name)
            .field("from", &from)
            .field("up_to", &up_to)
            .finish_non_exhaustive()
    }
}
