//! Users who serve arrivals: a free one takes the next, and a new one comes when none is free.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::class::Class;
use super::life;
use super::presence::Presence;
use super::recruiter::Recruiter;
use crate::client::{Context, Host, Place, Working};
use crate::clock::Timestamp;
use crate::record::Arrived;
use crate::sample::Schedule;
use crate::user::{BoxFuture, User};

/// One start in the open loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// Its number, from 0, in its source.
    pub(super) index: u64,
    /// Its number, from 0, among those that its class serves: no matter which user serves it, it is this turn of the class.
    pub(super) turn: u64,
    /// Its stream of random numbers.
    pub(super) stream: u64,
    pub(super) schedule: Schedule,
}

/// The users of one class on one thread, whatever the class.
pub(super) trait AnyPool: Send + Sync {
    /// Runs one task.
    fn serve(self: Arc<Self>, arrival: Arrival, working: Working) -> BoxFuture<'static, ()>;
    /// The goodbyes of all free users; those who are at work say theirs when they are done.
    fn close(self: Arc<Self>) -> Vec<BoxFuture<'static, ()>>;
}

/// The users of one class on one thread.
pub(super) struct Pool<U> {
    class: Arc<Class<U>>,
    host: Option<Arc<Host>>,
    recruiter: Arc<Recruiter>,
    free: Mutex<Free<U>>,
}

/// Users who are free.
struct Free<U> {
    /// The last one to come back is the next to go, so that few connections are kept warm and not many half cold.
    users: Vec<(U, Context)>,
    /// Whoever comes back goes home.
    closing: bool,
}

impl<U: User> Pool<U> {
    pub(super) fn new(class: Arc<Class<U>>, host: Option<Arc<Host>>, recruiter: Arc<Recruiter>) -> Self {
        Self { class, host, recruiter, free: Mutex::new(Free { users: Vec::new(), closing: false }) }
    }

    async fn serve_one(&self, mut arrival: Arrival, working: Working) {
        let Some(picker) = &self.class.picker else { return };
        let _presence = Presence::begins(self.recruiter.sink());
        let mut fate = Fate::of(&arrival, &self.recruiter);
        let Some((mut user, mut context)) = self.free_user(&mut arrival).await else { return };
        fate.begun = true;
        context.expect(Some(arrival.schedule));
        let acted = life::act(&self.class, picker, arrival.turn, &mut user, &mut context).await;
        context.expect(None);
        self.recruiter.stop().note_work();
        drop(working);
        match acted {
            Ok(()) => self.take_back(user, context).await,
            Err(life::Gone) => life::bury(&self.class, user, &context),
        }
    }

    async fn take_back(&self, user: U, context: Context) {
        {
            let mut free = self.lock();
            if !free.closing {
                free.users.push((user, context));
                return;
            }
        }
        self.say_goodbye(user, context).await;
    }

    /// A user, as the arrival. What a new one does at its start is no fault of the generator: the arrival is ready so much later.
    async fn free_user(&self, arrival: &mut Arrival) -> Option<(U, Context)> {
        let Arrival { index, stream, .. } = *arrival;
        let free = self.lock().users.pop();
        if let Some((user, mut context)) = free {
            context.become_arrival(index, stream);
            return Some((user, context));
        }
        let (class, place) = (self.class.definition.name(), Place::of_arrival(index));
        let mut context = self.recruiter.context(class, self.host.clone(), index, stream, place)?;
        let before = Timestamp::now();
        let user = life::begin(&self.class, &mut context).await?;
        let Schedule { at, ready, .. } = arrival.schedule;
        arrival.schedule.ready = ready.max(at) + (Timestamp::now() - before);
        // Whether the user is new or not, the arrival makes the same choices.
        context.become_arrival(index, stream);
        Some((user, context))
    }

    async fn say_goodbye(&self, mut user: U, mut context: Context) {
        life::say_goodbye(&self.class, &mut user, &mut context).await;
        life::bury(&self.class, user, &context);
    }

    fn lock(&self) -> MutexGuard<'_, Free<U>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<U: User> AnyPool for Pool<U> {
    fn serve(self: Arc<Self>, arrival: Arrival, working: Working) -> BoxFuture<'static, ()> {
        Box::pin(async move { self.serve_one(arrival, working).await })
    }

    fn close(self: Arc<Self>) -> Vec<BoxFuture<'static, ()>> {
        let users = {
            let mut free = self.lock();
            free.closing = true;
            std::mem::take(&mut free.users)
        };
        let goodbye = |(user, context)| -> BoxFuture<'static, ()> {
            let pool = Arc::clone(&self);
            Box::pin(async move { pool.say_goodbye(user, context).await })
        };
        users.into_iter().map(goodbye).collect()
    }
}

/// What becomes of an arrival, counted when that is known, however it ends.
struct Fate<'a> {
    recruiter: &'a Recruiter,
    counts: bool,
    begun: bool,
}

impl<'a> Fate<'a> {
    fn of(arrival: &Arrival, recruiter: &'a Recruiter) -> Self {
        // The end is no question here: what is due later is not served.
        Self { recruiter, counts: arrival.schedule.at >= recruiter.stop().window().begin, begun: false }
    }
}

impl Drop for Fate<'_> {
    fn drop(&mut self) {
        if self.counts {
            self.recruiter.sink().recorder.with(|recording| {
                let Arrived { begun, without_user, .. } = &mut recording.arrivals;
                *(if self.begun { begun } else { without_user }) += 1;
            });
        }
    }
}
