//! Connections from several addresses of this machine. On Linux all of 127.0.0.0/8 are its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use sse_load::mock::MockServer;
use sse_load::prelude::*;

use super::once;

const TWO: [[u8; 4]; 2] = [[127, 0, 0, 2], [127, 0, 0, 3]];

fn server() -> MockServer {
    MockServer::builder().tokens(1).start()
}

/// Requests by the address that they came from.
fn by_address(server: &MockServer) -> BTreeMap<IpAddr, usize> {
    let mut counts = BTreeMap::new();
    for request in server.requests() {
        *counts.entry(request.peer.ip()).or_default() += 1;
    }
    counts
}

/// As many from each of the two.
fn from_two(count: usize) -> BTreeMap<IpAddr, usize> {
    TWO.map(|address| (address.into(), count)).into()
}

#[test]
fn streams_come_from_each_address_in_turn() {
    let server = server();
    let report = once("in_turn", &server.url(), 6, Connections::per_user().local_addresses(TWO));
    assert_eq!(report.request("chat").successes(), 6, "{report}");
    assert_eq!(by_address(&server), from_two(3));
}

#[test]
fn clients_of_other_calls_and_those_behind_proxies_come_from_each_address_in_turn() {
    #[sse_user(wait_time = secs(60))]
    impl Caller {
        #[task]
        async fn call(ctx: &mut Context) -> TaskResult {
            ctx.http().post(format!("{}/chat", ctx.host())).send().await?;
            Ok(())
        }
    }
    let called = server();
    let connections = Connections::per_user().local_addresses(TWO);
    let test = Caller::load_test("callers").host(called.url()).users(6).run_time(secs(1)).connections(connections);
    assert_eq!(test.run().task_errors().len(), 0);
    assert_eq!(by_address(&called), from_two(3));

    let compressing = server();
    let report = once("compressed", &compressing.url(), 6, Connections::per_user().gzip().local_addresses(TWO));
    assert_eq!(report.failures().len(), 0, "{report}");
    assert_eq!(by_address(&compressing), from_two(3));
}

#[test]
fn an_address_of_another_machine_ends_the_test_before_it_begins() {
    let server = server();
    let test = |addresses: Vec<Ipv4Addr>| {
        let connections = Connections::per_user().local_addresses(addresses);
        let test = super::OnceUser::load_test("elsewhere").host(server.url()).connections(connections);
        test.try_run().expect_err("no such address").to_string()
    };
    let error = test(vec![Ipv4Addr::LOCALHOST, Ipv4Addr::new(192, 0, 2, 1)]);
    assert!(error.contains("no connection can be opened from 192.0.2.1 (`Connections::local_addresses`"), "{error}");
    assert!(test(Vec::new()).contains("was given none"));
    assert_eq!(server.connection_count(), 0);
}

#[test]
fn a_server_without_an_address_of_that_family_fails_with_a_message_that_says_so() {
    let six: IpAddr = "::1".parse().expect("an address");
    if UdpSocket::bind((six, 0)).is_err() {
        eprintln!("skipped: this machine has no IPv6");
        return;
    }
    let server = server();
    let failed = |connections: Connections, why: &str| {
        let report = once("other_family", &server.url(), 1, connections.local_addresses([six]));
        let [failure] = report.failures() else { panic!("{report}") };
        assert_eq!(failure.class, FailureClass::Connect, "{report}");
        assert!(failure.example.contains(why), "{report}");
    };
    failed(Connections::per_user(), "the server has IPv4 addresses alone");
    failed(Connections::per_user().gzip(), "none of the server's addresses is of the family, IPv4 or IPv6");
    assert_eq!(server.connection_count(), 0);
}
