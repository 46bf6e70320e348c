//! The heads of messages (RFC 9112, sections 3 to 5).

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};

use super::error::Http1Error;
use crate::transport::Request;

/// A head of a response is no longer.
const LONGEST_HEAD: usize = 256 * 1_024;
const MOST_HEADERS: usize = 128;

/// The head of a request, after which the connection may be asked to be closed.
pub(super) fn of_request(request: &Request, closes: bool) -> Vec<u8> {
    let mut head = Vec::with_capacity(256);
    for part in [request.method.as_str(), " ", request.path(), " HTTP/1.1\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
    let mut add = |name: &HeaderName, value: &[u8]| {
        for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    };
    // A host goes first (RFC 9110, section 7.2).
    let own_host = request.headers.get(HOST);
    add(&HOST, own_host.map_or(request.authority().as_bytes(), HeaderValue::as_bytes));
    // The body is sent as it is: what frames it is not for others to say.
    let others = request.headers.iter().filter(|(name, _)| ![HOST, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name));
    others.for_each(|(name, value)| add(name, value.as_bytes()));
    request.defaults(closes).for_each(|(name, value)| add(&name, value.as_bytes()));
    let body = request.body.as_ref().map_or(0, Bytes::len);
    if body > 0 || [Method::POST, Method::PUT, Method::PATCH].contains(&request.method) {
        add(&CONTENT_LENGTH, body.to_string().as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// The head of a response, if all of it is there, and its length. Interim heads are left out (RFC 9110, section 15.2).
pub(super) fn of_response(bytes: &[u8]) -> Result<Option<(Parts, usize)>, Http1Error> {
    let mut begin = 0;
    while let Some((head, length)) = one(&bytes[begin..])? {
        begin += length;
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Http1Error::Limit("a change to a protocol that was not asked for"));
        }
        if !head.status.is_informational() {
            return Ok(Some((head, begin)));
        }
    }
    if bytes.len() > LONGEST_HEAD {
        return Err(Http1Error::Limit("one of more than 256 KiB"));
    }
    Ok(None)
}

fn one(bytes: &[u8]) -> Result<Option<(Parts, usize)>, Http1Error> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let unread = |error: &dyn std::fmt::Display| Http1Error::Head(format!("something else ({error})"));
    let parsed = response.parse(bytes).map_err(|error| match error {
        httparse::Error::TooManyHeaders => Http1Error::Limit("one of more than 128 headers"),
        error => unread(&error),
    });
    let httparse::Status::Complete(length) = parsed? else {
        return Ok(None);
    };
    let (mut head, ()) = Response::new(()).into_parts();
    head.status = StatusCode::from_u16(response.code.unwrap_or(0)).map_err(|error| unread(&error))?;
    head.version = if response.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    head.headers.reserve(response.headers.len());
    for header in response.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|error| unread(&error))?;
        head.headers.append(name, HeaderValue::from_bytes(header.value).map_err(|error| unread(&error))?);
    }
    Ok(Some((head, length)))
}

/// Whether the connection can have another request after a message with these headers (RFC 9112, sections 6.3 and 9.3). One that says
/// its length in two ways may mean another to who stands between.
pub(super) fn keeps_connection(version: Version, headers: &HeaderMap) -> bool {
    if headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH) {
        return false;
    }
    let says = |option: &str| {
        let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(option))
    };
    !says("close") && (version == Version::HTTP_11 || says("keep-alive"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(method: Method, url: &str, headers: &[(&'static str, &'static str)], body: &'static str) -> String {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(*name, HeaderValue::from_static(value));
        }
        let request = Request { method, url: url.parse().expect("a URL"), headers: all, body: Some(body.into()) };
        String::from_utf8(of_request(&request, false)).expect("text")
    }

    #[test]
    fn a_request_names_its_host_first_and_its_path_alone() {
        let own = [("accept", "*/*"), ("accept", "b"), ("user-agent", "me")];
        for (url, host) in [("http://u@h:81/p?q=%20#f", "h:81"), ("http://u@[::1]/p?q=%20", "[::1]")] {
            let head = head(Method::GET, url, &own, "");
            let user = "authorization: Basic dTo=\r\n";
            let own = "accept: */*\r\naccept: b\r\nuser-agent: me\r\n";
            assert_eq!(head, format!("GET /p?q=%20 HTTP/1.1\r\nhost: {host}\r\n{own}{user}\r\n"));
        }
        let named = head(Method::GET, "http://h", &[("a", "b"), ("host", "other")], "");
        assert!(named.starts_with("GET / HTTP/1.1\r\nhost: other\r\na: b\r\naccept: */*\r\n"), "{named}");
    }

    #[test]
    fn only_the_body_itself_says_how_long_it_is() {
        let says = [("content-length", "99"), ("transfer-encoding", "chunked"), ("accept", "a"), ("user-agent", "b")];
        let of = |method, body| head(method, "http://h/", &says, body);
        let begin = "/ HTTP/1.1\r\nhost: h\r\naccept: a\r\nuser-agent: b\r\n";
        assert_eq!(of(Method::POST, "{}"), format!("POST {begin}content-length: 2\r\n\r\n"));
        assert_eq!(of(Method::POST, ""), format!("POST {begin}content-length: 0\r\n\r\n"));
        assert_eq!(of(Method::GET, ""), format!("GET {begin}\r\n"));
    }

    #[test]
    fn interim_heads_are_left_out_and_half_a_head_is_none() {
        let bytes = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 \r\n\r\nHTTP/1.0 200 OK\r\nx: \xff\r\nX: 2\r\n\r\nbody";
        let (head, length) = of_response(bytes).expect("HTTP").expect("whole");
        assert_eq!((head.status, head.version, &bytes[length..]), (StatusCode::OK, Version::HTTP_10, &b"body"[..]));
        let values: Vec<_> = head.headers.get_all("x").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(values, [&b"\xff"[..], b"2"]);
        for cut in 0..length {
            assert!(of_response(&bytes[..cut]).expect("HTTP").is_none(), "{cut}");
        }
    }

    #[test]
    fn what_is_no_head_is_refused() {
        let long = [b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'a'; LONGEST_HEAD]].concat();
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(MOST_HEADERS + 1));
        let wrong: [&[u8]; 6] = [
            b"\x16\x03\x01\x02",
            b"SSH-2.0-x\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
            b"HTTP/1.1 20 OK\r\n\r\n",
            &long,
            many.as_bytes(),
        ];
        for bytes in wrong {
            let head = of_response(bytes);
            assert!(matches!(head, Err(Http1Error::Head(_) | Http1Error::Limit(_))), "{head:?}");
        }
    }

    #[test]
    fn a_connection_is_kept_by_the_rules_of_its_version() {
        let keeps = |version, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONNECTION, HeaderValue::from_static(value));
            keeps_connection(version, &headers)
        };
        assert!(keeps_connection(Version::HTTP_11, &HeaderMap::new()));
        assert!(!keeps_connection(Version::HTTP_10, &HeaderMap::new()));
        assert!(!keeps(Version::HTTP_11, "x, Close"));
        assert!(keeps(Version::HTTP_10, "Keep-Alive"));
        assert!(!keeps(Version::HTTP_10, "x"));
    }
}
