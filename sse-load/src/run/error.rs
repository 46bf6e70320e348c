//! Why a load test did not run.

use crate::capacity::LevelsError;
use crate::client::{BuildError, HostError};
use crate::load::MixError;
use crate::run::env::EnvError;
use crate::transport::TransportError;

/// Why a load test did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The test asks for something that can't be.
    #[error("load test `{name}`: {error}")]
    Plan {
        /// The load test.
        name: String,
        /// What is wrong.
        error: PlanError,
    },
    /// The operating system refused a thread or a runtime.
    #[error("the operating system gives no thread or runtime for the load test: {0}")]
    System(#[from] std::io::Error),
    /// Ctrl-C ended an earlier load test of this process.
    #[error("load test `{0}` was not started: Ctrl-C ended an earlier one")]
    Interrupted(String),
    /// What had to be there before the first user is not.
    #[error("load test `{name}` was not started: its set-up failed: {error}")]
    SetUp {
        /// The load test.
        name: String,
        /// What went wrong.
        error: FixtureError,
    },
    /// Nobody waits for it any more: the future of `run_async` was dropped.
    #[error("load test `{0}` was not started: its future was dropped")]
    Dropped(String),
    /// A load test was started from within a task.
    #[error("load test `{0}` was started from within a task of another: that one would wait for it for ever")]
    Nested(String),
    /// A thread of the harness panicked: a defect of sse-load.
    #[error("a thread of the load test panicked; this is a defect of sse-load, please report it: {0}")]
    Panicked(String),
}

/// Why a set-up or a tear-down did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FixtureError {
    /// It returned an error; the text of it.
    #[error("{0}")]
    Failed(String),
    /// It panicked.
    #[error("it panicked: {message}  {location}")]
    Panicked {
        /// The panic's message.
        message: String,
        /// `file:line` of the panic; empty where it is not known.
        location: String,
    },
    /// It took longer than it may.
    #[error("it took longer than {0:?}")]
    TooLong(std::time::Duration),
    /// Ctrl-C ended it, or the stop button of the dashboard.
    #[error("it was interrupted")]
    Interrupted,
}

/// What is wrong with a plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Metrics are asked for by a build that has none.
    #[error(
        "SSE_LOAD_OTLP asks for metrics, which this build of sse-load lacks: switch its feature `otlp` on, or unset the variable"
    )]
    NoMetrics,
    /// A variable of the environment.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// No user class was given.
    #[error("it has no user class: add one with .users_of::<ChatUser>(n) or .class::<ChatUser>()")]
    NoClass,
    /// Nothing to do.
    #[error("it has no user: .users(..), .users_of::<..>(..) or SSE_LOAD_USERS must say at least 1")]
    NoUser,
    /// A class by weight beside classes by count, and no number for all.
    #[error("user class `{0}` would get no user: give it a number with .users_of::<{0}>(n), or raise .users(n)")]
    NoNumber(&'static str),
    /// More users than any process holds.
    #[error("{0} users are more than one process can hold (1,000,000 at the most): is a digit too many in it?")]
    TooManyUsers(u64),
    /// Two ways of saying how many users there are.
    #[error(
        ".users({users}) and .users_of::<..>(n) were both given and differ: the classes have {of_classes} users in all; leave .users(..) out"
    )]
    UsersTwice {
        /// What `.users(..)` says.
        users: u64,
        /// What the classes sum to.
        of_classes: u64,
    },
    /// Users and arrivals, both for all classes.
    #[error(
        "users (.users(..), .spawn_rate(..), SSE_LOAD_USERS, SSE_LOAD_SPAWN_RATE) and .arrivals(..) are two kinds of load for the same \
         classes: give one of them, or each class its own with .users_of::<..>(..) and .arrivals_of::<..>(..)"
    )]
    UsersAndArrivals,
    /// A class by count among those that serve arrivals.
    #[error(
        "user class `{0}` has a fixed number of users, but arrivals go by weight: leave .users_of::<{0}>(..) or fixed_count out, \
         or use .max_users(..)"
    )]
    CountedClass(&'static str),
    /// A rate of arrivals from the environment for a test of users.
    #[error(
        "SSE_LOAD_ARRIVALS is set, but the load test has no .arrivals(..): use SSE_LOAD_USERS, or set the rate of .arrivals_of::<..>(..) in the code"
    )]
    NoArrivals,
    /// Users or arrivals that no class takes.
    #[error(
        "nobody is left for .users(..) or .arrivals(..): every class has a load of its own; add one with .class::<..>() or leave them out"
    )]
    NobodyLeft,
    /// A setting that changes nothing.
    #[error("a setting has no effect: {0}")]
    NoEffect(&'static str),
    /// Nobody serves arrivals.
    #[error(".max_users(0) leaves nobody to serve the arrivals: it must be at least 1")]
    NobodyServes,
    /// No task may begin.
    #[error(".max_tasks(0) and .max_tasks_per_user(0) leave nothing to do: they must be at least 1")]
    NoTurn,
    /// A rate of 0, or a trace without a moment.
    #[error("no arrival ever comes: the rate is 0, the shape lasts no time, or the trace is empty")]
    NoArrival,
    /// A rate that no process sends.
    #[error(
        "{0} arrivals a second are more than one process can send (1,000,000 at the most): is a digit too many in it?"
    )]
    TooManyArrivals(f64),
    /// A number of tasks for several kinds of load.
    #[error(".max_tasks(..) counts the tasks of one load, and this test has several: use .run_time(..)")]
    TasksOfSeveral,
    /// A warm-up that does not end.
    #[error("a warm-up of {0:?} takes more than a day, and the measured window begins after it")]
    LongWarmUp(std::time::Duration),
    /// A load that ends before the measured window begins.
    #[error(
        "the load lasts {lasts:?}, and ramp and warm-up take {lead:?} of it: nothing is left to measure; shorten .warm_up(..) or set .run_time(..)"
    )]
    AllLead {
        /// How long the load lasts.
        lasts: std::time::Duration,
        /// Ramp and warm-up.
        lead: std::time::Duration,
    },
    /// A spawn rate beside a shape.
    #[error(
        "a spawn rate and a shape of users were both given: the shape says when users come; leave .spawn_rate(..) out"
    )]
    RateOfShape,
    /// A ramp that does not end.
    #[error(
        "{users} users at a spawn rate of {rate}/s take more than a day to start, and the measured window begins after them"
    )]
    LongRamp {
        /// Users of the test.
        users: u64,
        /// The spawn rate.
        rate: f64,
    },
    /// A rate that starts nobody.
    #[error(
        "a spawn rate (.spawn_rate(..) or SSE_LOAD_SPAWN_RATE) must be a number above 0 (users a second), and this one is {0}"
    )]
    SpawnRate(f64),
    /// A window of no length.
    #[error("the run time (.run_time(..) or SSE_LOAD_RUN_TIME) must be more than zero")]
    NoTime,
    /// A host that can't be used.
    #[error("user class `{class}`: {error}")]
    Host {
        /// The user class.
        class: &'static str,
        /// What is wrong with its host.
        error: HostError,
    },
    /// Server metrics that can't be read.
    #[error("the server's metrics (.server_metrics(..) or SSE_LOAD_SERVER_METRICS): {0}")]
    ServerMetrics(BuildError),
    /// A class whose tasks were all taken out.
    #[error(
        "user class `{0}` has no task to run: .tags(..), .exclude_tags(..), SSE_LOAD_TAGS or SSE_LOAD_EXCLUDE_TAGS leave none over"
    )]
    NoTask(&'static str),
    /// A page of the run, of a build that has none.
    #[error(
        "SSE_LOAD_DASHBOARD is set, but sse-load was built without its feature `dashboard`: add it to the features of sse-load in Cargo.toml, \
         or unset the variable"
    )]
    NoDashboard,
    /// Levels that can't be tried.
    #[error(transparent)]
    Levels(#[from] LevelsError),
    /// A load from the environment for a test of several levels.
    #[error("{0} would give every level of the search or sweep the same load: unset it")]
    OneLoad(&'static str),
    /// A host from the environment for a comparison of two.
    #[error("{0} would send both sides of the comparison to the same host: unset it")]
    OneHost(&'static str),
    /// Too few pairs of blocks.
    #[error("{given} pairs of blocks say too little about how much blocks differ: .pairs(..) must be at least {least}")]
    FewPairs {
        /// Those asked for.
        given: u32,
        /// The fewest.
        least: usize,
    },
    /// A run that ends when it is decided, and nothing to decide.
    #[error(
        ".until_decided(..) ends the run when its objectives are decided, and it has none: declare them with .expect(..)"
    )]
    NothingToDecide,
    /// A longest window that is not longer than the shortest.
    #[error(
        ".until_decided({most:?}) is the longest measured window, and must be longer than the shortest one, the run time (.run_time(..) or \
         SSE_LOAD_RUN_TIME) of {run_time:?}"
    )]
    DecidedTooEarly {
        /// The shortest window.
        run_time: std::time::Duration,
        /// The longest.
        most: std::time::Duration,
    },
    /// Objectives of a load test that is one of several.
    #[error(
        "it is a step of a search, a sweep or a comparison, which judges it by what it has itself, after the whole run time: leave \
         .expect(..) and .until_decided(..) out of it; a search and a sweep have .objectives(..)"
    )]
    ExpectedOfSteps,
    /// A request log as a Parquet file, which this build can't write.
    #[error(
        "a request log as a Parquet file (.request_log(RequestLog::Parquet) or SSE_LOAD_REQUEST_LOG=parquet) needs the feature `parquet` of \
         sse-load: add it to `features` in Cargo.toml, or take RequestLog::JsonLines"
    )]
    NoParquet,
    /// Users that don't go together.
    #[error(transparent)]
    Mix(#[from] MixError),
    /// Cookies of each user, and one client for several.
    #[error(
        ".cookies() keeps cookies for each user, but with Connections::pooled() several share a client: use Connections::per_user().cookies()"
    )]
    SharedCookies,
    /// Users who keep a connection each, and fewer files that the process may open.
    #[error(
        "this process may open {allowed} files, and {users} users who keep a connection each need about {needed}: raise the hard limit \
         (`ulimit -Hn {needed}` as root, `LimitNOFILE={needed}` for systemd, `--ulimit nofile={needed}` for a container), or let users share \
         connections (Connections::pooled()) or keep none (Connections::new_each_time())"
    )]
    FewFiles {
        /// Files that the process may open.
        allowed: u64,
        /// Users at once.
        users: u64,
        /// Files that they need, and the process beside them.
        needed: u64,
    },
    /// The HTTP client.
    #[error("no HTTP client could be set up: {0}")]
    Client(#[from] TransportError),
}
