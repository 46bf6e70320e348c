//! What a load test does before its first user and after its last.

use std::any::Any;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::LoadTest;
use super::error::FixtureError;
use super::life::told;
use super::panics::{self, Panicked};
use crate::client::{Context, Shared};
use crate::sample::Origin;
use crate::user::{TaskError, TaskOutput, TaskResult};

/// How long one set-up may take. What takes longer is better done before `.run()`.
const LONGEST_SET_UP: Duration = Duration::from_secs(5 * 60);

/// How long one tear-down may take, so that none keeps a report from its reader.
const LONGEST_TEAR_DOWN: Duration = Duration::from_secs(60);

/// What stays on the control thread.
type LocalFuture<'a> = Pin<Box<dyn Future<Output = TaskResult> + 'a>>;

type Run = dyn for<'c> Fn(&'c mut Context) -> LocalFuture<'c> + Send + Sync;

/// A set-up or a tear-down.
#[derive(Clone)]
pub(super) struct Action {
    run: Arc<Run>,
    place: &'static Location<'static>,
}

/// What a load test does before its first user and after its last, and what its users share.
#[derive(Clone, Default)]
pub(super) struct Fixture {
    set_ups: Vec<Action>,
    tear_downs: Vec<Action>,
    pub(super) shared: Shared,
}

impl LoadTest {
    /// Does something once, before the first user comes and the clock of the run begins, and shares what it gives with all
    /// users: [`ctx.shared::<T>()`](Context::shared).
    ///
    /// It runs while no other load test does. Its context is that of a user of the first class, with the test's host; its
    /// requests are counted as `outside` of the measured window, and spend from a budget. Several calls run one after the
    /// other, and each sees what those before it gave; of one type the last value stays. Each may take 5 minutes: what takes
    /// longer belongs before `.run()`, and its outcome into [`share`](Self::share).
    ///
    /// When it fails, panics or takes too long, or Ctrl-C ends it, the run does not begin, nothing is torn down, and
    /// [`run`](Self::run) panics with the reason ([`RunError::SetUp`](super::RunError::SetUp)).
    ///
    /// ```
    /// use sse_load::mock::MockServer;
    /// use sse_load::prelude::*;
    ///
    /// struct Session(String);
    ///
    /// #[sse_user(wait_time = ms(10))]
    /// impl ChatUser {
    ///     #[task]
    ///     async fn chat(ctx: &mut Context) -> TaskResult {
    ///         let session = ctx.shared::<Session>();
    ///         ctx.sse_request("/chat").bearer_auth(&session.0).send().await?;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let server = MockServer::builder().tokens(3).start();
    /// let report = ChatUser::load_test("session")
    ///     .host(server.url())
    ///     .set_up(async |ctx: &mut Context| -> Result<Session, TaskError> {
    ///         let reply = ctx.sse_request("/log-in").send().await?;
    ///         Ok(Session(reply.text().trim().replace(' ', "-")))
    ///     })
    ///     .tear_down(async |ctx: &mut Context| -> TaskResult {
    ///         let session = ctx.shared::<Session>();
    ///         ctx.sse_request("/log-out").bearer_auth(&session.0).send().await?;
    ///         Ok(())
    ///     })
    ///     .run_time(ms(100))
    ///     .run();
    /// assert_eq!(report.total().counts().outside, 2);
    /// ```
    #[track_caller]
    pub fn set_up<T, E, F>(mut self, set_up: F) -> Self
    where
        F: AsyncFn(&mut Context) -> Result<T, E> + Send + Sync + 'static,
        T: Any + Send + Sync,
        E: Into<TaskError> + 'static,
    {
        let step = Action::new(async move |ctx: &mut Context| {
            let value = set_up(ctx).await.map_err(Into::into)?;
            ctx.sink().shared.put(value);
            Ok(())
        });
        self.fixture.set_ups.push(step);
        self
    }

    /// Does something once, after the last user has gone: also when Ctrl-C or a budget ended the run, not when a
    /// [`set_up`](Self::set_up) failed.
    ///
    /// It has the context of the set-up, with its connections, headers and cookies, and its requests count as little. A budget that
    /// is spent refuses them too, except those of `ctx.http()`. Several
    /// calls run in reverse order, as what was set up last goes first. When one fails, panics or takes longer than 60
    /// seconds, or Ctrl-C ends it, that is a warning of the report.
    #[track_caller]
    pub fn tear_down<O, F>(mut self, tear_down: F) -> Self
    where
        F: AsyncFn(&mut Context) -> O + Send + Sync + 'static,
        O: TaskOutput + 'static,
    {
        self.fixture.tear_downs.push(Action::new(async move |ctx: &mut Context| tear_down(ctx).await.into_result()));
        self
    }

    /// Shares a value with all users that the test has already: [`ctx.shared::<T>()`](Context::shared). Of one type the last
    /// value stays.
    ///
    /// ```
    /// use sse_load::prelude::*;
    /// # #[sse_user(host = "http://127.0.0.1:1")]
    /// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) {} }
    ///
    /// struct Questions(Vec<String>);
    ///
    /// let test = ChatUser::load_test("chat").share(Questions(vec!["Why is the sky blue?".to_owned()]));
    /// ```
    pub fn share<T: Any + Send + Sync>(self, value: T) -> Self {
        self.fixture.shared.put(value);
        self
    }
}

impl Action {
    #[track_caller]
    fn new<F>(run: F) -> Self
    where
        F: AsyncFn(&mut Context) -> TaskResult + Send + Sync + 'static,
    {
        let run = Arc::new(run);
        let run: Arc<Run> = Arc::new(move |context: &mut Context| {
            let run = Arc::clone(&run);
            Box::pin(async move { run(context).await })
        });
        Self { run, place: Location::caller() }
    }

    async fn run(
        self,
        name: &'static str,
        context: &mut Context,
        limit: Duration,
        interrupted: impl Future<Output = ()>,
    ) -> Result<(), FixtureError> {
        let (user, place) = (context.identity().class, self.place);
        context.enter(Origin { user, task: name, file: place.file(), line: place.line(), tags: &[] });
        bounded((self.run)(context), limit, interrupted).await
    }
}

async fn bounded(
    step: LocalFuture<'_>,
    limit: Duration,
    interrupted: impl Future<Output = ()>,
) -> Result<(), FixtureError> {
    tokio::select! {
        outcome = panics::catch(step) => match outcome {
            Ok(outcome) => outcome.map_err(|error| FixtureError::Failed(told(&error))),
            Err(Panicked { message, location }) => Err(FixtureError::Panicked { message, location }),
        },
        () = tokio::time::sleep(limit) => Err(FixtureError::TooLong(limit)),
        () = interrupted => Err(FixtureError::Interrupted),
    }
}

impl Fixture {
    /// Runs the set-ups; the first that fails is the last.
    pub(super) async fn set_up(
        &mut self,
        context: &mut Context,
        interrupted: impl Future<Output = ()>,
    ) -> Result<(), FixtureError> {
        let mut interrupted = std::pin::pin!(interrupted);
        for step in self.set_ups.drain(..) {
            step.run("set_up", context, LONGEST_SET_UP, interrupted.as_mut()).await?;
        }
        Ok(())
    }

    /// Runs the tear-downs, the last first; gives a warning for each that failed. `interrupted` ends the one that runs.
    pub(super) async fn tear_down<I: Future<Output = ()>>(
        &mut self,
        context: &mut Context,
        interrupted: impl Fn() -> I,
    ) -> Vec<String> {
        let mut warnings = Vec::new();
        for step in self.tear_downs.drain(..).rev() {
            let place = step.place;
            if let Err(error) = step.run("tear_down", context, LONGEST_TEAR_DOWN, interrupted()).await {
                warnings.push(format!("the tear-down of {}:{} failed: {error}", place.file(), place.line()));
            }
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::clock::{ms, secs};

    #[test]
    fn a_step_that_never_ends_is_ended() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let too_long = async { bounded(Box::pin(pending()), ms(1), pending()).await };
        assert_eq!(runtime.block_on(too_long), Err(FixtureError::TooLong(ms(1))));
        let interrupted = async { bounded(Box::pin(pending()), secs(3_600), ready(())).await };
        assert_eq!(runtime.block_on(interrupted), Err(FixtureError::Interrupted));
    }
}
