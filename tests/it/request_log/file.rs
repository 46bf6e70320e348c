//! The file of a log: where it lies, when it can be read, and what it is when there is none.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use sse_load::mock::MockServer;
use sse_load::prelude::*;
use sse_load::run::RequestLog;

use super::rows;

#[sse_user(wait_time = ms(5))]
impl Asker {
    #[task]
    async fn ask(ctx: &mut Context) -> TaskResult {
        ctx.sse_request("/").name("ask").send().await?;
        Ok(())
    }
}

fn server() -> MockServer {
    MockServer::builder().tokens(2).start()
}

#[test]
fn a_disk_that_takes_no_log_is_a_warning_and_fails_no_test() {
    let server = server();
    let test = || Asker::load_test("logged_nowhere").host(server.url()).max_tasks(3);
    let folder = test().run().artifacts().folder.clone().expect("a folder");
    // A folder in its place can't be replaced.
    let in_its_place = folder.join("requests.jsonl");
    fs::create_dir_all(&in_its_place).expect("a folder");
    let report = test().request_log(RequestLog::JsonLines).run();
    fs::remove_dir(&in_its_place).expect("it is empty");
    assert_eq!((report.total().successes(), report.artifacts().request_log.as_ref()), (3, None), "{report}");
    let warned =
        report.warnings().iter().filter(|warning| warning.starts_with("requests.jsonl could not be written: "));
    assert_eq!(warned.count(), 1, "{report}");
    report.assert([error_rate().at_most(0.0)]);
}

#[test]
fn the_report_names_its_log_and_a_run_without_one_has_none() {
    let server = server();
    let test = || Asker::load_test("logged_named").host(server.url()).max_tasks(3);
    let report = test().request_log(RequestLog::JsonLines).run();
    let path = report.artifacts().request_log.clone().expect("a log");
    assert!(path.ends_with("sse-load/logged_named/requests.jsonl"), "{}", path.display());
    assert!(report.to_string().contains(&format!("\nrequest log: {}\n", path.display())), "{report}");
    let page = fs::read_to_string(report.artifacts().page().expect("a page")).expect("the page");
    assert!(page.contains(", and requests.jsonl every request."), "the page names it");

    let report = test().run();
    assert_eq!(report.artifacts().request_log, None);
    assert!(!report.to_string().contains("request log"), "{report}");
    assert!(!path.exists(), "rows of the run before lie beside a report that is not theirs");
}

#[test]
fn lines_can_be_read_while_the_run_goes_on() {
    #[sse_user]
    impl Waiting {
        #[task]
        async fn wait(ctx: &mut Context) -> TaskResult {
            ctx.sse_request("/").send().await?;
            let path = ctx.shared::<PathBuf>();
            // A line that is never flushed keeps the run from its end, and the time-out fails the test.
            let whole_line = async {
                while !fs::read_to_string(&*path).is_ok_and(|text| text.ends_with("}\n")) {
                    tokio::time::sleep(ms(10)).await;
                }
            };
            tokio::time::timeout(secs(60), whole_line).await?;
            Ok(())
        }
    }

    let server = server();
    let test = || Asker::load_test("logged_live").host(server.url()).max_tasks(1);
    let path = test().request_log(RequestLog::JsonLines).run().artifacts().request_log.clone().expect("a log");
    fs::remove_file(&path).expect("it is there");
    let report = Waiting::load_test("logged_live")
        .host(server.url())
        .share(path)
        .max_tasks(1)
        .request_log(RequestLog::JsonLines)
        .run();
    assert_eq!((report.task_errors().len(), rows(&report).len()), (0, 1), "{report}");
}

#[test]
fn each_level_of_a_sweep_has_a_log_of_its_own() {
    let server = server();
    let test = |users: u64| {
        Asker::load_test("level").host(server.url()).users(users).max_tasks(4).request_log(RequestLog::JsonLines)
    };
    let curve = Sweep::new("logged_sweep", test).levels([1, 2]).pause(ms(0)).run();
    let logs: BTreeSet<_> =
        curve.points().iter().map(|point| point.report().artifacts().request_log.clone().expect("a log")).collect();
    assert_eq!(logs.len(), 2, "{logs:?}");
    for log in logs {
        assert_eq!(fs::read_to_string(&log).expect("the log").lines().count(), 4, "{}", log.display());
    }
}
