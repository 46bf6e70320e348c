//! Which HTTP is spoken.

use std::collections::BTreeSet;

use sse_load::mock::MockServer;
use sse_load::prelude::*;

use super::certificates::{Authority, refusal};
use super::once;
use crate::raw_server::RawServer;

/// The HTTP versions of the requests that a server has seen.
fn spoken(server: &MockServer) -> Vec<&'static str> {
    let versions: BTreeSet<_> = server.requests().iter().map(|request| request.version).collect();
    versions.into_iter().collect()
}

#[test]
fn http1_is_spoken_unless_the_test_asks_for_more() {
    let authority = Authority::new();
    let (plain, secure) = (MockServer::builder().tokens(2).start(), authority.server().start());
    let connections = Connections::default().ca_certificate_pem(authority.pem());
    for server in [&plain, &secure] {
        let report = once("http1", &server.url(), 2, connections.clone());
        assert_eq!(report.request("chat").successes(), 2, "{report}");
        assert_eq!(spoken(server), ["HTTP/1.1"]);
    }
}

#[test]
fn http2_is_negotiated_over_tls_alone() {
    let authority = Authority::new();
    let (plain, secure) = (MockServer::builder().tokens(2).start(), authority.server().start());
    let connections = Connections::per_user().http2().ca_certificate_pem(authority.pem());
    for (server, version) in [(&plain, "HTTP/1.1"), (&secure, "HTTP/2")] {
        let report = once("negotiated", &server.url(), 2, connections.clone());
        assert_eq!(report.request("chat").successes(), 2, "{report}");
        assert_eq!((spoken(server), server.connection_count()), (vec![version], 2));
    }
}

#[test]
fn http2_by_prior_knowledge_is_spoken_over_plain_connections_too() {
    let authority = Authority::new();
    let (plain, secure) = (MockServer::builder().tokens(2).start(), authority.server().start());
    let connections = Connections::new_each_time().http2_prior_knowledge().ca_certificate_pem(authority.pem());
    for server in [&plain, &secure] {
        let report = once("prior_knowledge", &server.url(), 2, connections.clone());
        assert_eq!(report.request("chat").successes(), 2, "{report}");
        assert_eq!(spoken(server), ["HTTP/2"]);
        assert!(server.requests().iter().all(|request| request.header("connection").is_none()));
    }
}

#[test]
fn a_server_that_speaks_something_else_is_asked_about() {
    let (plain, secure) = (MockServer::start(), Authority::new().server().start());
    let refusing = RawServer::start(|_| "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    let closing = RawServer::start(|_| "");
    let prior = Connections::default().http2_prior_knowledge();
    for (host, connections, expected) in [
        (secure.url().replace("https", "http"), Connections::default(), "does the server speak TLS?"),
        (plain.url().replace("http", "https"), Connections::default(), "does the server speak plain HTTP"),
        (refusing.url().to_owned(), prior.clone(), "does the server speak HTTP/2"),
        (closing.url().to_owned(), prior, "does the server speak HTTP/2"),
    ] {
        let report = once("wrong_protocol", &host, 1, connections);
        let example = refusal(&report);
        assert!(example.contains(expected), "{host}: {example}");
    }
}
