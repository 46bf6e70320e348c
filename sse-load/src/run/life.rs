//! The life of a user: start, tasks and waits, stop.

use std::sync::Arc;
use std::time::Duration;

use super::class::Class;
use super::panics::{self, Panicked};
use crate::client::{Context, Stop, without_url_secrets};
use crate::clock::Timestamp;
use crate::load::WeightedPicker;
use crate::record::{PanicKey, TaskErrorKey};
use crate::sample::Origin;
use crate::user::{BoxFuture, TaskError, User};

/// A user that could not start or that panicked begins anew after this, so that one which always does is no busy loop.
const RESTART_DELAY: Duration = Duration::from_secs(1);

/// Lives until the run drains.
pub(super) async fn live<U: User>(class: &Class<U>, mut context: Context) {
    let stop = Arc::clone(&context.sink().stop);
    let Some(picker) = &class.picker else { return };
    while !stop.is_draining() {
        context.enter(step(class, "on_start"));
        let started = guarded(class.definition.get_start()(&mut context));
        if let Some(mut user) = settle(started.await, step(class, "on_start"), &stop, &context) {
            let worked = work(class, picker, &mut user, &mut context, &stop).await;
            if worked.is_ok() {
                say_goodbye(class, &mut user, &mut context).await;
            }
            // A user whose drop panics must not take the others of its thread along.
            settle(panics::catch_drop(user).map(Ok), step(class, "drop"), &stop, &context);
            if worked.is_ok() {
                return;
            }
        }
        pause(RESTART_DELAY, &stop).await;
    }
}

/// A task panicked: the user is gone.
struct Gone;

/// Runs tasks until the run drains.
async fn work<U: User>(
    class: &Class<U>,
    picker: &WeightedPicker,
    user: &mut U,
    context: &mut Context,
    stop: &Stop,
) -> Result<(), Gone> {
    while !stop.is_draining() {
        let task = &class.definition.tasks()[picker.pick(context.random())];
        let origin = task.origin(class.definition.name());
        context.enter(origin);
        let outcome = guarded(task.run()(user, context)).await;
        let panicked = outcome.is_err();
        if settle(outcome, origin, stop, context).is_some() {
            context.sink().recorder.with(|recording| *recording.tasks.entry(origin).or_default() += 1);
        }
        if panicked {
            return Err(Gone);
        }
        let wait = class.wait_time.next(context.random());
        pause(wait, stop).await;
    }
    Ok(())
}

async fn say_goodbye<U: User>(class: &Class<U>, user: &mut U, context: &mut Context) {
    let Some(on_stop) = class.definition.get_on_stop() else {
        return;
    };
    let origin = step(class, "on_stop");
    context.enter(origin);
    context.allow_requests_while_draining();
    let outcome = guarded(on_stop(user, context)).await;
    let stop = Arc::clone(&context.sink().stop);
    settle(outcome, origin, &stop, context);
}

async fn guarded<T>(future: BoxFuture<'_, Result<T, TaskError>>) -> Result<Result<T, TaskError>, Panicked> {
    panics::catch(future).await
}

/// Counts what went wrong; gives what went right.
fn settle<T>(
    outcome: Result<Result<T, TaskError>, Panicked>,
    origin: Origin,
    stop: &Stop,
    context: &Context,
) -> Option<T> {
    let recorder = &context.sink().recorder;
    match outcome {
        Ok(Ok(value)) => return Some(value),
        // What the cut-off made a task say is no error of the task.
        Ok(Err(error)) if error.is_counted() || stop.is_cutting_off() => {}
        Ok(Err(error)) => {
            // An error of the plain HTTP client quotes the URL, whose query may hold a key; and any text may be long.
            let message = shortened(&without_url_secrets(&error.to_string()));
            let key = TaskErrorKey { origin, message };
            recorder.with(|recording| recording.task_errors.add(key, Timestamp::now(), ""));
        }
        Err(Panicked { message, location }) => {
            let key = PanicKey { origin, message, location };
            recorder.with(|recording| recording.panics.add(key, Timestamp::now(), ""));
        }
    }
    None
}

/// The start of a text: the number of distinct errors is bounded, and so must their length be.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 1_000;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Waits, but no longer than the run lasts. Even a wait of nothing lets the other users of the thread go on.
async fn pause(time: Duration, stop: &Stop) {
    if time.is_zero() {
        return tokio::task::yield_now().await;
    }
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = stop.draining() => {}
    }
}

fn step<U: User>(class: &Class<U>, task: &'static str) -> Origin {
    let file = class.definition.tasks().first().map_or("", |first| first.location().file);
    Origin { user: class.definition.name(), task, file, line: 0 }
}
