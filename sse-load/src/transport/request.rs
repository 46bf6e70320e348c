//! What is sent.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Uri};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use url::{Position, Url};

/// What is sent, built before the clock of the request starts. It has no `Debug`-print of its parts, which may hold keys.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL, query included.
    pub url: Url,
    /// All headers but those that HTTP itself needs.
    pub headers: HeaderMap,
    /// The body, if any.
    pub body: Option<Bytes>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("path", &self.url.path()).finish_non_exhaustive()
    }
}

/// Who the client is, for `User-Agent`.
pub(super) const CLIENT: &str = concat!("sse-load/", env!("CARGO_PKG_VERSION"));

/// A URL that can't be sent. Its text never holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    #[error("expected a URL that begins with http:// or https://")]
    Scheme,
    #[error("the URL can't be sent over HTTP: check its host and path")]
    Url,
}

impl Request {
    /// Refuses what can't be sent.
    pub(super) fn check(&self) -> Result<(), RequestError> {
        if matches!(self.url.scheme(), "http" | "https") { Ok(()) } else { Err(RequestError::Scheme) }
    }

    /// The headers that every request has, unless it has its own.
    pub(super) fn defaults(&self, closes: bool) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let of_user = basic_authorization(&self.url).map(|user| (AUTHORIZATION, user));
        let always = [(ACCEPT, HeaderValue::from_static("*/*")), (USER_AGENT, HeaderValue::from_static(CLIENT))];
        let close = closes.then(|| (CONNECTION, HeaderValue::from_static("close")));
        let all = of_user.into_iter().chain(always).chain(close);
        all.filter(|(name, _)| !self.headers.contains_key(name))
    }

    /// The host, with its port unless that goes without saying; without the user's name, which a header tells.
    pub(super) fn authority(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    /// The path, with its query.
    pub(super) fn path(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }

    /// As HTTP/2 takes it.
    pub(super) fn for_http2(&self) -> Result<http::Request<Full<Bytes>>, RequestError> {
        let uri = format!("{}://{}{}", self.url.scheme(), self.authority(), self.path());
        let mut outgoing = http::Request::new(Full::new(self.body.clone().unwrap_or_default()));
        outgoing.method_mut().clone_from(&self.method);
        *outgoing.uri_mut() = uri.parse::<Uri>().map_err(|_| RequestError::Url)?;
        outgoing.headers_mut().clone_from(&self.headers);
        outgoing.headers_mut().extend(self.defaults(false));
        Ok(outgoing)
    }
}

/// What a user's name in the URL says (RFC 7617).
fn basic_authorization(url: &Url) -> Option<HeaderValue> {
    let decoded = |part| percent_decode_str(part).decode_utf8().ok();
    let (name, password) = (decoded(url.username())?, url.password().and_then(decoded));
    if name.is_empty() && password.is_none() {
        return None;
    }
    let encoded = STANDARD.encode(format!("{name}:{}", password.unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, headers: &[(&'static str, &'static str)]) -> Request {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)));
        Request { method: Method::POST, url: url.parse().expect("a URL"), headers: headers.collect(), body: None }
    }

    #[test]
    fn what_the_request_says_itself_stands() {
        let own = request("http://u:p@h/", &[("authorization", "Bearer k"), ("user-agent", "me")]);
        let defaults: Vec<_> = own.defaults(true).collect();
        let of = |value| HeaderValue::from_static(value);
        assert_eq!(defaults, [(ACCEPT, of("*/*")), (CONNECTION, of("close"))]);
        let outgoing = own.for_http2().expect("it can be sent");
        let values: Vec<_> = outgoing.headers().values().collect();
        assert_eq!(values, ["Bearer k", "me", "*/*"]);
    }

    #[test]
    fn a_user_in_the_url_is_told_by_a_header_alone() {
        let of = request("http://a%40b:p%3Aw@h:81/p?q=%20#f", &[]);
        let outgoing = of.for_http2().expect("it can be sent");
        assert_eq!(outgoing.headers()[AUTHORIZATION], "Basic YUBiOnA6dw==");
        assert!(outgoing.headers()[AUTHORIZATION].is_sensitive());
        assert_eq!(outgoing.uri(), "http://h:81/p?q=%20");
        assert_eq!((of.authority(), of.path()), ("h:81", "/p?q=%20"));
    }

    #[test]
    fn a_host_is_told_without_the_port_that_goes_without_saying() {
        for (url, host) in
            [("http://h:80/", "h"), ("https://h:443/", "h"), ("http://h:443/", "h:443"), ("http://[::1]/", "[::1]")]
        {
            assert_eq!(request(url, &[]).authority(), host);
        }
    }

    #[test]
    fn another_scheme_is_refused() {
        assert_eq!(request("ftp://h/secret", &[]).check().expect_err("no HTTP"), RequestError::Scheme);
    }
}
