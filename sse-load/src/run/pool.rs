//! Users who serve arrivals: a free one takes the next, and a new one comes when none is free.

use std::sync::{Arc, Mutex, PoisonError};

use super::class::Class;
use super::life;
use super::recruiter::Recruiter;
use crate::client::{Context, Host, Place};
use crate::clock::Timestamp;
use crate::sample::Schedule;
use crate::user::{BoxFuture, User};

/// One start in the open loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// Its number, from 0, in its source.
    pub(super) index: u64,
    /// Its stream of random numbers.
    pub(super) stream: u64,
    pub(super) schedule: Schedule,
}

/// The users of one class on one thread, whatever the class.
pub(super) trait AnyPool: Send + Sync {
    /// Runs one task.
    fn serve(self: Arc<Self>, arrival: Arrival) -> BoxFuture<'static, ()>;
    /// Lets every free user say goodbye.
    fn close(self: Arc<Self>) -> BoxFuture<'static, ()>;
}

/// The users of one class on one thread.
pub(super) struct Pool<U> {
    class: Arc<Class<U>>,
    host: Option<Arc<Host>>,
    recruiter: Arc<Recruiter>,
    /// The last one to come back is the next to go, so that few connections are kept warm and not many half cold.
    free: Mutex<Vec<(U, Context)>>,
}

impl<U: User> Pool<U> {
    pub(super) fn new(class: Arc<Class<U>>, host: Option<Arc<Host>>, recruiter: Arc<Recruiter>) -> Self {
        Self { class, host, recruiter, free: Mutex::default() }
    }

    async fn serve_one(&self, mut arrival: Arrival) {
        let Some(picker) = &self.class.picker else { return };
        let Some((mut user, mut context)) = self.free_user(&mut arrival).await else { return };
        context.expect(arrival.schedule);
        match life::act(&self.class, picker, &mut user, &mut context).await {
            Ok(()) => self.lock().push((user, context)),
            Err(life::Gone) => life::bury(&self.class, user, &context),
        }
    }

    /// A user, as the arrival. What a new one does at its start is no fault of the generator: the arrival is ready so much later.
    async fn free_user(&self, arrival: &mut Arrival) -> Option<(U, Context)> {
        let Arrival { index, stream, .. } = *arrival;
        let free = self.lock().pop();
        if let Some((user, mut context)) = free {
            context.become_arrival(index, stream);
            return Some((user, context));
        }
        let (class, place) = (self.class.definition.name(), Place::of_arrival(index));
        let mut context = self.recruiter.context(class, self.host.clone(), index, stream, place)?;
        let before = Timestamp::now();
        let user = life::begin(&self.class, &mut context).await?;
        let Schedule { at, ready } = arrival.schedule;
        arrival.schedule.ready = ready.max(at) + (Timestamp::now() - before);
        Some((user, context))
    }

    async fn say_goodbye(&self) {
        let users = std::mem::take(&mut *self.lock());
        for (mut user, mut context) in users {
            life::say_goodbye(&self.class, &mut user, &mut context).await;
            life::bury(&self.class, user, &context);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(U, Context)>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<U: User> AnyPool for Pool<U> {
    fn serve(self: Arc<Self>, arrival: Arrival) -> BoxFuture<'static, ()> {
        Box::pin(async move { self.serve_one(arrival).await })
    }

    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { self.say_goodbye().await })
    }
}
