//! The life of a user: start, tasks and waits, stop.

use std::time::Duration;

use super::class::Class;
use super::panics::{self, Panicked};
use super::presence::Presence;
use super::tenure::Tenure;
use crate::client::{Context, without_url_secrets};
use crate::clock::Timestamp;
use crate::load::TaskPicker;
use crate::record::{PanicKey, TaskErrorKey};
use crate::sample::Origin;
use crate::user::{BoxFuture, TaskError, User};

/// A user that could not start or that panicked begins anew after this, so that one which always does is no busy loop.
const RESTART_DELAY: Duration = Duration::from_secs(1);

/// Lives until its stay is over.
pub(super) async fn live<U: User>(class: &Class<U>, mut context: Context, mut tenure: Tenure) {
    let Some(picker) = &class.picker else { return };
    let _presence = Presence::begins(context.sink());
    while !tenure.is_over() {
        if let Some(mut user) = begin(class, &mut context).await {
            let worked = work(class, picker, &mut user, &mut context, &mut tenure).await;
            if worked.is_ok() {
                tenure.end_work();
                say_goodbye(class, &mut user, &mut context).await;
            }
            bury(class, user, &context);
            if worked.is_ok() {
                return;
            }
        }
        pause(Timestamp::now() + RESTART_DELAY, &tenure).await;
    }
}

/// A task panicked: the user is gone.
pub(super) struct Gone;

/// Makes the user; a failure is counted.
pub(super) async fn begin<U: User>(class: &Class<U>, context: &mut Context) -> Option<U> {
    let origin = step(class, "on_start");
    context.enter(origin);
    context.begin_anew();
    let started = guarded(class.definition.get_start()(context)).await;
    let user = settle(started, origin, context);
    context.note_start();
    user
}

/// Runs tasks until the stay is over.
async fn work<U: User>(
    class: &Class<U>,
    picker: &TaskPicker,
    user: &mut U,
    context: &mut Context,
    tenure: &mut Tenure,
) -> Result<(), Gone> {
    let mut due = Timestamp::now();
    let mut turn = 0;
    while tenure.takes_turn() {
        let acted = act(class, picker, turn, user, context).await;
        turn += 1;
        tenure.note_work();
        acted?;
        // Nobody waits for a task that does not come.
        if tenure.is_over() {
            break;
        }
        let now = Timestamp::now();
        due = match class.wait_time.pace() {
            // From begin to begin on one schedule, so that what a timer is late does not add up.
            Some(gap) => (due + gap).max(now),
            None => now + next_wait(class, context)?,
        };
        pause(due, tenure).await;
    }
    Ok(())
}

/// Runs the task of one turn.
pub(super) async fn act<U: User>(
    class: &Class<U>,
    picker: &TaskPicker,
    turn: u64,
    user: &mut U,
    context: &mut Context,
) -> Result<(), Gone> {
    let task = &class.definition.tasks()[picker.pick(turn, context.random())];
    let origin = task.origin(class.definition.name());
    context.enter(origin);
    let outcome = guarded(task.run()(user, context)).await;
    let panicked = outcome.is_err();
    if settle(outcome, origin, context).is_some() {
        context.sink().recorder.with(|recording| *recording.tasks.entry(origin).or_default() += 1);
    }
    if panicked { Err(Gone) } else { Ok(()) }
}

/// Lets the user end what it began.
pub(super) async fn say_goodbye<U: User>(class: &Class<U>, user: &mut U, context: &mut Context) {
    let Some(on_stop) = class.definition.get_on_stop() else {
        return;
    };
    let origin = step(class, "on_stop");
    context.enter(origin);
    context.expect(None);
    context.step_outside();
    let outcome = guarded(on_stop(user, context)).await;
    settle(outcome, origin, context);
}

/// Drops the user. One whose drop panics must not take the others of its thread along.
pub(super) fn bury<U: User>(class: &Class<U>, user: U, context: &Context) {
    settle(panics::catch_drop(user).map(Ok), step(class, "drop"), context);
}

async fn guarded<T>(future: BoxFuture<'_, Result<T, TaskError>>) -> Result<Result<T, TaskError>, Panicked> {
    panics::catch(future).await
}

/// Counts what went wrong; gives what went right.
fn settle<T>(outcome: Result<Result<T, TaskError>, Panicked>, origin: Origin, context: &Context) -> Option<T> {
    let sink = context.sink();
    match outcome {
        Ok(Ok(value)) => return Some(value),
        // What the cut-off made a task say is no error of the task.
        Ok(Err(error)) if error.is_counted() || sink.stop.is_cutting_off() => {}
        Ok(Err(error)) => {
            sink.recorder.record_task_error(TaskErrorKey { origin, message: told(&error) });
        }
        Err(Panicked { message, location }) => {
            sink.recorder.record_panic(PanicKey { origin, message, location });
        }
    }
    None
}

/// The text of an error. One of the plain HTTP client quotes the URL, whose query may hold a key; and any text may be long: the
/// number of distinct errors is bounded, and so must their length be.
pub(super) fn told(error: &TaskError) -> String {
    const LONGEST: usize = 1_000;
    let text = without_url_secrets(&error.to_string());
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The wait of one's own may panic: then the user is gone, as with a task.
fn next_wait<U: User>(class: &Class<U>, context: &mut Context) -> Result<Duration, Gone> {
    let wait = panics::catch_call(|| class.wait_time.next(context.random()));
    settle(wait.map(Ok), step(class, "wait_time"), context).ok_or(Gone)
}

/// Waits, but no longer than the stay lasts. Even a wait of nothing lets the other users of the thread go on.
async fn pause(until: Timestamp, tenure: &Tenure) {
    if until <= Timestamp::now() {
        return tokio::task::yield_now().await;
    }
    tokio::select! {
        () = tokio::time::sleep_until(until.instant().into()) => {}
        () = tenure.over() => {}
    }
}

fn step<U: User>(class: &Class<U>, task: &'static str) -> Origin {
    let file = class.definition.tasks().first().map_or("", |first| first.location().file);
    Origin { user: class.definition.name(), task, file, line: 0, tags: &[] }
}
