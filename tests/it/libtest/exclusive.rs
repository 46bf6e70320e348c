//! Two load tests never run at once.
//!
//! The first is held open by a server that does not end its stream, until the second has said that it waits.

use sse_load::mock::MockServer;
use sse_load::prelude::*;

use super::process::{Child, OTHER_SERVER};
use crate::mock::eventually;

fn holding() -> MockServer {
    MockServer::builder().ttft(secs(3_600)).start()
}

#[test]
fn load_tests_of_two_processes_do_not_overlap() {
    let (first_server, second_server) = (holding(), MockServer::builder().tokens(1).start());
    let first = Child::of(&["holds_the_lock"]).server(&first_server).spawn();
    eventually("the first to run", || first_server.request_count() == 1);
    let second = Child::of(&["passes"]).server(&second_server).with_lock_in(first.folder()).nocapture().spawn();
    second.wait_for("sse-load: `passes` waits until load test `first` (process ");
    second.wait_for("of another process has ended");
    assert_eq!(second_server.request_count(), 0);
    drop(first_server);
    let second = second.finish();
    first.finish().assert_passed();
    second.assert_passed();
    assert!(second_server.request_count() > 0);
}

#[test]
fn load_tests_of_two_threads_do_not_overlap() {
    let (first_server, second_server) = (holding(), MockServer::builder().tokens(1).start());
    let child = Child::of(&["two_threads"]).server(&first_server).env(OTHER_SERVER, second_server.url());
    let child = child.nocapture().spawn();
    child.wait_for("sse-load: `second` waits until load test `first` of this process has ended");
    assert_eq!(second_server.request_count(), 0);
    drop(first_server);
    child.finish().assert_passed();
    assert!(second_server.request_count() > 0);
}
