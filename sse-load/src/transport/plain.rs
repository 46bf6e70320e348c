//! The client for calls that are not streams, and for streams through a proxy.

use std::sync::Arc;

use http::header::{CONNECTION, HeaderValue};
use reqwest::Client;

use super::connect_stamp::{ConnectStamp, stamped};
use super::connections::{HttpVersion, Policy};
use super::cookies::CookieJar;
use super::error::closed_by_server;
use super::request::CLIENT;
use super::response::Body;
use super::{Connections, Request, Response, TransportError};
use crate::clock::Timestamp;

/// A client with the same settings and cookies, and connections of its own.
pub(super) fn client(connections: &Connections, cookies: Option<&Arc<CookieJar>>) -> Result<Client, TransportError> {
    let tls = connections.tls().map_err(|error| TransportError::setup(error.to_string()))?;
    let keeps_connections = connections.policy != Policy::NewEachTime;
    let mut builder = Client::builder()
        .connector_layer(ConnectStamp)
        .tls_backend_preconfigured(tls)
        .user_agent(CLIENT)
        .connect_timeout(connections.connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tcp_nodelay(true)
        // Other crates of the build may have switched these features on.
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .gzip(connections.gzip);
    builder = match connections.version {
        HttpVersion::Http1 => builder.http1_only(),
        HttpVersion::Negotiated => builder,
        HttpVersion::Http2 => builder.http2_prior_knowledge(),
    };
    if let Some(cookies) = cookies {
        builder = builder.cookie_provider(Arc::clone(cookies));
    }
    if let Some(local) = &connections.local_addresses {
        builder = builder.local_address(local.of_client());
    }
    if !connections.environment_proxies {
        builder = builder.no_proxy();
    }
    if !keeps_connections {
        builder = builder.pool_max_idle_per_host(0);
    }
    // HTTP/2 has no such header.
    if !keeps_connections && connections.version != HttpVersion::Http2 {
        builder = builder.default_headers([(CONNECTION, HeaderValue::from_static("close"))].into_iter().collect());
    }
    builder.build().map_err(|error| TransportError::setup(error.without_url().to_string()))
}

/// As [`HttpClient::send`](super::HttpClient::send).
pub(super) async fn send(
    client: &Client,
    connections: &Connections,
    request: &Request,
    resent: &mut bool,
) -> Result<Response, TransportError> {
    // The builder makes basic authorization of a user name in the URL; an `Authorization` of the request's own wins.
    let mut outgoing = client.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
    if let Some(body) = request.body.clone() {
        outgoing = outgoing.body(body);
    }
    let no_response = |error: reqwest::Error| TransportError::no_plain_response(error, connections.version);
    let outgoing = outgoing.build().map_err(no_response)?;
    // Over HTTP/2 others wait on the same connection, too.
    let once = connections.policy == Policy::NewEachTime || connections.version == HttpVersion::Http2;
    let again = if once { None } else { outgoing.try_clone() };
    let (mut outcome, mut connected) = stamped(client.execute(outgoing)).await;
    if let (Err(error), Some(again), None) = (&outcome, again, connected)
        && closed_by_server(error)
    {
        *resent = true;
        (outcome, connected) = stamped(client.execute(again)).await;
    }
    let mut response = outcome.map_err(no_response)?;
    let at = Timestamp::now();
    let (mut head, ()) = http::Response::new(()).into_parts();
    head.status = response.status();
    head.headers = std::mem::take(response.headers_mut());
    Ok(Response::new(head, Body::Plain(Box::new(response)), connected, at))
}
