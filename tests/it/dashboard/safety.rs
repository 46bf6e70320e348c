//! Who may see the page, and who may stop the run.

use axum::http::StatusCode;

use super::{Visitor, open, served, server};

const TOKEN: &str = "0123456789abcdef";

#[tokio::test]
async fn a_run_is_stopped_by_its_token_and_by_nothing_else() {
    let server = server();
    let (child, visitor) = open(&["is_served"], &server);
    let token = visitor.token.as_str();
    for headers in [
        &[][..],
        &[("x-sse-load-token", "")],
        &[("x-sse-load-token", &token[1..])],
        &[("x-sse-load-token", token), ("origin", "http://evil.example")],
        &[("x-sse-load-token", token), ("host", "evil.example")],
    ] {
        assert_eq!(visitor.ask("POST", "/stop", headers).await.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(
        visitor.ask("GET", "/stop", &[("x-sse-load-token", token)]).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let so_far = server.request_count();
    crate::mock::eventually("further requests", || server.request_count() > so_far + 2);
    assert_eq!(visitor.stop().await.status, StatusCode::ACCEPTED);
    let outcome = child.finish();
    outcome.assert_passed();
    assert_eq!(outcome.json("served")["ending"], "interrupted");
}

#[tokio::test]
async fn a_page_of_loopback_is_asked_for_by_its_names_and_lets_no_other_page_in() {
    let server = server();
    let (child, visitor) = open(&["is_served"], &server);
    let port = visitor.address.rsplit(':').next().expect("a port").to_owned();
    for path in ["/", "/page.js", "/events", "/metrics"] {
        for host in ["evil.example".to_owned(), format!("evil.example:{port}"), "127.0.0.1:1".to_owned()] {
            let answer = visitor.ask("GET", path, &[("host", &host)]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} of {host}");
            assert!(!answer.body.contains("served<"), "{}", answer.body);
        }
    }
    let answer =
        visitor.ask("GET", "/", &[("host", &format!("localhost:{port}")), ("origin", "http://evil.example")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let policy = answer.headers["content-security-policy"].to_str().expect("a text").to_owned();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{:?}", answer.headers);
    assert_eq!(visitor.ask("OPTIONS", "/stop", &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(visitor.ask("GET", "/report.json", &[]).await.status, StatusCode::NOT_FOUND);
    visitor.stop().await;
    child.finish().assert_passed();
}

#[tokio::test]
async fn a_token_that_was_given_is_not_printed() {
    let server = server();
    let child = served(&["is_served"], &server).env("SSE_LOAD_DASHBOARD_TOKEN", TOKEN).spawn();
    let visitor = Visitor { token: TOKEN.to_owned(), ..Visitor::of(&child) };
    assert!(!visitor.get("/").await.contains(TOKEN));
    assert_eq!(visitor.stop().await.status, StatusCode::ACCEPTED);
    let outcome = child.finish();
    outcome.assert_passed();
    outcome.assert_is_silent_about(TOKEN);
}
