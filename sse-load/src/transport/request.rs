//! What is sent.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, Entry, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Uri};
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

/// A request as the HTTP client takes it.
pub(super) type Outgoing = http::Request<Bytes>;

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
    /// With the headers that every request has, unless it has its own.
    pub(super) fn outgoing(self, closes: bool) -> Result<(Outgoing, Url), RequestError> {
        let Self { method, url, headers, body } = self;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(RequestError::Scheme);
        }
        // Without the user's name, which a header tells.
        let uri = format!("{}{}", &url[..Position::BeforeUsername], &url[Position::BeforeHost..Position::AfterQuery]);
        let mut outgoing = http::Request::new(body.unwrap_or_default());
        *outgoing.method_mut() = method;
        *outgoing.uri_mut() = uri.parse::<Uri>().map_err(|_| RequestError::Url)?;
        *outgoing.headers_mut() = headers;
        let headers = outgoing.headers_mut();
        let mut unless_there = |name, value: HeaderValue| {
            if let Entry::Vacant(entry) = headers.entry(name) {
                entry.insert(value);
            }
        };
        if let Some(user) = basic_authorization(&url) {
            unless_there(AUTHORIZATION, user);
        }
        unless_there(ACCEPT, HeaderValue::from_static("*/*"));
        unless_there(USER_AGENT, HeaderValue::from_static(CLIENT));
        if closes {
            unless_there(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok((outgoing, url))
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

    fn outgoing(url: &str, headers: &[(&'static str, &'static str)], closes: bool) -> Outgoing {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)));
        let url = url.parse().expect("a URL");
        let request = Request { method: Method::POST, url, headers: headers.collect(), body: None };
        request.outgoing(closes).expect("it can be sent").0
    }

    #[test]
    fn what_the_request_says_itself_stands() {
        let own = outgoing("http://u:p@h/", &[("authorization", "Bearer k"), ("user-agent", "me")], true);
        let names: Vec<_> = own.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let expected: [(&str, &[u8]); 4] =
            [("authorization", b"Bearer k"), ("user-agent", b"me"), ("accept", b"*/*"), ("connection", b"close")];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_user_in_the_url_is_told_by_a_header_alone() {
        let of = outgoing("http://a%40b:p%3Aw@h:81/p?q=%20#f", &[], false);
        assert_eq!(of.headers()[AUTHORIZATION], "Basic YUBiOnA6dw==");
        assert!(of.headers()[AUTHORIZATION].is_sensitive());
        assert_eq!(of.uri(), "http://h:81/p?q=%20");
    }

    #[test]
    fn another_scheme_is_refused() {
        let url = "ftp://h/secret".parse().expect("a URL");
        let request = Request { method: Method::GET, url, headers: HeaderMap::new(), body: None };
        assert_eq!(request.outgoing(false).expect_err("no HTTP"), RequestError::Scheme);
    }
}
