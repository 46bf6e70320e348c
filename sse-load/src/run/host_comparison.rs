//! One load test against two hosts in turn.

use std::fmt;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::env::Settings;
use super::interrupt::{self, Series};
use super::plan::fresh_seed;
use super::start::print;
use super::step::{Difference, Step};
use super::wait::wait_for;
use super::{LoadTest, PlanError, RunError, artifacts};
use crate::comparison::{ComparedHosts, SIDES};
use crate::render::hosts_page;
use crate::report::{Ending, Report};
use crate::slo::Figure;
use crate::stats::FEWEST_PAIRS;

/// Pairs of blocks, unless the test says otherwise.
const PAIRS: u32 = 10;

/// How long the servers rest between two blocks.
const PAUSE: Duration = Duration::from_millis(500);

/// The same load test against two hosts in turn, for the ratios of their figures.
///
/// The test runs in pairs of blocks, one block for each host, in an order that is drawn anew for each pair. Each block is the
/// whole load test, with its ramp, its warm-up and its run time, and both blocks of a pair have the same seed: the same users make
/// the same choices. Only one host is under load at a time, and what disturbs both blocks of a pair cancels: the honest way on
/// machines that others share, such as those of CI. It takes 2 · pairs · (ramp + warm-up + run time).
///
/// Each block is a load test of its own, with all that it prints and writes but the table, in a folder within that of the comparison, whose
/// result is `comparison.json`, and `comparison.html` as a page.
///
/// ```
/// use sse_load::mock::MockServer;
/// use sse_load::prelude::*;
/// # #[sse_user(wait_time = ms(5))]
/// # impl ChatUser {
/// #     #[task]
/// #     async fn chat(ctx: &mut Context) -> TaskResult {
/// #         ctx.sse_request("/v1/chat/completions").body("{}").name("chat").send().await?;
/// #         Ok(())
/// #     }
/// # }
///
/// let server = |ttft| MockServer::builder().ttft(ttft).tokens(3).start();
/// let (stable, candidate) = (server(ms(20)), server(ms(60)));
/// let comparison = ChatUser::load_test("candidate")
///     .users(3)
///     .run_time(ms(300))
///     .compare_hosts(stable.url(), candidate.url())
///     .pairs(5)
///     .pause(ms(0))
///     .run();
/// assert!(!comparison.passed(), "{comparison}");
/// ```
#[must_use = "nothing runs before `.run()`"]
pub struct HostComparison {
    test: LoadTest,
    hosts: [String; 2],
    pairs: u32,
    pause: Duration,
    figures: Vec<Figure>,
    tolerance: f64,
}

impl LoadTest {
    /// Runs this test against two hosts in turn instead of once: `after` is compared with `before`.
    pub fn compare_hosts(self, before: impl Into<String>, after: impl Into<String>) -> HostComparison {
        let hosts = [before.into(), after.into()];
        HostComparison { test: self, hosts, pairs: PAIRS, pause: PAUSE, figures: Vec::new(), tolerance: 0.0 }
    }
}

impl HostComparison {
    /// How many blocks each host gets, 5 at the least. Default: 10. The more, the narrower the intervals.
    pub fn pairs(mut self, pairs: u32) -> Self {
        self.pairs = pairs;
        self
    }

    /// How long the servers rest between two blocks. Default: 500 ms.
    pub fn pause(mut self, time: Duration) -> Self {
        self.pause = time;
        self
    }

    /// Adds a figure to those that are compared. Default: of each request name the p50 and p95 of `ttft`, the p95 of `icl` and the p50
    /// of `e2e`, and the error rate of all. All of them share the probability of a false verdict, so each that nobody needs widens the
    /// intervals of the others.
    ///
    /// ```
    /// use sse_load::prelude::*;
    /// # #[sse_user]
    /// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
    ///
    /// let comparison = ChatUser::load_test("candidate")
    ///     .compare_hosts("http://stable:8080", "http://candidate:8080")
    ///     .figure(ttft("chat").p95())
    ///     .figure(tok_s())
    ///     .tolerance(0.05);
    /// ```
    pub fn figure(mut self, figure: impl Into<Figure>) -> Self {
        self.figures.push(figure.into());
        self
    }

    /// How much worse a figure may be, as a share: 0.05 is 5 %. Default: 0. Of an error rate nothing is tolerated.
    ///
    /// # Panics
    /// When it is negative or no number.
    #[track_caller]
    pub fn tolerance(mut self, share: f64) -> Self {
        assert!(
            share.is_finite() && share >= 0.0,
            "a tolerance is a share from 0 on (5 % is 0.05), and this one is {share}"
        );
        self.tolerance = share;
        self
    }

    /// Runs the blocks, waits for their end, prints the comparison and gives it.
    ///
    /// # Panics
    /// When the test can't run: see [`RunError`].
    #[track_caller]
    pub fn run(self) -> ComparedHosts {
        match self.try_run() {
            Ok(comparison) => comparison,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`run`](Self::run), with the reason as an error when the test can't run.
    ///
    /// # Errors
    /// When there are too few pairs, or the first load test can't run.
    pub fn try_run(self) -> Result<ComparedHosts, RunError> {
        wait_for(self.try_run_async())
    }

    /// The same as [`run`](Self::run) without blocking the caller's runtime. Dropping the future cuts the comparison off.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub async fn run_async(self) -> ComparedHosts {
        match Box::pin(self.try_run_async()).await {
            Ok(comparison) => comparison,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`run_async`](Self::run_async), with the reason as an error when the test can't run.
    ///
    /// # Errors
    /// As [`try_run`](Self::try_run).
    pub async fn try_run_async(self) -> Result<ComparedHosts, RunError> {
        let refused = |error: PlanError| RunError::Plan { name: self.test.name.clone(), error };
        if (self.pairs as usize) < FEWEST_PAIRS {
            return Err(refused(PlanError::FewPairs { given: self.pairs, least: FEWEST_PAIRS }));
        }
        let settings = Settings::from_env().map_err(|error| refused(error.into()))?;
        let _series = Series::begin();
        let mut comparison = self.blocks(&settings).await?;
        comparison.conclude();
        let folder = artifacts::write_steps(&comparison, hosts_page, "comparison", (&settings, comparison.name()));
        comparison.set_folder(folder);
        artifacts::append_block(&comparison, &settings);
        print(&comparison, comparison.why_cut_short().is_some());
        Ok(comparison)
    }

    /// One block after the other. What ends them early is an error only where nothing was found yet.
    async fn blocks(&self, settings: &Settings) -> Result<ComparedHosts, RunError> {
        let seed = settings.seed.or(self.test.seed).unwrap_or_else(fresh_seed);
        let mut order = ChaCha8Rng::seed_from_u64(seed);
        let mut comparison = ComparedHosts::new(self.test.name.clone(), self.figures.clone(), self.tolerance);
        for pair in 0..self.pairs {
            let first = order.random_range(0..2);
            let mut reports = [None, None];
            for (position, side) in [first, 1 - first].into_iter().enumerate() {
                match self.block(pair, side, position, seed).await {
                    Ok(report) if report.ending() == Ending::Interrupted => {
                        let cause = interrupt::cause();
                        comparison.cut_short(format!("{cause} ended block {} of host {}", pair + 1, SIDES[side]));
                        return Ok(comparison);
                    }
                    Ok(report) => reports[side] = Some(report),
                    Err(error) if pair == 0 => return Err(error),
                    Err(error) => {
                        comparison.cut_short(error.to_string());
                        return Ok(comparison);
                    }
                }
            }
            if let [Some(before), Some(after)] = reports {
                comparison.push([before, after]);
            }
        }
        Ok(comparison)
    }

    async fn block(&self, pair: u32, side: usize, position: usize, seed: u64) -> Result<Report, RunError> {
        let step = Step {
            of: Some((self.test.name.clone(), format!("{}{}", SIDES[side], pair + 1))),
            number: u64::from(pair),
            stretch: 1,
            pause: if pair == 0 && position == 0 { Duration::ZERO } else { self.pause },
            differ_in: Difference::Host,
        };
        self.test.clone().host(self.hosts[side].clone()).step(step, seed).report().await
    }
}

impl fmt::Debug for HostComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostComparison").field("test", &self.test).field("hosts", &self.hosts).finish_non_exhaustive()
    }
}
