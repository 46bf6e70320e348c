//! The heads of messages (RFC 9112, sections 3 to 5).

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version};

use super::error::Http1Error;
use crate::transport::request::Outgoing;

/// A head of a response is no longer.
const LONGEST_HEAD: usize = 256 * 1_024;
const MOST_HEADERS: usize = 128;

/// The head of a request with a body of this length.
pub(super) fn of_request(request: &Outgoing, body: usize) -> Vec<u8> {
    let mut head = Vec::with_capacity(256);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    for part in [request.method().as_str(), " ", path, " HTTP/1.1\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
    let mut add = |name: &HeaderName, value: &[u8]| {
        for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    };
    let headers = request.headers();
    // A host goes first (RFC 9110, section 7.2).
    match (headers.get(HOST), request.uri().authority()) {
        (Some(host), _) => add(&HOST, host.as_bytes()),
        (None, Some(authority)) => add(&HOST, authority.as_str().as_bytes()),
        (None, None) => {}
    }
    // The body is sent as it is: what frames it is not for others to say.
    let others = headers.iter().filter(|(name, _)| ![HOST, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name));
    others.for_each(|(name, value)| add(name, value.as_bytes()));
    if body > 0 || [Method::POST, Method::PUT, Method::PATCH].contains(request.method()) {
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
            return Err(Http1Error::Head("a change to a protocol that was not asked for".to_owned()));
        }
        if !head.status.is_informational() {
            return Ok(Some((head, begin)));
        }
    }
    if bytes.len() > LONGEST_HEAD {
        return Err(Http1Error::Head(format!("a head of more than {} KiB", LONGEST_HEAD / 1_024)));
    }
    Ok(None)
}

fn one(bytes: &[u8]) -> Result<Option<(Parts, usize)>, Http1Error> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let unread = |error: &dyn std::fmt::Display| Http1Error::Head(format!("something else ({error})"));
    let httparse::Status::Complete(length) = response.parse(bytes).map_err(|error| unread(&error))? else {
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

/// Whether the connection can have another request after a message with these headers (RFC 9112, section 9.3).
pub(super) fn keeps_connection(version: Version, headers: &HeaderMap) -> bool {
    let says = |option: &str| {
        let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(option))
    };
    !says("close") && (version == Version::HTTP_11 || says("keep-alive"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn request(method: Method, uri: &str, headers: &[(&'static str, &'static str)], body: usize) -> String {
        let mut outgoing = Outgoing::new(Bytes::new());
        (*outgoing.method_mut(), *outgoing.uri_mut()) = (method, uri.parse().expect("a URI"));
        for (name, value) in headers {
            outgoing.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        String::from_utf8(of_request(&outgoing, body)).expect("text")
    }

    #[test]
    fn a_request_names_its_host_first_and_its_path_alone() {
        for (uri, host) in [("http://h:81/p?q=%20", "h:81"), ("http://[::1]/p?q=%20", "[::1]")] {
            let head = request(Method::GET, uri, &[("accept", "*/*"), ("accept", "b")], 0);
            assert_eq!(head, format!("GET /p?q=%20 HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\naccept: b\r\n\r\n"));
        }
        let named = request(Method::GET, "http://h/", &[("a", "b"), ("host", "other")], 0);
        assert_eq!(named, "GET / HTTP/1.1\r\nhost: other\r\na: b\r\n\r\n");
    }

    #[test]
    fn only_the_body_itself_says_how_long_it_is() {
        let says = [("content-length", "99"), ("transfer-encoding", "chunked")];
        let head = |method, body| request(method, "http://h/", &says, body);
        assert_eq!(head(Method::POST, 2), "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n");
        assert_eq!(head(Method::POST, 0), "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(head(Method::GET, 0), "GET / HTTP/1.1\r\nhost: h\r\n\r\n");
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
            assert!(matches!(head, Err(Http1Error::Head(_))), "{head:?}");
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
