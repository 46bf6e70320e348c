//! The builder of a load test.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::class::{AnyClass, Class};
use super::fixture::Fixture;
use super::listener::Listeners;
use super::request_log::RequestLog;
use super::step::Step;
use crate::client::{Limits, Prices};
use crate::load::{Arrivals, LoadShape, Tags, users_at};
use crate::record::{GoodIf, RequestLimit};
use crate::scrape::ServerMetrics;
use crate::slo::Objective;
use crate::stats::Rate;
use crate::tokenize::Tokenizer;
use crate::transport::Connections;
use crate::user::User;

/// A user class that the test asks for, with its number of users if that is said.
#[derive(Clone)]
pub(super) struct ClassRequest {
    pub(super) make: fn(&Tags) -> Arc<dyn AnyClass>,
    /// The load of the class alone; `None`: its part of that of all.
    pub(super) load: Option<OwnLoad>,
}

/// The load of one class alone.
#[derive(Clone)]
pub(super) enum OwnLoad {
    /// A number of users, who come with the others at the spawn rate.
    Count(u64),
    Shape(LoadShape),
    Arrivals(Arrivals),
}

impl ClassRequest {
    /// Whether its users are among those of all classes.
    pub(super) fn is_mixed(&self) -> bool {
        matches!(self.load, None | Some(OwnLoad::Count(_)))
    }

    /// How many users the class has among those of all, if that is said.
    pub(super) fn count(&self) -> Option<u64> {
        match self.load {
            Some(OwnLoad::Count(users)) => Some(users),
            _ => None,
        }
    }
}

/// One experiment: which users, how many, how fast they start, for how long.
///
/// What the environment says (`SSE_LOAD_USERS` and its like, see [`VARIABLES`](super::env::VARIABLES)) wins over the builder,
/// which wins over the options of `#[sse_user]`.
#[derive(Clone)]
#[must_use = "nothing runs before `.run()`"]
pub struct LoadTest {
    pub(super) name: String,
    pub(super) classes: Vec<ClassRequest>,
    pub(super) users: Option<LoadShape>,
    pub(super) arrivals: Option<Arrivals>,
    pub(super) max_users: Option<u64>,
    pub(super) max_tasks: Option<u64>,
    pub(super) max_tasks_per_user: Option<u64>,
    pub(super) spawn_rate: Option<Rate>,
    pub(super) warm_up: Duration,
    pub(super) run_time: Option<Duration>,
    pub(super) stop_timeout: Duration,
    pub(super) connections: Connections,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) host: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) threads: Option<usize>,
    pub(super) tags: Tags,
    pub(super) tokenizer: Option<Arc<dyn Tokenizer>>,
    pub(super) limits: Limits,
    pub(super) expected: Vec<Objective>,
    /// The longest measured window, if the run ends as soon as what is expected is decided.
    pub(super) until_decided: Option<Duration>,
    pub(super) step: Step,
    pub(super) fixture: Fixture,
    pub(super) listeners: Listeners,
    pub(super) good_if: GoodIf,
    pub(super) server_metrics: Option<Box<ServerMetrics>>,
    pub(super) request_log: RequestLog,
}

/// `ChatUser::load_test("name")`, for every user class.
pub trait LoadTestExt: User {
    /// A load test of this class alone.
    fn load_test(name: impl Into<String>) -> LoadTest {
        LoadTest::new(name).class::<Self>()
    }
}

impl<U: User> LoadTestExt for U {}

impl LoadTest {
    /// A load test without users. The name is that of its folder under `target/sse-load`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            classes: Vec::new(),
            users: None,
            arrivals: None,
            max_users: None,
            max_tasks: None,
            max_tasks_per_user: None,
            spawn_rate: None,
            warm_up: Duration::ZERO,
            run_time: None,
            stop_timeout: Duration::from_secs(30),
            connections: Connections::default(),
            connect_timeout: None,
            host: None,
            seed: None,
            threads: None,
            tags: Tags::default(),
            tokenizer: None,
            limits: Limits::default(),
            expected: Vec::new(),
            until_decided: None,
            step: Step::default(),
            fixture: Fixture::default(),
            listeners: Listeners::default(),
            good_if: GoodIf::default(),
            server_metrics: None,
            request_log: RequestLog::default(),
        }
    }

    /// Adds a user class; it shares the [`users`](Self::users) with the others by its `weight` or `fixed_count`.
    pub fn class<U: User>(self) -> Self {
        self.with_class::<U>(None)
    }

    /// Adds a user class with a number of users, or with a [`LoadShape`] of its own.
    ///
    /// ```
    /// use sse_load::prelude::*;
    /// # #[sse_user(host = "http://127.0.0.1:1")]
    /// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
    /// # #[sse_user(host = "http://127.0.0.1:1")]
    /// # impl SearchUser { #[task] async fn search(ctx: &mut Context) {} }
    ///
    /// // Forty users throughout, and a rush of a hundred others after a minute.
    /// let rush = LoadShape::starting_at(100).hold(secs(10)).after(secs(60));
    /// let test = LoadTest::new("rush").users_of::<ChatUser>(40).users_of::<SearchUser>(rush).run_time(secs(120));
    /// ```
    #[track_caller]
    pub fn users_of<U: User>(self, users: impl Into<LoadShape>) -> Self {
        let shape = users.into();
        let load = match shape.constant_level() {
            Some(level) => OwnLoad::Count(users_at(level)),
            None => OwnLoad::Shape(shape),
        };
        self.with_class::<U>(Some(load))
    }

    /// Adds a user class that serves arrivals of its own: an open loop beside the load of the others.
    #[track_caller]
    pub fn arrivals_of<U: User>(self, arrivals: impl Into<Arrivals>) -> Self {
        self.with_class::<U>(Some(OwnLoad::Arrivals(arrivals.into())))
    }

    fn with_class<U: User>(mut self, load: Option<OwnLoad>) -> Self {
        self.classes.push(ClassRequest { make: |tags| Arc::new(Class::<U>::with_tags(tags)), load });
        self
    }

    /// How many users there are in all: a number, or a [`LoadShape`] over time. Default: 1, or what [`users_of`](Self::users_of) sums to.
    ///
    /// Users are a closed loop: each begins its next task when the last has ended, so a slow server slows the load. Where
    /// requests come from many independent callers, [`arrivals`](Self::arrivals) tell the truth.
    ///
    /// With a shape, a user whose time is over finishes its task and goes, and the run lasts as long as the shape unless
    /// [`run_time`](Self::run_time) says otherwise.
    #[track_caller]
    pub fn users(mut self, users: impl Into<LoadShape>) -> Self {
        self.users = Some(users.into());
        self
    }

    /// Arrivals at a rate that no slow server slows, each one task of one user: the open loop.
    ///
    /// What begins late is caught up and never moves what follows. `ttft_sched` counts from when the request should have begun,
    /// so a stall of the server shows in full; `queue` is how long an arrival waited for a free user, `lag` how late the
    /// generator itself was.
    ///
    /// ```
    /// use sse_load::prelude::*;
    /// # #[sse_user(host = "http://127.0.0.1:1")]
    /// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
    ///
    /// let test = ChatUser::load_test("open_loop").arrivals(Arrivals::poisson(20)).max_users(500).run_time(secs(60));
    /// let ramp = ChatUser::load_test("ramp").arrivals(LoadShape::starting_at(0).ramp_to(100, secs(60)));
    /// ```
    #[track_caller]
    pub fn arrivals(mut self, arrivals: impl Into<Arrivals>) -> Self {
        self.arrivals = Some(arrivals.into());
        self
    }

    /// How many arrivals may be served at once; the others wait for a free user, and none is dropped. Default: 10,000.
    pub fn max_users(mut self, users: u64) -> Self {
        self.max_users = Some(users);
        self
    }

    /// How many tasks, or arrivals, there are in all; the run ends after them. Default: as many as the time allows.
    pub fn max_tasks(mut self, tasks: u64) -> Self {
        self.max_tasks = Some(tasks);
        self
    }

    /// How many tasks each user runs before it goes. Default: as many as the time allows.
    pub fn max_tasks_per_user(mut self, tasks: u64) -> Self {
        self.max_tasks_per_user = Some(tasks);
        self
    }

    /// The time before the measured window in which load runs already and no request counts. Default: none.
    pub fn warm_up(mut self, time: Duration) -> Self {
        self.warm_up = time;
        self
    }

    /// How many users start per second. The measured window begins when all have. Default: all at once.
    pub fn spawn_rate(mut self, rate: impl Into<Rate>) -> Self {
        self.spawn_rate = Some(rate.into());
        self
    }

    /// The measured window, from the end of [`warm_up`](Self::warm_up) and the start of the last user. Default: the rest of
    /// the longest shape or trace that has an end, 10 minutes at the most where [`max_tasks`](Self::max_tasks) ends the run, and 30 seconds otherwise.
    pub fn run_time(mut self, time: Duration) -> Self {
        self.run_time = Some(time);
        self
    }

    /// How long streams in flight at the end of the window may finish; they count. What is left then is cut off, and counted
    /// as such. Default: 30 seconds.
    pub fn stop_timeout(mut self, time: Duration) -> Self {
        self.stop_timeout = time;
        self
    }

    /// How users connect: shared connections or not, HTTP version, certificates. Default: [`Connections::per_user`].
    pub fn connections(mut self, connections: Connections) -> Self {
        self.connections = connections;
        self
    }

    /// How long a connection may take; it wins over that of [`connections`](Self::connections). Default: 10 seconds.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = Some(time);
        self
    }

    /// The host of every user class; it wins over the `host` of `#[sse_user]`.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The seed of every random choice. Default: a new one each time, which the report prints.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Runs only tasks that have one of these labels.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags.include.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Runs no task that has one of these labels.
    pub fn exclude_tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags.exclude.extend(tags.into_iter().map(Into::into));
        self
    }

    /// What counts the tokens that the server does not, for every request that names no
    /// [`tokenizer`](crate::client::SseRequest::tokenizer). Default: the encoding of each request's `model`.
    pub fn tokenizer(mut self, tokenizer: Arc<dyn Tokenizer>) -> Self {
        self.tokenizer = Some(tokenizer);
        self
    }

    /// The most HTTP requests that the run makes, attempts after failures included; then it ends as at the end of the window.
    pub fn max_requests(mut self, requests: u64) -> Self {
        self.limits.requests = Some(requests);
        self
    }

    /// The most tokens that the run spends, of prompts and replies. A request begins only if what it may cost at the most still
    /// fits beside what is in flight, so give requests a bound (`max_tokens`): one without is taken to cost 4,096 tokens.
    pub fn max_tokens(mut self, tokens: u64) -> Self {
        self.limits.tokens = Some(tokens);
        self
    }

    /// The most US dollars that the run spends, by what tokens cost; as careful as [`max_tokens`](Self::max_tokens).
    ///
    /// ```
    /// use sse_load::client::Prices;
    /// use sse_load::prelude::*;
    /// # #[sse_user(host = "http://127.0.0.1:1")]
    /// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
    ///
    /// let test = ChatUser::load_test("paid").users(5).max_cost(2.0, Prices::new().model("gpt-4o-mini", 0.15, 0.60));
    /// ```
    ///
    /// # Panics
    /// When the amount is negative or no number.
    #[track_caller]
    pub fn max_cost(mut self, usd: f64, prices: Prices) -> Self {
        assert!(usd.is_finite() && usd >= 0.0, "a budget must be a number of dollars from 0 on, and this one is {usd}");
        self.limits.cost = Some((usd, prices));
        self
    }

    /// What makes a request a good one, for [`goodput`](crate::slo::goodput) and [`good_fraction`](crate::slo::good_fraction): it succeeds and keeps all
    /// these limits. A limit on other requests is none for it, and so is one on a metric that it lacks, such as `tpot` with one
    /// token. `icl` and `itl` must be kept by every gap.
    ///
    /// ```
    /// use sse_load::prelude::*;
    /// # #[sse_user(host = "http://127.0.0.1:1")]
    /// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
    ///
    /// let test = ChatUser::load_test("goodput")
    ///     .good_if([ttft(ALL).each().at_most(ms(500)), tpot("chat").each().at_most(ms(50))]);
    /// let objectives = [goodput().at_least(20.0), good_fraction().at_least(0.99)];
    /// ```
    pub fn good_if(mut self, limits: impl IntoIterator<Item = RequestLimit>) -> Self {
        self.good_if = GoodIf::all(limits);
        self
    }

    /// Measuring threads. Default: one for each core.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Makes it one of several; the seed is for a test that has none.
    pub(super) fn step(mut self, step: Step, seed: u64) -> Self {
        if let Some((all, label)) = &step.of {
            self.name = format!("{all}_{label}");
        }
        self.seed.get_or_insert(seed);
        self.step = step;
        self
    }
}

impl fmt::Debug for LoadTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadTest").field("name", &self.name).field("users", &self.users).finish_non_exhaustive()
    }
}
