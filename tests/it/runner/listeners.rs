//! Listeners hear what happens as it happens, and disturb nothing.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use serde_json::json;
use sse_load::mock::{Fault, MockServer, On, Script};
use sse_load::prelude::*;
use sse_load::record::{PanicKey, TaskErrorKey};
use sse_load::report::PlanSummary;
use sse_load::run::Listener;
use sse_load::sample::{Outcome, Sample, TokenSource};

/// Writes down what it hears.
#[derive(Clone, Default)]
struct Scribe(Arc<Mutex<Vec<String>>>);

impl Scribe {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().expect("no panic").push(line.into());
    }

    fn heard(&self) -> Vec<String> {
        self.0.lock().expect("no panic").clone()
    }

    fn count(&self, beginning: &str) -> u64 {
        self.heard().iter().filter(|line| line.starts_with(beginning)).count() as u64
    }
}

impl Listener for Scribe {
    fn started(&self, plan: &PlanSummary) {
        self.note(format!("started {} users", plan.users));
    }

    fn sample(&self, sample: &Sample) {
        let outcome = match sample.outcome {
            Outcome::Success => "succeeded",
            Outcome::Failed(_) => "failed",
            Outcome::CutOff | Outcome::HungUp => "given up",
        };
        let tokens = sample.tokens.completion.map(|counted| (counted.tokens, counted.source == TokenSource::Tokenizer));
        self.note(format!("{outcome} {} {tokens:?}", sample.name));
    }

    fn task_error(&self, error: &TaskErrorKey) {
        self.note(format!("error {} {}", error.origin.task, error.message));
    }

    fn panic(&self, panic: &PanicKey) {
        self.note(format!("panic {} {}", panic.origin.task, panic.message));
    }

    fn stopped(&self, report: &Report) {
        self.note(format!("stopped {}", report.name()));
    }
}

#[sse_user(wait_time = ms(10))]
impl Caller {
    #[task]
    async fn counted(ctx: &mut Context) -> TaskResult {
        let body = json!({"stream_options": {"include_usage": true}});
        ctx.sse_request("/counted").json(&body).send().await?;
        Ok(())
    }

    #[task]
    async fn uncounted(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/uncounted").body("{}").send().await?;
        Ok(())
    }

    #[task]
    async fn broken(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/broken").send().await?;
        Ok(())
    }

    #[task]
    #[expect(clippy::unused_async, reason = "a task is async, whether it waits for something or not")]
    async fn grumble(_: &mut Context) -> TaskResult {
        Err(TaskError::new("the quota is used up"))
    }
}

fn server() -> MockServer {
    let overloaded = Script::new().fault(Fault::status(503), On::all());
    MockServer::builder().tokens(3).path("/broken", overloaded).start()
}

#[test]
fn every_request_and_every_error_is_heard_once() {
    let (server, scribe, other) = (server(), Scribe::default(), Scribe::default());
    let report = Caller::load_test("heard")
        .host(server.url())
        .users(4)
        .seed(1)
        .run_time(ms(300))
        .set_up(async |ctx: &mut Context| -> TaskResult {
            ctx.sse_request("/set-up").body("{}").send().await?;
            Ok(())
        })
        .listen(scribe.clone())
        .listen(other.clone())
        .run();
    let heard = scribe.heard();
    let requests = scribe.count("succeeded") + scribe.count("failed") + scribe.count("given up");
    assert_eq!(requests, server.request_count(), "{heard:?}");
    let counts = |name| (report.request(name).successes(), report.request(name).failures());
    assert_eq!((scribe.count("succeeded /counted Some((3, false))"), 0), counts("/counted"));
    assert_eq!((scribe.count("succeeded /uncounted Some((3, true))"), 0), counts("/uncounted"), "{heard:?}");
    assert_eq!((0, scribe.count("failed /broken None")), counts("/broken"));
    assert_eq!(scribe.count("error grumble the quota is used up"), report.task_error_count());
    assert_eq!(scribe.count("started 4 users"), 1);
    assert_eq!(heard.last().map(String::as_str), Some("stopped heard"));
    let (mut one, mut both) = (heard, other.heard());
    one.sort_unstable();
    both.sort_unstable();
    assert_eq!(one, both, "each listener hears all");
}

/// Panics at everything it hears.
#[derive(Clone, Default)]
struct Fragile(Arc<AtomicU64>);

impl Fragile {
    fn hear(&self) {
        self.0.fetch_add(1, SeqCst);
        panic!("too loud");
    }
}

impl Listener for Fragile {
    fn sample(&self, _: &Sample) {
        self.hear();
    }

    fn panic(&self, _: &PanicKey) {
        self.hear();
    }

    fn stopped(&self, _: &Report) {
        self.hear();
    }
}

/// Panics when the run is over.
struct Late;

impl Listener for Late {
    fn stopped(&self, _: &Report) {
        panic!("too late");
    }
}

const EXPLOSION: u32 = line!() + 9;

#[sse_user]
impl Exploding {
    #[task]
    async fn explode(ctx: &mut Context) -> TaskResult {
        let request = ctx.sse_request("/counted").send();
        let explosion = async {
            tokio::time::sleep(ms(20)).await;
            panic!("in the middle");
        };
        let (answer, ()) = tokio::join!(request, explosion);
        answer?;
        Ok(())
    }
}

#[test]
fn a_listener_that_panics_is_told_once_and_loses_nothing() {
    let server = MockServer::builder().ttft(secs(3_600)).start();
    let (fragile, scribe) = (Fragile::default(), Scribe::default());
    let report = Exploding::load_test("fragile")
        .host(server.url())
        .run_time(ms(300))
        .listen(fragile.clone())
        .listen(scribe.clone())
        .listen(Late)
        .run();
    // The listener panicked while the panic of the task unwound.
    let [panic] = report.panics() else { panic!("one place: {:?}", report.panics()) };
    assert_eq!((panic.message.as_str(), panic.count), ("in the middle", 1));
    assert!(panic.location.ends_with(&format!("listeners.rs:{EXPLOSION}")), "{}", panic.location);
    assert_eq!((report.total().failures(), scribe.count("failed"), scribe.count("panic explode")), (1, 1, 1));
    assert_eq!((fragile.0.load(SeqCst), scribe.count("stopped")), (1, 1));
    let warnings: Vec<_> = report.warnings().iter().filter(|warning| warning.contains("listener panicked")).collect();
    let [loud, late] = warnings[..] else { panic!("two warnings: {:?}", report.warnings()) };
    assert!(loud.contains("too loud") && loud.contains("listeners.rs:") && late.contains("too late"), "{warnings:?}");
}
