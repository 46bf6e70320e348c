//! Connections that take too long.

use std::net::TcpListener;

use sse_load::prelude::*;
use sse_load::sample::FailureClass;

use super::OnceUser;

#[test]
fn a_connection_that_is_not_there_in_time_is_no_refused_one() {
    // The system accepts connections for it, and nobody ever answers to the client's TLS.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let host = format!("https://{}", silent.local_addr().expect("it is bound"));
    // The limit holds for connections that are said later, too.
    let test = OnceUser::load_test("connect_timeout").host(&host).run_time(secs(1)).connect_timeout(ms(100));
    let report = test.connections(Connections::per_user()).run();
    let classes: Vec<_> = report.request("chat").failures_by_class().keys().copied().collect();
    assert_eq!(classes, [FailureClass::ConnectTimeout], "{report}");
    let [failure] = report.failures() else { panic!("{report}") };
    assert_eq!(failure.summary, "no connection within 100ms");
    assert!(failure.example.contains(&host), "{}", failure.example);
}
