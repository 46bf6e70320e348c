//! Baselines by the environment.

use sse_load::mock::MockServer;

use super::process::Child;

fn child(server: &MockServer) -> Child {
    let child = Child::of(&["compares"]).server(server).env("CI", "");
    let folder = child.folder().to_owned();
    child.env("CARGO_MANIFEST_DIR", folder)
}

#[test]
fn without_a_baseline_the_test_fails_and_says_how_to_get_one() {
    let server = MockServer::builder().tokens(3).start();
    let outcome = child(&server).run();
    outcome.assert_failed();
    outcome.assert_says("INVALID there is no baseline `main`: run the test with SSE_LOAD_UPDATE_BASELINE=1");
    assert!(!outcome.folder().join("sse-load-baselines").exists());
    assert_eq!(outcome.json_file("compares/main.baseline.json")["test"], "compares");
}

#[test]
fn an_update_writes_the_baseline_among_the_sources() {
    let server = MockServer::builder().tokens(3).start();
    let outcome = child(&server).env("SSE_LOAD_UPDATE_BASELINE", "1").run();
    outcome.assert_passed();
    outcome.assert_says("compares: baseline `main` was written; look at it");
    let baseline = outcome.json_file("sse-load-baselines/compares/main.json");
    assert_eq!((&baseline["schema_version"], &baseline["test"]), (&1.into(), &"compares".into()));
    assert!(baseline["machine"]["cores"].as_u64().is_some_and(|cores| cores > 0), "{baseline}");
    assert_eq!(baseline["plan"][0], "users: 2");
    assert!(!baseline.to_string().contains("127.0.0.1"), "{baseline}");
}

#[test]
fn in_ci_an_update_is_refused_unless_it_is_forced() {
    let server = MockServer::builder().tokens(3).start();
    let refused = child(&server).env("CI", "true").env("SSE_LOAD_UPDATE_BASELINE", "1").run();
    refused.assert_failed();
    refused.assert_says("SSE_LOAD_UPDATE_BASELINE=1 is refused in CI");
    assert!(!refused.folder().join("sse-load-baselines").exists());
    let forced = child(&server).env("CI", "true").env("SSE_LOAD_UPDATE_BASELINE", "force").run();
    forced.assert_passed();
    assert!(forced.folder().join("sse-load-baselines/compares/main.json").is_file());
}

#[test]
fn name_and_folder_of_the_environment_win() {
    let server = MockServer::builder().tokens(3).start();
    let child = child(&server);
    let folder = child.folder().join("elsewhere");
    let child = child.env("SSE_LOAD_BASELINE", "ci-large").env("SSE_LOAD_BASELINE_DIR", &folder);
    let outcome = child.env("SSE_LOAD_UPDATE_BASELINE", "1").run();
    outcome.assert_passed();
    assert!(folder.join("compares/ci-large.json").is_file());
    assert!(!folder.join("compares/main.json").exists());
}
