//! A run beside an earlier one.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use serde_json::json;
use sse_load::baseline::BaselineError;
use sse_load::mock::{Fault, MockServer, On};
use sse_load::prelude::*;
use sse_load::report::{Baselines, Machine, UpdateBaseline};

// At random times: requests in step with each other are worth few that stand alone.
#[sse_user(wait_time = between(ms(0), ms(80)))]
impl Asker {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        // The server counts the tokens: loading a table to count them takes a debug build longer than the run.
        let body = json!({"stream": true, "stream_options": {"include_usage": true}});
        ctx.sse_request("/chat").name("chat").json(&body).send().await?;
        Ok(())
    }
}

/// A folder of its own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("baselines-{}-{}", std::process::id(), NUMBER.fetch_add(1, SeqCst));
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn baselines(&self) -> Baselines {
        Baselines { folder: self.0.clone(), ..Baselines::default() }
    }

    /// The report of 200 requests, whose baselines lie here.
    fn report(&self, server: &MockServer) -> Report {
        self.report_of(server, 20)
    }

    fn report_of(&self, server: &MockServer, users: u64) -> Report {
        let test = Asker::load_test("compared").host(server.url()).users(users).max_tasks(200);
        // A machine too busy to run the threads leaves nothing to compare.
        let runs = (0..10).map(|_| test.clone().run());
        let is_well = |report: &Report| report.health().lateness.stalled_share() < 0.05;
        let mut report = runs.into_iter().find(is_well).unwrap_or_else(|| test.clone().run());
        report.set_baselines(machine(), self.baselines());
        report
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It lies in the target folder, so what can't be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn machine() -> Machine {
    Machine { cpu: "Some CPU @ 2.20GHz".to_owned(), cores: 2, os: "linux x86_64".to_owned() }
}

fn quick() -> MockServer {
    MockServer::builder().ttft(ms(5)).tokens(3).start()
}

#[test]
fn the_same_run_shows_no_change() {
    let folder = Folder::new();
    let report = folder.report(&quick());
    let file = report.save_baseline("main").expect("a file");
    assert_eq!(file, folder.0.join("main.json"));
    let comparison = report.compare("main").tolerance(0.0);
    comparison.assert();
    assert_eq!(comparison.verdict(), Verdict::Inconclusive, "{comparison}");
    // Three percentiles of ttft, icl, tpot and e2e, and the error rate.
    assert_eq!(comparison.figures().len(), 13, "{comparison}");
    assert!(comparison.to_string().contains("compared: 13 figures, none worse    baseline `main`"), "{comparison}");
    let size = std::fs::metadata(file).expect("a file").len();
    assert!(size < 20_000, "{size} bytes");
}

#[test]
fn the_same_server_is_no_regression() {
    let (folder, server) = (Folder::new(), quick());
    folder.report(&server).save_baseline("main").expect("a file");
    // The machine may be busy in one of the runs.
    folder.report(&server).compare("main").tolerance(1_000.0).assert();
}

#[test]
fn a_server_that_got_slow_is_a_regression() {
    let folder = Folder::new();
    let slow = MockServer::builder().ttft(ms(500)).tokens(3).start();
    folder.report(&quick()).save_baseline("main").expect("a file");
    let report = folder.report(&slow);
    let comparison = report.compare("main");
    // Of what is a matter of microseconds a busy machine may leave the verdict open.
    assert!(!comparison.passed(), "{comparison}");
    let block = comparison.to_string();
    assert!(block.contains("  REGRESSION       chat ttft p50  "), "{block}");
    assert!(block.contains("figures worse"), "{block}");
    let panic = std::panic::catch_unwind(|| report.compare("main").assert()).expect_err("it is a regression");
    let panic = panic.downcast::<String>().expect("a text");
    assert!(panic.starts_with("compared: ") && panic.contains("REGRESSION"), "{panic}");

    // The other way round it is an improvement.
    report.save_baseline("slow").expect("a file");
    let comparison = folder.report(&quick()).compare("slow");
    assert!(comparison.figures().iter().all(|figure| figure.verdict != Verdict::Miss), "{comparison}");
    assert!(comparison.to_string().contains("  improved "), "{comparison}");
}

#[test]
fn requests_that_fail_are_a_regression() {
    let folder = Folder::new();
    folder.report(&quick()).save_baseline("main").expect("a file");
    let failing = MockServer::builder().ttft(ms(5)).tokens(3).fault(Fault::status(503), On::every(2)).start();
    let comparison = folder.report(&failing).compare("main").tolerance(1_000.0);
    let missed: Vec<_> = comparison.figures().into_iter().filter(|figure| figure.verdict == Verdict::Miss).collect();
    assert!(missed.iter().any(|figure| figure.figure.quantity.to_string() == "error rate"), "{comparison}");

    let dead = MockServer::builder().fault(Fault::status(503), On::all()).start();
    let report = folder.report(&dead);
    assert_eq!(
        report.compare("main").verdict(),
        Verdict::Invalid,
        "it has no gap and no token, so these can't be compared"
    );
    let refused = report.save_baseline("main").expect_err("nothing to save");
    assert!(matches!(refused, BaselineError::NothingSucceeded(_)), "{refused}");
}

#[test]
fn what_can_not_be_compared_says_why_and_fails() {
    let (folder, server) = (Folder::new(), quick());
    let mut report = folder.report(&server);

    let missing = report.compare("main");
    assert!(!missing.passed());
    let file = folder.0.join("main.json");
    let told = format!(
        "there is no baseline `main`: run the test with SSE_LOAD_UPDATE_BASELINE=1 and commit {}",
        file.display()
    );
    assert_eq!(missing.obstacles(), [told]);

    let refused = report.save_baseline("../main").expect_err("no file's name");
    assert!(refused.to_string().contains("this one is `../main`"), "{refused}");
    assert!(!report.compare("../main").passed());

    report.save_baseline("main").expect("a file");
    let misspelt = report.compare("main").of("chta");
    assert!(!misspelt.passed());
    assert_eq!(misspelt.obstacles(), ["no request is named `chta`: known names are `chat`"]);
    assert!(report.compare("main").of("chat").passed());

    let other = folder.report_of(&server, 19).compare("main");
    assert!(!other.passed());
    assert!(
        other.obstacles()[0].starts_with("another load: `users: 20` and `Asker × 20: ask × 1, wait 0ns to 80ms` in"),
        "{other}"
    );

    report.set_baselines(Machine { cores: 64, ..machine() }, folder.baselines());
    let elsewhere = report.compare("main");
    assert!(!elsewhere.passed());
    assert!(
        elsewhere.obstacles()[0].contains("2 × Some CPU @ 2.20GHz (linux x86_64) in the baseline, 64 × "),
        "{elsewhere}"
    );
    assert!(report.compare("main").across_machines().passed());

    let text = std::fs::read_to_string(&file).expect("a baseline");
    let stamped = if text.contains(r#""stamped_by": "kernel""#) { ["kernel", "read"] } else { ["read", "kernel"] };
    let [was, is] = stamped.map(|by| format!(r#""stamped_by": "{by}""#));
    assert!(text.contains(&was), "{text}");
    std::fs::write(&file, text.replace(&was, &is)).expect("a file");
    report.set_baselines(machine(), folder.baselines());
    let restamped = report.compare("main");
    assert!(!restamped.passed());
    assert!(restamped.obstacles()[0].starts_with("events stamped otherwise: by the "), "{restamped}");

    std::fs::write(&file, "{}").expect("a file");
    let broken = report.compare("main");
    assert!(!broken.passed() && broken.obstacles()[0].contains("is no baseline of sse-load: "), "{broken}");
}

#[test]
fn a_baseline_is_written_anew_where_that_is_asked_for() {
    let (folder, server) = (Folder::new(), quick());
    let mut report = folder.report(&server);
    report.set_baselines(machine(), Baselines { update: UpdateBaseline::Yes, ..folder.baselines() });
    let updated = report.compare("main");
    assert!(updated.is_updated() && updated.passed());
    assert!(updated.to_string().starts_with("compared: baseline `main` was written; look at it"), "{updated}");

    report.set_baselines(machine(), Baselines { update: UpdateBaseline::InCi, ..folder.baselines() });
    let refused = report.compare("main");
    assert!(!refused.passed() && !refused.is_updated());
    assert!(refused.refusal().is_some_and(|why| why.contains("is refused in CI")), "{refused}");

    report.set_baselines(machine(), folder.baselines());
    report.compare("main").assert();
    let candidate = report.compare("main").candidate().expect("a candidate").to_owned();
    let [candidate, baseline] =
        [candidate, folder.0.join("main.json")].map(|file| std::fs::read_to_string(file).expect("a file"));
    assert_eq!(candidate, baseline);
}
