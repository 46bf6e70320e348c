//! Listeners: code of the test's own that hears what happens in a run as it happens.

use std::sync::{Arc, OnceLock};

use super::LoadTest;
use super::panics::{self, Panicked};
use crate::record::{PanicKey, Recorded, Tap, TaskErrorKey};
use crate::report::{PlanSummary, Report};
use crate::sample::Sample;

/// Hears what happens in a run, as it happens: for a log of each request, a live display, a monitoring system.
///
/// What is called for each request runs on the threads that measure, so it must be quick: hand what takes longer to a thread of
/// your own, by a channel. A listener that panics is not called again; the report has a warning, and all of its figures.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use sse_load::mock::MockServer;
/// use sse_load::prelude::*;
/// use sse_load::run::Listener;
/// use sse_load::sample::Sample;
/// # #[sse_user(wait_time = ms(10))]
/// # impl ChatUser { #[task] async fn chat(ctx: &mut Context) -> TaskResult { ctx.sse_request("/chat").send().await?; Ok(()) } }
///
/// #[derive(Clone, Default)]
/// struct Slow(Arc<AtomicU64>);
///
/// impl Listener for Slow {
///     fn sample(&self, sample: &Sample) {
///         if sample.stamps.duration(Metric::Ttft, None).is_some_and(|ttft| ttft > secs(1)) {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let (server, slow) = (MockServer::builder().tokens(3).start(), Slow::default());
/// let report = ChatUser::load_test("slow").host(server.url()).listen(slow.clone()).run_time(ms(100)).run();
/// println!("{} of {} were slow", slow.0.load(Ordering::Relaxed), report.total().count());
/// ```
#[expect(unused_variables, reason = "each is a hint to those who implement the method")]
pub trait Listener: Send + Sync {
    /// The set-up is done, and the first user is about to come.
    fn started(&self, plan: &PlanSummary) {}

    /// A request has finished, and its tokens are counted: any request, in the measured window or not. Called by the thread that
    /// measured it, or that counted its tokens.
    fn sample(&self, sample: &Sample) {}

    /// A task returned an error that is no failed request.
    fn task_error(&self, error: &TaskErrorKey) {}

    /// A task panicked.
    fn panic(&self, panic: &PanicKey) {}

    /// All users have gone, and all is counted. The report's files are written after this.
    fn stopped(&self, report: &Report) {}
}

/// The listeners of a load test.
#[derive(Clone, Default)]
pub(super) struct Listeners(Vec<Arc<Ear>>);

struct Ear {
    listener: Box<dyn Listener>,
    /// Its first panic; it hears nothing after that.
    broken: OnceLock<Panicked>,
}

impl LoadTest {
    /// Tells a [`Listener`] what happens, as it happens. Several may listen.
    pub fn listen(mut self, listener: impl Listener + 'static) -> Self {
        self.listeners.0.push(Arc::new(Ear { listener: Box::new(listener), broken: OnceLock::new() }));
        self
    }
}

impl Listeners {
    /// What tells them all that is recorded; nothing if there is none.
    pub(super) fn tap(self: &Arc<Self>) -> Tap {
        if self.0.is_empty() {
            return Tap::default();
        }
        let listeners = Arc::clone(self);
        Tap::new(move |recorded| {
            listeners.tell(|listener| match recorded {
                Recorded::Sample(sample) => listener.sample(sample),
                Recorded::Error(error) => listener.task_error(error),
                Recorded::Panic(panic) => listener.panic(panic),
            });
        })
    }

    /// Calls each that has not panicked yet.
    pub(super) fn tell(&self, call: impl Fn(&dyn Listener)) {
        for ear in &self.0 {
            let Ear { listener, broken } = &**ear;
            if broken.get().is_none()
                && let Err(panicked) = panics::catch_call(|| call(&**listener))
            {
                // Another thread may have been first, and one panic is enough to tell.
                let _ = broken.set(panicked);
            }
        }
    }

    /// A warning for each that panicked.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|ear| ear.broken.get()).map(|Panicked { message, location }| {
            format!("a listener panicked and heard nothing after that: {message}  {location}")
        })
    }
}
