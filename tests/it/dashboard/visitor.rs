//! One who looks at the page of a run.

use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use futures_util::StreamExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::libtest::process::Running;

const LARGEST_ANSWER: usize = 64 << 20;

pub(crate) struct Visitor {
    pub(super) http: Client<HttpConnector, Body>,
    /// `127.0.0.1:40001`.
    pub(crate) address: String,
    pub(crate) token: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Visitor {
    /// Of the page that the process has said.
    pub(crate) fn of(child: &Running) -> Self {
        let url = child.said_after("dashboard: http://");
        let (address, token) = url.split_once('/').expect("a path");
        let token = token.strip_prefix("#token=").unwrap_or_default().to_owned();
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { http, address: address.to_owned(), token }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/#token={}", self.address, self.token)
    }

    fn request(&self, method: &str, path: &str) -> Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.address))
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(self.request(method, path), |all, (name, value)| all.header(*name, *value));
        let response = self.http.request(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        let (head, body) = response.into_parts();
        let body = to_bytes(Body::new(body), LARGEST_ANSWER).await.expect("a body");
        let body = String::from_utf8(body.into()).expect("UTF-8");
        Answer { status: head.status, headers: head.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let answer = self.ask("GET", path, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    pub(crate) async fn stop(&self) -> Answer {
        self.ask("POST", "/stop", &[("x-sse-load-token", &self.token)]).await
    }

    pub(crate) async fn events(&self) -> Events {
        let request = self.request("GET", "/events").body(Body::empty()).expect("a request");
        let response = self.http.request(request).await.expect("an answer");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { stream: Body::new(response.into_body()).into_data_stream(), read: String::new() }
    }
}

/// The events of a page.
pub(crate) struct Events {
    stream: BodyDataStream,
    read: String,
}

impl Events {
    /// The kind and the data of the next one; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let (kind, data) = event.split_once('\n').expect("two lines");
                let kind = kind.strip_prefix("event: ").expect("a kind").to_owned();
                let data: Vec<_> = data.lines().map(|line| line.strip_prefix("data: ").expect("data")).collect();
                let (data, rest) = (data.join("\n"), rest.to_owned());
                self.read = rest;
                return Some((kind, data));
            }
            let more = self.stream.next().await?.ok()?;
            self.read.push_str(std::str::from_utf8(&more).expect("UTF-8, in whole characters"));
        }
    }
}

/// The figure of a card.
pub(crate) fn card(markup: &str, name: &str) -> u64 {
    let (_, rest) = markup.split_once(&format!("<span class=\"name\">{name}</span><strong>")).expect(name);
    let (figure, _) = rest.split_once('<').expect("an end");
    figure.replace(' ', "").parse().unwrap_or_else(|_| panic!("{name}: {figure}"))
}
